"""The same steps chosen by Hypothesis, which makes the shortest story of a difference."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.memory import folder_in_memory
from tests.simulation.clock import DAY, HOUR
from tests.simulation.driver import Action, Simulation
from tests.simulation.running import BEGIN
from tests.simulation.story import MUTABLE

STEPS = 30
ABOUT_PEOPLE = ("confirm", "accept", "cancel", "undo_cancel", "move_up", "withdraw_person")
JOBS = ("expire", "plan", "deliver", "recover", "erase", "tick")
# Minutes between two steps.
PASSES = (0, 1, 30, 12 * 60, 48 * 60, 8 * 24 * 60)
# The commit at which the process ends; mostly it lives.
CRASH, CRASH_OF_JOB = st.sampled_from((0, 0, 0, 1)), st.sampled_from((0, 0, 0, 0, 1, 2, 3, 5, 8))


class Town(RuleBasedStateMachine):
    """One event, a few people, and time. The database is made anew for each story."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(prefix="regservice-machine-", dir=folder_in_memory())
        path = Path(self.folder.name) / "machine.sqlite3"
        shutil.copy(self.template, path)
        self.simulation = Simulation(path, 0, BEGIN, "python -m tests.simulation --examples 50")

    def teardown(self) -> None:
        self.simulation.close()
        self.folder.cleanup()

    def do(self, name: str, event: int = 0, person: int = 0, crash: int = 0, **values: Any) -> None:
        action = Action(name, event=event, person=person, values=tuple(values.items()), crash=crash)
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

    @rule(who=st.integers(1, 5), wish=st.sampled_from(("onsite", "digital")), desk=st.booleans(), crash=CRASH)
    def come(self, who: int, wish: str, desk: bool, crash: int) -> None:
        values: dict[str, Any] = {"email": f"p{who}@example.org", "wish": wish, "crash": crash}
        if desk:
            self.do("enter", event=1, **values)
        else:
            self.do("register", event=1, **values, key="")

    @precondition(lambda self: self.simulation.model.events[1].people)
    @rule(name=st.sampled_from(ABOUT_PEOPLE), which=st.integers(0, 9), crash=CRASH)
    def act(self, name: str, which: int, crash: int) -> None:
        self.do(name, person=self.person(which), crash=crash)

    @precondition(lambda self: self.simulation.model.events[1].people)
    @rule(which=st.integers(0, 9), kind=st.sampled_from(MUTABLE))
    def mute(self, which: int, kind: str) -> None:
        self.do("mute", person=self.person(which), kind=kind)

    def person(self, which: int) -> int:
        people = list(self.simulation.model.events[1].people)
        return people[which % len(people)]

    @rule(capacity=st.sampled_from((1, 2, 3, None)))
    def seats(self, capacity: int | None) -> None:
        self.do("edit", event=1, capacity=capacity)

    @rule(place=st.sampled_from(("Hall 1", "Hall 2")))
    def place(self, place: str) -> None:
        self.do("edit", event=1, place=place)

    @rule(hours=st.sampled_from((1, 24, 240)))
    def deadline(self, hours: int) -> None:
        self.do("edit", event=1, closes=self.simulation.model.events[1].starts - hours * HOUR)

    @rule(down=st.booleans())
    def relay(self, down: bool) -> None:
        self.do("relay", down=down)

    @rule()
    def set_back(self) -> None:
        self.simulation.do(Action("follow_set_back"), self.simulation.now - HOUR)

    @rule(hours=st.integers(1, 300))
    def move(self, hours: int) -> None:
        starts = self.simulation.now.replace(minute=0, second=0, microsecond=0) + hours * HOUR
        name = "take_up_again" if self.simulation.model.events[1].life == "postponed" else "edit"
        self.do(name, event=1, starts=starts, ends=starts + 2 * HOUR, closes=None)

    @rule(format=st.sampled_from(("onsite", "digital", "hybrid")), emergency=st.booleans(), crash=CRASH)
    def switch(self, format: str, emergency: bool, crash: int) -> None:
        self.do("switch", event=1, format=format, emergency=emergency, crash=crash)

    @rule(name=st.sampled_from(("postpone", "postpone", "cancel_event")))
    def call_off(self, name: str) -> None:
        self.do(name, event=1)

    @rule(
        name=st.sampled_from(JOBS),
        minutes=st.sampled_from((0, 1, 30, 12 * 60, 48 * 60, 8 * 24 * 60)),
        crash=CRASH_OF_JOB,
    )
    def wait(self, name: str, minutes: int, crash: int) -> None:
        self.simulation.now += timedelta(minutes=minutes)
        self.do(name, crash=crash)


def search(template: Path, examples: int) -> None:
    """Tell so many stories, always the same; the shortest one that ends in a difference is raised."""
    Town.template = template
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Town, settings=chosen)
