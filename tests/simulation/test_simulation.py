"""The service and the model tell the same stories, step by step; the whole is `python -m tests.simulation`."""

from pathlib import Path

import pytest

from tests.simulation.running import run

STEPS = 2_500


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_service_does_what_the_model_says(migrated_sqlite: Path, seed: int) -> None:
    told = run(seed, STEPS, migrated_sqlite)
    assert told.difference == ""
    assert told.steps == STEPS
