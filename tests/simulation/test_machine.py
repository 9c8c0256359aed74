"""The same steps chosen by Hypothesis, which makes the shortest story of a difference."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.memory import folder_in_memory
from tests.simulation.clock import DAY, HOUR
from tests.simulation.driver import Action, Simulation
from tests.simulation.running import BEGIN

EXAMPLES, STEPS = 50, 30
ABOUT_PEOPLE = ("confirm", "accept", "cancel", "undo_cancel", "move_up", "withdraw_person")
JOBS = ("expire", "plan", "deliver", "recover", "erase", "tick")


class Town(RuleBasedStateMachine):
    """One event, a few people, and time. The database is made anew for each story."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="regservice-machine-", dir=folder_in_memory())
        path = Path(self.folder.name) / "machine.sqlite3"
        shutil.copy(self.template, path)
        self.simulation = Simulation(path, 0, BEGIN, "python -m pytest tests/simulation/test_machine.py")

    def teardown(self) -> None:
        self.simulation.close()
        self.folder.cleanup()

    def do(self, name: str, event: int = 0, person: int = 0, **values: Any) -> None:
        action = Action(name, event=event, person=person, values=tuple(values.items()))
        self.simulation.do(action, self.simulation.now + timedelta(milliseconds=1))

    @initialize(
        capacity=st.sampled_from((1, 2, None)),
        waiting_list=st.booleans(),
        days=st.integers(1, 12),
        format=st.sampled_from(("onsite", "hybrid")),
    )
    def make_event(self, capacity: int | None, waiting_list: bool, days: int, format: str) -> None:
        starts = BEGIN + days * DAY
        self.do(
            "make_event", slug="event", starts=starts, ends=starts + 2 * HOUR, place="Hall 1", capacity=capacity,
            digital_capacity=2, waiting_list=waiting_list, closes=None, format=format,
        )  # fmt: skip

    @rule(who=st.integers(1, 5), wish=st.sampled_from(("onsite", "digital")), desk=st.booleans())
    def come(self, who: int, wish: str, desk: bool) -> None:
        values: dict[str, Any] = {"email": f"p{who}@example.org", "wish": wish}
        if desk:
            self.do("enter", event=1, **values)
        else:
            self.do("register", event=1, **values, key="")

    @precondition(lambda self: self.simulation.model.events[1].people)
    @rule(name=st.sampled_from(ABOUT_PEOPLE), which=st.integers(0, 9))
    def act(self, name: str, which: int) -> None:
        people = list(self.simulation.model.events[1].people)
        self.do(name, person=people[which % len(people)])

    @rule(capacity=st.sampled_from((1, 2, 3, None)))
    def seats(self, capacity: int | None) -> None:
        self.do("edit", event=1, capacity=capacity)

    @rule(hours=st.integers(1, 300))
    def move(self, hours: int) -> None:
        starts = self.simulation.now.replace(minute=0, second=0, microsecond=0) + hours * HOUR
        name = "take_up_again" if self.simulation.model.events[1].life == "postponed" else "edit"
        self.do(name, event=1, starts=starts, ends=starts + 2 * HOUR)

    @rule(format=st.sampled_from(("onsite", "digital", "hybrid")), emergency=st.booleans())
    def switch(self, format: str, emergency: bool) -> None:
        self.do("switch", event=1, format=format, emergency=emergency)

    @rule(name=st.sampled_from(("postpone", "postpone", "cancel_event")))
    def call_off(self, name: str) -> None:
        self.do(name, event=1)

    @rule(name=st.sampled_from(JOBS), minutes=st.sampled_from((0, 1, 30, 12 * 60, 48 * 60, 8 * 24 * 60)))
    def wait(self, name: str, minutes: int) -> None:
        self.simulation.now += timedelta(minutes=minutes)
        self.do(name)


@pytest.mark.timeout(600)
def test_no_story_of_thirty_steps_ends_in_a_difference(migrated_sqlite: Path) -> None:
    Town.template = migrated_sqlite
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Town, settings=few)
