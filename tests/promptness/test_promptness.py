"""Due means now: the short run with wide bounds, since other tests run beside it; `python -m tests.promptness`."""

from pathlib import Path

from tests.promptness.measure import HUNDRED_AT_ONCE, Load, run

SOME_OVER_SECONDS = Load(mails=200, over_s=4, within_s=5)


def test_what_is_due_leaves_at_once_while_pages_are_answered(tmp_path: Path, sqlite_url: str) -> None:
    for figures in run(tmp_path, sqlite_url, [HUNDRED_AT_ONCE, SOME_OVER_SECONDS], workers=1):
        assert (figures.missing, figures.wrong_pages) == (0, 0)
        # The first leaves within about a second: nobody waits for a job that comes round later.
        assert min(figures.late_s) < 3 + figures.slowed
        assert figures.late(99) < 4 * figures.load.within_s * figures.slowed
        assert figures.web_p95_s < 2 * figures.slowed
