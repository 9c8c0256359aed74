"""The service and the model tell the same stories, step by step; the whole is `python -m tests.simulation`."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulation.clock import DAY, HOUR
from tests.simulation.driver import Action, Simulation
from tests.simulation.running import BEGIN, run

STEPS = 2_500


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_service_does_what_the_model_says(migrated_sqlite: Path, seed: int) -> None:
    told = run(seed, STEPS, migrated_sqlite)
    assert told.difference == ""
    assert told.steps == STEPS


def test_a_mail_that_gets_the_number_of_a_forgotten_one_is_seen(migrated_sqlite: Path, tmp_path: Path) -> None:
    path = tmp_path / "simulation.sqlite3"
    shutil.copy(migrated_sqlite, path)
    simulation = Simulation(path, 0, BEGIN)
    try:
        dates = (("starts", BEGIN + 9 * DAY), ("ends", BEGIN + 9 * DAY + HOUR), ("closes", None), ("place", "Hall 1"))
        places = (("capacity", 9), ("digital_capacity", None), ("format", "hybrid"), ("waiting_list", True))
        one, two = (
            int(simulation.do(Action("make_event", values=(("slug", slug), *dates, *places)), BEGIN))
            for slug in ("one", "two")
        )
        ada = (("email", "ada@example.org"), ("wish", "onsite"), ("key", ""))
        simulation.do(Action("register", event=two, values=ada), BEGIN)
        simulation.retire(simulation.model.events[two])
        assert simulation.do(Action("register", event=one, values=ada), BEGIN + timedelta(seconds=1)) == "OptInSent"
    finally:
        simulation.close()
