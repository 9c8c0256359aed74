"""The service and the model tell the same stories, step by step; the whole is `python -m tests.simulation`."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.simulation.clock import DAY, HOUR, MINUTE
from tests.simulation.driver import Action, Simulation
from tests.simulation.running import BEGIN, run

STEPS = 2_500


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_service_does_what_the_model_says(migrated_sqlite: Path, seed: int) -> None:
    told = run(seed, STEPS, migrated_sqlite)
    assert told.difference == ""
    assert told.steps == STEPS


@pytest.fixture
def simulation(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Simulation]:
    path = tmp_path / "simulation.sqlite3"
    shutil.copy(migrated_sqlite, path)
    made = Simulation(path, 0, BEGIN)
    yield made
    made.close()


def an_event(simulation: Simulation, slug: str = "one", capacity: int = 9) -> int:
    dates = (("starts", BEGIN + 9 * DAY), ("ends", BEGIN + 9 * DAY + HOUR), ("closes", None), ("place", "Hall 1"))
    places = (("capacity", capacity), ("digital_capacity", None), ("format", "onsite"), ("waiting_list", True))
    return int(simulation.do(Action("make_event", values=(("slug", slug), *dates, *places)), BEGIN))


def person(name: str) -> tuple[tuple[str, str], ...]:
    return (("email", f"{name}@example.org"), ("wish", "onsite"), ("key", ""))


def test_a_mail_that_gets_the_number_of_a_forgotten_one_is_seen(simulation: Simulation) -> None:
    one, two = an_event(simulation), an_event(simulation, "two")
    simulation.do(Action("register", event=two, values=person("ada")), BEGIN)
    simulation.retire(simulation.model.events[two])
    later = BEGIN + timedelta(seconds=1)
    assert simulation.do(Action("register", event=one, values=person("ada")), later) == "OptInSent"


def test_a_mail_that_was_on_its_way_while_its_person_went_on_waits_for_its_turn(simulation: Simulation) -> None:
    event = an_event(simulation, capacity=0)
    simulation.do(Action("register", event=event, values=person("ada")), BEGIN)
    # The worker dies when the relay has the mail; its owner follows the link before anybody knows.
    simulation.do(Action("deliver", crash=3), BEGIN)
    assert simulation.do(Action("confirm", person=1), BEGIN + MINUTE) == "Waitlisted"
    simulation.do(Action("recover"), BEGIN + 5 * MINUTE)
    simulation.do(Action("edit", event=event, values=(("capacity", 1),)), BEGIN + 6 * MINUTE)
    simulation.do(Action("tick"), BEGIN + 7 * MINUTE)
