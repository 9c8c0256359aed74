"""Events that are moved while reminders of the old date are waiting, sent, or both."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from regservice.changes import service as changes
from regservice.changes.types import EditRefused
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageState
from tests.factories import make_event
from tests.time.town import Hall

BEGIN = datetime(2027, 3, 1, 9, tzinfo=UTC)
# A Tuesday noon; the days after it hold the night in which the clock goes forward.
NOW = datetime(2027, 3, 23, 11, tzinfo=UTC)
FIRST_TICK_DAY = 20
PLANNED = ("remind_7d", "remind_1d", "remind_2h", "thanks")
UNSENT = (MessageState.WAITING, MessageState.HELD, MessageState.CLAIMED)
SORTS = ("earlier", "later", "far", "past", "back", "twice", "minutes")


@dataclass(kw_only=True)
class Moved:
    """One event, its guest, and how it was moved."""

    event: EventFacts
    address: str
    sort: str
    reminded: list[str]
    # How often the guest must hear of it.
    changes: int = 0


@dataclass
class Figures:
    """What became of the moves."""

    moves: int = 0
    reminded_before: int = 0
    sorts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def move_all(hall: Hall, seed: int, count: int) -> Figures:
    """Move so many events, one after the other, then live on until the last reminder."""
    chance = random.Random(seed)
    hall.clock.set(BEGIN)
    made = [_event(hall, chance, number) for number in range(count)]
    for day in range(FIRST_TICK_DAY, 0, -1):
        hall.tick(NOW - timedelta(days=day))
    hall.tick(NOW - timedelta(minutes=1))
    hall.clock.set(NOW)
    figures = Figures()
    moved = [_move(hall, chance, event, address, number) for number, (event, address) in enumerate(made)]
    hall.post.empty()
    hall.tick(NOW)
    for entry in moved:
        figures.moves += 1
        figures.sorts[entry.sort] += 1
        figures.reminded_before += bool(entry.reminded)
        figures.wrong += [f"{entry.event.title} ({entry.sort}): {what}" for what in _rows(entry)]
    # An hour: changes of ten minutes are merged into one mail.
    hall.tick(NOW + timedelta(hours=1))
    for at in _ticks(moved):
        hall.tick(at)
    for entry in moved:
        figures.wrong += [f"{entry.event.title} ({entry.sort}): {what}" for what in _heard(hall, entry)]
    return figures


def _event(hall: Hall, chance: random.Random, number: int) -> tuple[EventFacts, str]:
    starts_at = NOW + timedelta(minutes=15 * chance.randint(4, 4 * 24 * 14))
    event = make_event(
        hall.clock(),
        title=f"Evening {number}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        format=Format.DIGITAL,
        join_url="https://rooms.example.org/1",
    )
    return event, hall.person(event, f"Guest {number}")


def _move(hall: Hall, chance: random.Random, event: EventFacts, address: str, number: int) -> Moved:
    reminded = [kind for kind in hall.post.kinds(address) if kind in PLANNED]
    moved = Moved(event=event, address=address, sort=SORTS[number % len(SORTS)], reminded=reminded)
    assert event.starts_at is not None
    ahead = event.starts_at - NOW
    match moved.sort:
        case "earlier":
            new = [NOW + ahead * chance.uniform(0.2, 0.8)]
        case "later":
            new = [event.starts_at + timedelta(days=chance.randint(1, 3))]
        case "far":
            new = [event.starts_at + timedelta(days=chance.randint(20, 40))]
        case "past":
            new = [NOW - timedelta(minutes=chance.randint(0, 5000))]
        case "back":
            new = [event.starts_at + timedelta(days=2), event.starts_at]
        case "twice":
            new = [event.starts_at + timedelta(days=1), event.starts_at + timedelta(days=chance.randint(4, 9))]
        case _:
            new = [event.starts_at + timedelta(minutes=chance.choice([-15, 15, 30]))]
    for starts_at in new:
        starts_at = starts_at.replace(second=0, microsecond=0)
        values = replace(events.values_of(event), starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        answer = changes.edit(event.id, values, by="organiser:1", now=NOW)
        if moved.sort == "past":
            assert isinstance(answer, EditRefused)
        else:
            assert isinstance(answer, EventFacts)
            moved.event = answer
    moved.changes = 0 if moved.sort in ("past", "back") else 1
    return moved


def _rows(moved: Moved) -> Iterator[str]:
    """What waits now belongs to the new date, each kind at most once and none of the past."""
    starts_at = moved.event.starts_at
    assert starts_at is not None
    ledger = [message for message in outbox.ledger(moved.event.id) if message.kind in PLANNED]
    waiting = [message for message in ledger if message.state in UNSENT]
    present = f"{moved.event.schedule_version}.1"
    if any(message.occurrence != present for message in waiting):
        yield "a reminder of the old date still waits"
    if Counter(message.kind for message in waiting).total() != len({message.kind for message in waiting}):
        yield f"waiting twice: {[message.kind for message in waiting]}"
    since = NOW if moved.event.schedule_version > 1 else NOW - timedelta(minutes=1)
    for message in waiting:
        if message.due_at < since or (message.kind != "thanks" and message.due_at >= starts_at):
            yield f"{message.kind} due at {message.due_at}"
    for kind, due_at in _must_wait(starts_at):
        if due_at > NOW and (kind, due_at) not in [(message.kind, message.due_at) for message in waiting]:
            yield f"{kind} of {due_at} does not wait"


def _must_wait(starts_at: datetime) -> Iterator[tuple[str, datetime]]:
    """The reminders whose times can be told without a calendar: two hours before by day, and the day before at four."""
    hours = 2 if starts_at >= datetime(2027, 3, 28, 1, tzinfo=UTC) else 1
    local = starts_at + timedelta(hours=hours)
    if local.hour >= 10:
        yield "remind_2h", starts_at - timedelta(hours=2)
    before = (local - timedelta(days=1)).replace(hour=16, minute=0)
    summer = before.replace(tzinfo=UTC) >= datetime(2027, 3, 28, 3, tzinfo=UTC)
    yield "remind_1d", before - timedelta(hours=2 if summer else 1)


def _ticks(moved: list[Moved]) -> list[datetime]:
    due = {message.due_at for entry in moved for message in outbox.ledger(entry.event.id)}
    mornings = {NOW.replace(hour=6) + timedelta(days=day) for day in range(1, 80)}
    return sorted(at for at in due | mornings if at > NOW + timedelta(hours=1))


def _heard(hall: Hall, moved: Moved) -> Iterator[str]:
    """Everybody whose date changed heard of it once, and of each reminder of the new date once."""
    kinds = Counter(hall.post.kinds(moved.address))
    starts_at = moved.event.starts_at
    assert starts_at is not None
    useful = starts_at + timedelta(hours=2) > NOW + timedelta(hours=1)
    if useful and kinds["changed"] != moved.changes:
        yield f"{kinds['changed']} mails about the change, having been reminded by {moved.reminded}"
    if twice := [kind for kind in PLANNED if kinds[kind] > 1]:
        yield f"twice: {twice}"
    sent = [message for message in outbox.ledger(moved.event.id) if message.state is MessageState.SENT]
    occurrence = f"{moved.event.schedule_version}.1"
    now_known = {message.kind for message in sent if message.occurrence == occurrence and message.kind in PLANNED}
    heard = {kind for kind in PLANNED if kinds[kind]}
    if moved.event.schedule_version > 1 and heard != now_known:
        yield f"heard {sorted(heard)} and not {sorted(now_known)}"
    if "thanks" not in heard:
        yield "no thanks"
    if left := [message.kind for message in outbox.ledger(moved.event.id) if message.state in UNSENT]:
        yield f"left over: {left}"
