"""One story on both sides: each step is done by the service and by the model, then their states are compared."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from regservice.jobs import JOBS
from tests.simulation.comparing import Comparison, Difference, name_of
from tests.simulation.facts import Event, Mail, Person
from tests.simulation.refusals import refusal
from tests.simulation.worker import Worker
from tests.simulation.world import Crash, World

# The table of jobs in its order.
TICK = tuple(job.name for job in JOBS)
# Somebody wants a place, by the form or at the desk.
SIGN_UPS = ("register", "enter")
# After so many steps all is compared, not only what changed.
FULLY_AFTER = 500


@dataclass(frozen=True)
class Action:
    """One step, as it is printed and done again."""

    name: str
    event: int = 0
    person: int = 0
    values: tuple[tuple[str, Any], ...] = ()
    # The commit at which the process ends, counted from 1; the step is done again afterwards.
    crash: int = 0

    def __str__(self) -> str:
        about = [f"event {self.event}"] * bool(self.event) + [f"person {self.person}"] * bool(self.person)
        values = [f"{name}={value}" for name, value in self.values] + [f"crash {self.crash}"] * bool(self.crash)
        return " ".join([self.name, *about, *values])


class Simulation:
    """Both sides and what was done. `replay` is the command that tells the story again."""

    def __init__(self, path: Path, seed: int, now: datetime, replay: str = "") -> None:
        self.world, self.model, self.now, self.seed = World(path, seed, now), Worker(), now, seed
        self.steps = self.letters = self.crashes = self.sign_ups = 0
        self.comparison = Comparison(self.world, self.model)
        self.replay = replay
        self.last: Action | None = None

    def close(self) -> None:
        """End."""
        self.world.close()

    def do(self, action: Action, now: datetime) -> str:
        """One step at this instant."""
        self.now = self.world.clock = now
        self.steps, self.last = self.steps + 1, action
        self.sign_ups += action.name in SIGN_UPS
        try:
            said = self.step(action, dict(action.values), now)
            self.comparison.compare(everything=self.steps % FULLY_AFTER == 0)
        except Difference as found:
            what, service, model = found.args
            raise Difference(
                f"{self.where()}\n{what}\n  service: {service}\n  model:   {model}\nagain: {self.replay}"
            ) from None
        except Exception as error:
            error.add_note(f"{self.where()}\nagain: {self.replay}")
            raise
        return said

    def where(self) -> str:
        """Which step of which story this is."""
        return f"seed {self.seed}, step {self.steps} at {self.now}: {self.last}"

    def step(self, action: Action, values: dict[str, Any], now: datetime) -> str:
        if action.name == "tick" or action.name in TICK:
            self.jobs(TICK if action.name == "tick" else (action.name,), action.crash)
            return ""
        if action.name == "follow_set_back":
            self.world.follow_set_back(now)
            self.model.follow_set_back(now)
            return ""
        if action.name == "relay":
            self.world.relay.down = values["down"]
            return ""
        if action.name == "make_event":
            return self.make_event(values)
        subject = self.model.events[action.event] if action.event else self.person(action.person)
        service, rule = getattr(self.world, action.name), getattr(self.model, action.name)
        if action.crash:
            self.crashed(lambda: service(subject.id, now=now, **values))
        said = service(subject.id, now=now, **values)
        expected = refusal(action.name, subject, now, **values) or rule(subject, now=now, **values)
        if said != expected:
            raise Difference("answer", said, expected)
        return str(said)

    def crashed(self, call: Callable[[], str]) -> None:
        """The first commit is lost, and everything with it."""
        with self.world.crashing(1):
            try:
                call()
            except Crash:
                self.crashes += 1
        self.comparison.compare()

    def person(self, identity: int) -> Person:
        return next(e.people[identity] for e in self.model.events.values() if identity in e.people)

    def make_event(self, values: dict[str, Any]) -> str:
        made = self.world.make_event(self.now, **values)
        known = {name: value for name, value in values.items() if name != "slug"}
        self.model.events[made] = Event(id=made, changed=self.now, **known)
        return str(made)

    def jobs(self, names: tuple[str, ...], crash: int) -> None:
        """Jobs in their order. One that dies is run again, but what it was sending then is uncertain."""
        for name in names:
            if name == "deliver":
                self.deliver(crash)
                continue
            self.job(name, crash)
            if rule := getattr(self.model, name, None):
                rule(self.now)

    def deliver(self, crash: int) -> None:
        """What leaves, in which order, and what a crash in between leaves behind."""
        self.comparison.learn()
        handed = self.world.relay.handed
        handed.clear()
        self.job("deliver", crash, again=False)

        sent: list[str] = []

        def relay(m: Mail) -> str:
            sent.append(name_of(m))
            return self.world.relay.answer(sent[-1], m.attempts)

        left = iter(range(crash - 1) if crash else repeat(0))

        def commit() -> None:
            if next(left, None) is None:
                raise Crash

        with suppress(Crash):
            self.model.deliver(self.now, relay, commit)
        self.letters += len(sent)
        if handed != sent:
            raise Difference("letters", handed, sent)

    def job(self, name: str, crash: int, *, again: bool = True) -> None:
        with self.world.crashing(crash):
            try:
                self.world.job(name)
                return
            except Crash:
                self.crashes += 1
        if again:
            self.world.job(name)

    def retire(self, event: Event) -> None:
        """This event is long over and not looked at any more."""
        self.comparison.retire(event)
        del self.model.events[event.id]
