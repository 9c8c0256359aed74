"""The database server is restarted while people register: the short run; `python -m tests.outages` is the whole."""

import random
from pathlib import Path

import pytest

from tests.outages.restarts import RECOVERS_WITHIN_S, run

pytestmark = pytest.mark.postgres


def test_two_restarts_lose_nothing_and_heal_by_themselves(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    report = run(tmp_path, restarts=2, seed=seed, settle_s=0)
    assert report.problems == [], f"seed {seed}"
    assert (report.lost, report.doubled_rows) == ([], [])
    assert (report.unlisted, report.never_came) == (0, 0)
    for restart in report.restarts:
        assert max(restart.ready_after_s, restart.mail_after_s) < 2 * RECOVERS_WITHIN_S
    assert max(report.recovered_after_s) < 2 * RECOVERS_WITHIN_S
    # The restarts were felt, and there was something to lose.
    assert sum(entry.status == 503 for entry in report.entries) > 0
    assert report.count("confirm", 200) > 0
