"""The story: what people, organisers and the worker do, from the first registration to the deletion of everybody.

Two events: the hall has two seats and a waiting list and goes digital by its rule; the reading is switched by hand,
first one part of it and then the whole, moved and cancelled.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HALL, READING = "hall", "reading"
SEATS = {HALL: 2, READING: 5}
WHOLE, TALK, GROUP = "", "talk", "group"
# The parts of each event; people are put into the group one by one.
PARTS = {HALL: (WHOLE,), READING: (TALK, GROUP)}
ROOM, OTHER_ROOM = "https://room.example.org/dialogue", "https://room.example.org/reading"
# The rule of the hall is read on the Monday before, at noon in Berlin.
DECISION_AT = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
STARTS_AT = {HALL: datetime(2026, 11, 20, 15, 0, tzinfo=UTC), READING: datetime(2026, 11, 27, 15, 0, tzinfo=UTC)}
LENGTH = timedelta(hours=3)
# The reading begins two hours later in the end.
MOVED_BY = timedelta(hours=2)
ORGANISER = "olga"
# Whoever got no answer tries again this much later; a worker that starts anew finds the leases of the dead one ended.
AGAIN_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, kw_only=True)
class Register:
    """A person sends the form."""

    who: str
    event: str


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """A person follows the link of their first mail."""

    who: str


@dataclass(frozen=True, kw_only=True)
class Accept:
    """A person takes the place that was offered."""

    who: str


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """A person gives their place back."""

    who: str


@dataclass(frozen=True, kw_only=True)
class AddReading:
    """An organiser enters a number."""

    event: str


@dataclass(frozen=True, kw_only=True)
class Decide:
    """The organiser answers the proposal: switch."""

    event: str


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The organiser switches by hand, having seen this version of the format; None says nothing about it.

    `room` is the address that is set with it.
    """

    event: str
    to: str
    seen: int | None
    room: str | None = None


@dataclass(frozen=True, kw_only=True)
class Join:
    """The organiser puts a person into the group."""

    who: str
    event: str


@dataclass(frozen=True, kw_only=True)
class SwitchGroup:
    """The organiser switches the group alone, having seen this version of the format."""

    event: str
    to: str
    seen: int


@dataclass(frozen=True, kw_only=True)
class Move:
    """The organiser moves the event to a later hour."""

    event: str


@dataclass(frozen=True, kw_only=True)
class CallOff:
    """The organiser cancels the event."""

    event: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """The worker does everything that is due."""


Act = Register | Confirm | Accept | Cancel | AddReading | Decide | Switch | Join | SwitchGroup | Move | CallOff | Tick


@dataclass(frozen=True, kw_only=True)
class Step:
    """One act and the moment of it."""

    at: datetime
    act: Act


def _step(month: int, day: int, hour: int, minute: int, act: Act) -> Step:
    return Step(at=datetime(2026, month, day, hour, minute, tzinfo=UTC), act=act)


PREPARED_AT = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)

STORY = (
    _step(10, 6, 10, 10, Register(who="ada", event=HALL)),
    _step(10, 6, 10, 20, Register(who="ben", event=HALL)),
    _step(10, 6, 10, 30, Register(who="cem", event=HALL)),
    _step(10, 6, 10, 40, Register(who="dana", event=HALL)),
    _step(10, 6, 10, 50, Register(who="eve", event=HALL)),
    _step(10, 6, 11, 0, Register(who="finn", event=READING)),
    _step(10, 6, 11, 10, Register(who="gil", event=READING)),
    _step(10, 6, 11, 20, Tick()),
    _step(10, 6, 11, 30, Confirm(who="ada")),
    _step(10, 6, 11, 40, Confirm(who="ben")),
    _step(10, 6, 11, 50, Confirm(who="cem")),
    _step(10, 6, 12, 0, Confirm(who="dana")),
    _step(10, 6, 12, 10, Confirm(who="finn")),
    _step(10, 6, 12, 20, Confirm(who="gil")),
    _step(10, 6, 12, 30, Tick()),
    # Eve never confirms: she is asked once more, then her registration ends.
    _step(10, 7, 11, 30, Tick()),
    _step(10, 8, 11, 30, Tick()),
    _step(10, 9, 9, 0, Cancel(who="ben")),
    _step(10, 9, 9, 10, Tick()),
    _step(10, 9, 9, 20, Accept(who="cem")),
    _step(10, 9, 9, 30, Tick()),
    # A week later Eve and Ben are deleted.
    _step(10, 17, 9, 0, Tick()),
    _step(11, 13, 9, 10, Tick()),
    _step(11, 16, 8, 0, AddReading(event=HALL)),
    # Of the two at the reading, only Finn is in the group.
    _step(11, 16, 8, 10, Join(who="finn", event=READING)),
    _step(11, 16, 8, 20, SwitchGroup(event=READING, to="digital", seen=1)),
    _step(11, 16, 8, 30, Tick()),
    _step(11, 16, 11, 0, Tick()),
    _step(11, 16, 11, 10, Decide(event=HALL)),
    _step(11, 16, 11, 20, Tick()),
    _step(11, 16, 11, 30, Accept(who="dana")),
    _step(11, 16, 11, 40, Tick()),
    _step(11, 17, 9, 0, Switch(event=READING, to="hybrid", seen=2, room=OTHER_ROOM)),
    _step(11, 17, 9, 10, Tick()),
    _step(11, 17, 9, 20, Switch(event=READING, to="digital", seen=None)),
    _step(11, 17, 9, 30, Tick()),
    _step(11, 17, 10, 0, Move(event=READING)),
    _step(11, 17, 10, 20, Tick()),
    _step(11, 18, 9, 0, CallOff(event=READING)),
    _step(11, 18, 9, 10, Tick()),
    # The day before, two hours before, and the thanks on Monday.
    _step(11, 19, 15, 10, Tick()),
    _step(11, 20, 13, 10, Tick()),
    _step(11, 23, 9, 10, Tick()),
    # Thirty days after each event everybody is deleted.
    _step(12, 20, 9, 0, Tick()),
    _step(12, 28, 9, 0, Tick()),
)

PEOPLE = tuple(step.act.who for step in STORY if isinstance(step.act, Register))
