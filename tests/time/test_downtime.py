"""What fell due while the service was down for three seconds, hours or days."""

from pathlib import Path

from tests.time.downtime import BEGIN, suffer
from tests.time.town import town_hall

SEED = 3


def test_what_was_missed_is_sent_late_with_true_words_or_skipped(tmp_path: Path, sqlite_url: str) -> None:
    with town_hall(tmp_path, sqlite_url, BEGIN) as hall:
        figures = suffer(hall, SEED, events=26)
    assert figures.wrong == []
    assert (figures.due >= 100, figures.late >= 20, figures.skipped >= 5) == (True, True, True), figures
