"""The races for seats: the last places at the same moment, and everything that moves places at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from regservice.db import db
from regservice.registrations import service
from regservice.registrations.types import RegistrationState as State
from tests.factories import make_event, register
from tests.races import checker, history, journal, people
from tests.races.crowd import Crowd
from tests.races.people import Script

# A Tuesday noon in Berlin.
BEGIN = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)
# Not every step looks at the clock; by this share of the time everybody who keeps pace has acted.
ENOUGH_LOOKS = 0.8
FAR, NEAR = timedelta(days=60), timedelta(hours=3)


@dataclass(kw_only=True)
class Found:
    """What came of a race: what is wrong, in words, and how often what was answered."""

    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Found") -> "Found":
        """Both together."""
        return Found(
            wrong=self.wrong + other.wrong, answers=self.answers + other.answers, deeds=self.deeds + other.deeds
        )


def last_places(crowd: Crowd, capacity: int, *, waiting_list: bool) -> Found:
    """Everybody has registered and confirms at the same moment: exactly the capacity has a place."""
    event = make_event(
        BEGIN, capacity=capacity, waiting_list=waiting_list, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR
    )
    shared = tuple(register(event, f"Person {number}", BEGIN).id for number in range(crowd.size))
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    crowd.run(people.look_at, [(event.id,)] * crowd.size)
    script = Script(seed="", event_id=event.id, steps=1, shared=shared)
    found = _run(crowd, people.confirm_own, script, capacity)
    states = Counter(person.state for person in service.of_event(event.id, tuple(State)))
    late = State.WAITLISTED if waiting_list else State.EXPIRED
    wanted = {State.CONFIRMED: min(capacity, crowd.size), late: max(crowd.size - capacity, 0)}
    if states != Counter(wanted):
        found.wrong.append(f"of {capacity} places: {dict(states)}")
    return found


def everything_at_once(crowd: Crowd, *, seed: str, steps: int, near: bool = False) -> Found:
    """People, organisers, staff and worker at one event; `near` the start no offers are made and staff give places."""
    dice = Random(seed)
    most = dice.randint(2, max(3, crowd.size * steps // 16))
    capacity = dice.randint(1, most)
    lasts = NEAR if near else FAR
    event = make_event(BEGIN, capacity=capacity, starts_at=BEGIN + lasts, ends_at=BEGIN + lasts + NEAR)
    shared = tuple(register(event, f"Shared {number}", BEGIN).id for number in range(crowd.size // 2))
    # Far from the start days pass, so that offers and unconfirmed registrations end meanwhile.
    passes = timedelta(hours=1) if near else timedelta(days=12)
    crowd.clock.set(BEGIN, passes / (crowd.size * steps))
    script = Script(
        seed=seed,
        event_id=event.id,
        steps=steps,
        shared=shared,
        most_seats=most,
        begin=BEGIN,
        lasts=passes * ENOUGH_LOOKS,
    )
    return _run(crowd, people.act, script, capacity, offers=not near)


def _run(crowd: Crowd, act: object, script: Script, capacity: int, *, offers: bool = True) -> Found:
    db.session.remove()
    journal.begin_anew(crowd.folder)
    crowd.run(act, [(script,)] * crowd.size)  # type: ignore[arg-type]
    lines: Sequence[journal.Asked] = list(journal.read(crowd.folder))
    happened = history.of_event(script.event_id, capacity)
    return Found(
        wrong=checker.violations(happened, lines, offers=offers),
        answers=Counter(f"{line.act} {line.answer}" for line in lines),
        deeds=Counter(_name(deed) for deed in happened.deeds),
    )


def _name(deed: history.Deed) -> str:
    """The happening in words; who waits again by the service's doing has let an offer end."""
    ended = deed.verb == "registration.waitlisted" and deed.actor == "service"
    return "registration.offer_ended" if ended else deed.verb
