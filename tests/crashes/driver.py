"""Each boundary of the story: end the process there, recover in another, and hold the outcome against the model."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.db import db
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.crashes.boundaries import AFTER_COMMIT, STATUS_OF_KILL, Boundaries, in_flight, past_the_dot
from tests.crashes.expecting import Facts, expected_facts
from tests.crashes.model import Model
from tests.crashes.observing import in_words, observe
from tests.crashes.performing import perform, prepare
from tests.crashes.processes import in_child
from tests.crashes.stores import Store
from tests.crashes.story import AGAIN_AFTER, PEOPLE, STORY, CallOff, Decide, Switch, SwitchGroup, Tick
from tests.databases import settings_for
from tests.faulty_relay import FaultyRelay

# What consists of many parts, all of them or none: interrupted after each statement as well.
SWITCHES = (Decide, Switch, SwitchGroup, CallOff)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One boundary: the `passage`-th of a step (both counted from 1), out of all that the step passes."""

    number: int
    step: int
    passage: int
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """What the process was about to do or had just done."""
        return self.names[self.passage - 1]

    @property
    def committed(self) -> bool:
        """Whether the act itself was done for good, where it is one transaction."""
        return AFTER_COMMIT in self.names[: self.passage]

    @property
    def kind(self) -> tuple[int, bool, bool]:
        """Points of one kind leave the same behind, and the story goes on from there in the same way."""
        return self.step, self.committed and not isinstance(STORY[self.step].act, Tick), self.in_flight

    @property
    def in_flight(self) -> bool:
        """Whether a message was marked as being sent."""
        return in_flight(list(self.names), self.passage)

    @property
    def past_the_dot(self) -> bool:
        """Whether the relay had a message that the database knew nothing of."""
        return past_the_dot(list(self.names), self.passage)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the story; without differences it is as if the process had not ended."""

    point: Point
    differences: tuple[str, ...]
    doubled: int


class Driver:
    """One database, one relay that outlives every process, and the application that forks take from here."""

    def __init__(self, store: Store, folder: Path, relay: FaultyRelay) -> None:
        self._store = store
        self._folder = folder
        self._relay = relay
        self._clock = Clock()
        sender = RelaySender(RelaySettings(server="127.0.0.1", port=relay.port))
        self._wiring = Wiring(now=self._clock, sender=sender)
        self._app = create_app(settings_for(folder, store.url), self._wiring)
        self.points = tuple(self._find_points())

    def _find_points(self) -> Iterator[Point]:
        """The story without any end, which must be as the model says; its boundaries are the points."""
        self._warm_up()
        model, number = Model(), 0
        for step in range(len(STORY)):
            self._store.keep(step)
            expected = model.apply(STORY[step].act, STORY[step].at)
            self._fork(partial(self._first_try, step, None, expected))
            names = self._passed()
            with self._reading():
                found = observe()
            if differences := _differences(expected_facts(model), found):
                raise AssertionError(f"step {step + 1} {STORY[step]} without any end: {differences}")
            for passage in range(1, len(names) + 1):
                number += 1
                yield Point(number=number, step=step, passage=passage, names=names)
        if differences := self._mails(0, len(STORY) - 1, doubled=0)[0]:
            raise AssertionError(f"the story without any end: {differences}")

    def _warm_up(self) -> None:
        """Once in this process, so that templates and statements are compiled before the first fork."""
        with self._app.app_context():
            prepare()
            db.session.remove()
            db.engine.dispose()
        self._store.keep(0)
        for step in STORY:
            self._clock.set(step.at)
            with self._app.app_context():
                perform(step.act, self._wiring)
        with self._reading():
            observe()
        self._bring_back(0)
        self._relay.stored.clear()

    def _bring_back(self, number: int) -> None:
        """The state before a step; what this process remembers by its versions is of another course of the story."""
        self._store.bring_back(number)
        self._app.extensions.pop("regservice_kept", None)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Nothing stays connected, since a connection must not be taken over a fork."""
        with self._app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()

    def try_point(self, point: Point, *, steps: int = len(STORY)) -> Outcome:
        """End there, recover, do this many steps beginning with the interrupted one, at most to the end."""
        last = min(point.step + steps, len(STORY)) - 1
        self._bring_back(point.step)
        self._relay.stored.clear()
        status = self._fork(lambda: self._first_try(point.step, point.passage, ""), expected=STATUS_OF_KILL)
        differences = []
        if (passed := self._passed()) != point.names[: point.passage]:
            differences.append(f"ended with status {status} after {passed[-1:]}, not at {point.name}")
        self._wait_until_alone()
        self._fork(lambda: self._second_try(point, last))
        differences += json.loads(self._result.read_text(encoding="utf-8"))
        about_mails, doubled = self._mails(point.step, last, doubled=int(point.past_the_dot))
        return Outcome(point=point, differences=(*differences, *about_mails), doubled=doubled)

    @property
    def _journal(self) -> Path:
        return self._folder / "journal"

    @property
    def _result(self) -> Path:
        return self._folder / "result.json"

    def _passed(self) -> tuple[str, ...]:
        return tuple(self._journal.read_text(encoding="utf-8").splitlines())

    def _fork(self, work: Callable[[], None], *, expected: int = 0) -> int:
        complaint = self._folder / "complaint"
        status = in_child(work, complaint)
        if status == 1:
            raise AssertionError(complaint.read_text(encoding="utf-8"))
        if status != expected and expected == 0:
            raise AssertionError(f"the child ended with status {status}")
        return status

    def _wait_until_alone(self) -> None:
        """Nothing of the dead process moves any more: neither in the database nor on its way to the relay."""
        self._relay.wait_until_idle()
        self._store.wait_until_alone()

    def _first_try(self, step: int, end_at: int | None, expected: str) -> None:
        """In a child: the step with its boundaries watched."""
        journal = os.open(self._journal, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        boundaries = Boundaries(journal, end_at=end_at)
        self._clock.set(STORY[step].at)
        with self._app.app_context():
            db.engine.dispose(close=False)
            boundaries.watch_commits()
            if isinstance(STORY[step].act, Tick):
                boundaries.watch_mail()
            if isinstance(STORY[step].act, SWITCHES):
                boundaries.watch_statements()
            answer = perform(STORY[step].act, self._wiring)
            db.session.remove()
            db.engine.dispose()
        assert end_at is not None or answer == expected, (answer, expected)

    def _second_try(self, point: Point, last: int) -> None:
        """In another child: what the dead one left, the step once more, and what follows in the story."""
        differences = []
        model = Model()
        for step in STORY[: point.step]:
            model.apply(step.act, step.at)
        step = STORY[point.step]
        again = point.committed and not isinstance(step.act, Tick)
        if again:
            model.apply(step.act, step.at)
        for index in range(point.step, last + 1):
            step, first = STORY[index], index == point.step
            at = step.at + AGAIN_AFTER if first else step.at
            if first and not isinstance(step.act, Tick):
                differences += self._compare(model, point, f"after the end in step {index + 1}")
            expected = model.apply(step.act, at, again=first and again)
            self._clock.set(at)
            with self._app.app_context():
                answer = perform(step.act, self._wiring)
            if answer != expected:
                differences.append(f"step {index + 1} answered {answer}, not {expected}")
            if first or index == last:
                differences += self._compare(model, point, f"after step {index + 1}")
        self._result.write_text(json.dumps(differences), encoding="utf-8")

    def _compare(self, model: Model, point: Point, when: str) -> list[str]:
        expected = expected_facts(model)
        if point.in_flight:
            expected["counts"]["uncertain"] = 1
        with self._app.app_context():
            found = _differences(expected, observe())
        gone = [who for who in PEOPLE if expected["audit"][f"registration.created {who}"] and who not in model.people]
        found += [f"the file still holds {who}" for who in self._store.still_holds(gone)]
        return [f"{when}: {difference}" for difference in found]

    def _mails(self, first: int, last: int, *, doubled: int) -> tuple[list[str], int]:
        """How the mails since a step differ from the model's, and how many came twice."""
        model = Model()
        for step in STORY[:first]:
            model.apply(step.act, step.at)
        before = Counter(model.sent)
        for step in STORY[first : last + 1]:
            model.apply(step.act, step.at)
        mails = [in_words(mail) for mail in self._relay.stored]
        copies = sum(Counter(identity for identity, _ in mails).values()) - len({identity for identity, _ in mails})
        differences = _counts_differ("mails", model.sent - before, Counter(words for _, words in set(mails)))
        if copies != doubled:
            differences.append(f"mails: {copies} came twice, not {doubled}")
        return differences, copies


def _differences(expected: Facts, found: Facts) -> list[str]:
    return [line for part in expected for line in _counts_differ(part, expected[part], found[part])]


def _counts_differ(part: str, expected: Counter[str], found: Counter[str]) -> list[str]:
    missing, surplus = expected - found, found - expected
    return [f"{part}: missing {words!r} x{n}" for words, n in missing.items()] + [
        f"{part}: surplus {words!r} x{n}" for words, n in surplus.items()
    ]
