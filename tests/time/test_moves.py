"""Events moved earlier, later, far, back, twice and into the past."""

from pathlib import Path

from tests.time.moves import BEGIN, SORTS, move_all
from tests.time.town import town_hall

SEED = 8
MOVES = 49


def test_what_waits_and_what_is_said_follows_the_date(tmp_path: Path, sqlite_url: str) -> None:
    with town_hall(tmp_path, sqlite_url, BEGIN) as hall:
        figures = move_all(hall, SEED, MOVES)
    assert figures.wrong == []
    assert (figures.moves, set(figures.sorts)) == (MOVES, set(SORTS))
    assert figures.reminded_before > MOVES // 3
