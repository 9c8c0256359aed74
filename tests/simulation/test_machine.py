"""The rules as a state machine: the short search; `python -m tests.simulation --examples N` is a longer one."""

from pathlib import Path

import pytest

from tests.simulation.machine import search


@pytest.mark.timeout(600)
def test_no_story_of_thirty_steps_ends_in_a_difference(migrated_sqlite: Path) -> None:
    search(migrated_sqlite, examples=50)
