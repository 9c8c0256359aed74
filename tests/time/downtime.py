"""The service is down around the moments when reminders fall due; each is sent late with true words, or skipped.

What is right is worked out here from the rules as they are promised: how late each kind is of use, nights and Sundays.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regservice.events.types import EventFacts, Format
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts, MessageState
from tests.factories import make_event
from tests.time.town import Hall, text_of

BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2027, 9, 1, 8, tzinfo=UTC)
# Before the end of summer time; so that the service is up half of the time, an event about every second day.
FIRST_DAY, DAYS_PER_EVENT = datetime(2027, 10, 4, tzinfo=BERLIN), 2.15
GAPS = (timedelta(seconds=3), timedelta(hours=3), timedelta(days=3))
REMINDERS = ("remind_7d", "remind_1d", "remind_2h", "thanks")
SKIPPED = "it is too late for this message to be useful"
WORDS = {"de": ("heute", "morgen", "in {} Tagen"), "en": ("today", "tomorrow", "in {} days")}


@dataclass(frozen=True, kw_only=True)
class Down:
    """The service does nothing from `begin` until just before `end`."""

    begin: datetime
    end: datetime


@dataclass(kw_only=True)
class Figures:
    """What became of the reminders."""

    due: int = 0
    late: int = 0
    skipped: int = 0
    wrong: list[str]


def suffer(hall: Hall, seed: int, events: int) -> Figures:
    """Remind the people of so many events while the service is down again and again."""
    chance = random.Random(seed)
    hall.clock.set(BEGIN)
    days = int(events * DAYS_PER_EVENT)
    made = [_event(hall, chance, number, days) for number in range(events)]
    hall.tick()
    planned = [message for event, _ in made for message in _reminders(event)]
    downs = _downs(chance, planned)
    ticks = sorted(_ticks(planned, downs, days))
    for at in ticks:
        hall.tick(at)
    figures = Figures(wrong=[])
    for event, address in made:
        for message in _reminders(event):
            figures.due += 1
            _judge(hall, event, address, message, ticks, figures)
    return figures


def _event(hall: Hall, chance: random.Random, number: int, days: int) -> tuple[EventFacts, str]:
    local = FIRST_DAY + timedelta(days=chance.randrange(days), minutes=15 * chance.randrange(4 * 7, 4 * 23))
    starts_at = local.astimezone(UTC)
    event = make_event(
        hall.clock(),
        title=f"Evening {number}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        format=Format.DIGITAL,
        join_url="https://rooms.example.org/1",
    )
    return event, hall.person(event, f"Guest {number}", ("de", "en")[number % 2])


def _reminders(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id) if message.kind in REMINDERS]


def _downs(chance: random.Random, planned: list[MessageFacts]) -> list[Down]:
    """Around one of four reminders each, of three seconds, three hours and three days in turn."""
    downs = []
    for number, message in enumerate(chance.sample(planned, len(planned) // 4)):
        gap = GAPS[number % len(GAPS)]
        begin = message.due_at - gap * chance.random()
        downs.append(Down(begin=begin, end=begin + gap))
    return downs


def _ticks(planned: list[MessageFacts], downs: list[Down], days: int) -> Iterator[datetime]:
    """When the worker looks: at each due time, at every eight in the morning, and as soon as it is up again."""
    mornings = [FIRST_DAY + timedelta(days=day - 10) for day in range(days + 24)]
    looks = {message.due_at for message in planned} | {down.end for down in downs}
    looks |= {datetime.combine(day, time(8), BERLIN).astimezone(UTC) for day in mornings}
    for at in looks:
        if not any(down.begin <= at < down.end for down in downs):
            yield at


def useful_until(kind: str, due_at: datetime, starts_at: datetime) -> datetime:
    """A week before: for three days. The day before: until three hours before. Shortly before: until the start."""
    match kind:
        case "remind_7d":
            return min(due_at + timedelta(days=3), starts_at)
        case "remind_1d":
            return starts_at - timedelta(hours=3)
        case "remind_2h":
            return starts_at
        case _:
            return due_at + timedelta(days=7)


def leaves_at(kind: str, due_at: datetime, starts_at: datetime, ticks: list[datetime]) -> datetime | None:
    """When it leaves by the promise; None when it is of no use any more by then."""
    until = useful_until(kind, due_at, starts_at)
    for at in (tick for tick in ticks if tick >= due_at):
        if at >= until:
            return None
        allowed = _allowed(kind, at)
        if allowed == at or allowed >= until:
            return at
    return None


def _allowed(kind: str, at: datetime) -> datetime:
    """By day, and for two of the kinds not on a Sunday; the last reminder does not wait."""
    if kind == "remind_2h":
        return at
    local = at.astimezone(BERLIN)
    day, rests = local.date(), kind in ("remind_7d", "thanks")
    if time(8) <= local.time() < time(20) and not (rests and day.weekday() == 6):
        return at
    if local.time() >= time(8):
        day += timedelta(days=1)
    if rests and day.weekday() == 6:
        day += timedelta(days=1)
    return datetime.combine(day, time(8), BERLIN).astimezone(UTC)


def _judge(
    hall: Hall, event: EventFacts, address: str, message: MessageFacts, ticks: list[datetime], figures: Figures
) -> None:
    assert event.starts_at is not None
    wanted = leaves_at(message.kind, message.due_at, event.starts_at, ticks)
    name = f"{event.title} {message.kind} due {message.due_at}"
    if wanted is None:
        figures.skipped += 1
        if (message.state, message.reason) != (MessageState.SKIPPED, SKIPPED):
            figures.wrong.append(f"{name}: {message.state} {message.reason} instead of skipped")
        return
    figures.late += wanted > message.due_at
    if (message.state, message.sent_at) != (MessageState.SENT, wanted):
        figures.wrong.append(f"{name}: {message.state} at {message.sent_at} instead of sent at {wanted}")
    elif hall.post.kinds(address).count(message.kind) != 1:
        figures.wrong.append(f"{name}: {hall.post.kinds(address).count(message.kind)} mails")
    elif message.kind != "thanks":
        words = _remaining(message, wanted, event.starts_at)
        if f" {words}" not in text_of(hall.post.mail(address, message.kind)):
            figures.wrong.append(f"{name}: sent at {wanted} and does not say {words!r}")


def _remaining(message: MessageFacts, at: datetime, starts_at: datetime) -> str:
    days = (starts_at.astimezone(BERLIN).date() - at.astimezone(BERLIN).date()).days
    words = WORDS[message.language]
    return words[days] if days < 2 else words[2].format(days)
