"""Twenty of the copies that `python -m tests.disk` takes by the hundred."""

import random
from pathlib import Path

from tests.disk.power_cut import series

COPIES, SEED = 20, 11


def test_what_a_power_cut_leaves_opens_and_holds_every_acknowledged_step(tmp_path: Path) -> None:
    assert list(series(COPIES, random.Random(SEED), tmp_path)) == [[]] * COPIES
