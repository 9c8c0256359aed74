"""The two nights in which the clock changes: events at each quarter of an hour, told and reminded of rightly.

What is right is worked out here without a zone database: Berlin is two hours ahead of UTC between the two changes of
2027, else one.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import vobject

from regservice.events.types import EventFacts, Format
from tests.factories import make_event
from tests.time.town import Hall, text_of

# The clock goes forward from 02:00 to 03:00, and back from 03:00 to 02:00; both at 01:00 UTC.
SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)
NIGHTS = {"spring": SPRING, "autumn": AUTUMN}
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
MONTHS_EN = {3: "March", 10: "October"}
MONTHS_DE = {3: "März", 10: "Oktober"}


def wall(instant: datetime) -> datetime:
    """What the clocks of Berlin show."""
    return (instant + (2 if SPRING <= instant < AUTUMN else 1) * HOUR).replace(tzinfo=None)


def instants(change: datetime) -> list[datetime]:
    """Every quarter of an hour from 00:00 to 04:45 of that night; in autumn those between two and three twice."""
    begin = change - (HOUR if change == SPRING else 2 * HOUR) - HOUR
    end = change + (2 * HOUR if change == SPRING else 3 * HOUR) + HOUR
    quarters = int((end - begin) / QUARTER)
    found = [begin + number * QUARTER for number in range(-4, quarters)]
    day = wall(change).date()
    return [instant for instant in found if wall(instant).date() == day and wall(instant).hour < 5]


def said(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """From when to when, as the mail and the page must say it."""
    begin, end = _hour(starts_at, language), _hour(ends_at, language)
    return f"{begin} bis {_with_uhr(end)}" if language == "de" else f"{begin} to {end}"


def _hour(instant: datetime, language: str) -> str:
    twice = AUTUMN - HOUR <= instant < AUTUMN + HOUR
    if not twice:
        return f"{wall(instant):%H:%M}"
    summer = instant < AUTUMN
    words = ("Sommerzeit", "Winterzeit") if language == "de" else ("summer time", "winter time")
    return f"{wall(instant):%H:%M} ({words[0] if summer else words[1]})"


def _with_uhr(hour: str) -> str:
    time, blank, season = hour.partition(" ")
    return f"{time} Uhr{blank}{season}"


def day_said(day: date, language: str) -> str:
    """The Sunday of the change."""
    if language == "de":
        return f"Sonntag, {day.day}. {MONTHS_DE[day.month]} {day.year}"
    return f"Sunday, {day.day} {MONTHS_EN[day.month]} {day.year}"


@dataclass(frozen=True, kw_only=True)
class Guest:
    """One event with the one person who comes."""

    event: EventFacts
    address: str
    language: str

    @property
    def starts_at(self) -> datetime:
        assert self.event.starts_at is not None
        return self.event.starts_at


def walk(hall: Hall, change: datetime) -> tuple[int, list[str]]:
    """Live through one night. How many events there were, and what was wrong."""
    hall.clock.set(change - timedelta(days=20))
    guests = [_invite(hall, instant, number) for number, instant in enumerate(instants(change))]
    hall.tick()
    wrong = [f"{guest.starts_at}: {what}" for guest in guests for what in _confirmation(hall, guest)]
    hall.post.empty()
    day = wall(change).date()
    # The afternoon before is summer or winter time still; by the wall clock it is 16:00 either way.
    afternoon = datetime(day.year, day.month, day.day, 15, tzinfo=UTC) - timedelta(days=1)
    afternoon -= HOUR if change == AUTUMN else timedelta(0)
    assert wall(afternoon).hour == 16
    hall.tick(afternoon - timedelta(seconds=1))
    early = [guest for guest in guests if "remind_1d" in hall.post.kinds(guest.address)]
    wrong += [f"{guest.starts_at}: reminded before 16:00" for guest in early]
    hall.tick(afternoon)
    wrong += [f"{guest.starts_at}: {what}" for guest in guests for what in _reminder(hall, guest)]
    hall.post.empty()
    wrong += _shortly_before(hall, guests, afternoon + 3 * HOUR, change + 5 * HOUR)
    return len(guests), wrong


def _invite(hall: Hall, instant: datetime, number: int) -> Guest:
    name, language = f"{instant:%B} {number}", ("de", "en")[number % 2]
    event = make_event(
        hall.clock(),
        title=name,
        format=Format.DIGITAL,
        join_url="https://rooms.example.org/1",
        starts_at=instant,
        ends_at=instant + HOUR,
    )
    return Guest(event=event, address=hall.person(event, name, language), language=language)


def _confirmation(hall: Hall, guest: Guest) -> list[str]:
    mail = hall.post.mail(guest.address, "confirmed")
    wrong = _words(guest, text_of(mail), "confirmation")
    page = hall.page(f"/events/{guest.event.slug}?lang={guest.language}")
    wrong += [f"the page does not say {words!r}" for words in _when(guest) if f">{words}<" not in page]
    entry = _calendar(mail).vevent
    found = (entry.dtstart.value.astimezone(UTC), entry.dtend.value.astimezone(UTC))
    return wrong if found == (guest.starts_at, guest.starts_at + HOUR) else [*wrong, f"calendar: {found}"]


def _calendar(mail: Any) -> Any:
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return vobject.readOne(part.get_content())


def _when(guest: Guest) -> tuple[str, str]:
    day, ends_at = wall(guest.starts_at).date(), guest.starts_at + HOUR
    return day_said(day, guest.language), said(guest.starts_at, ends_at, guest.language)


def _words(guest: Guest, text: str, where: str) -> list[str]:
    wanted = ", ".join(_when(guest))
    return [] if wanted in text and f"{wanted} (" not in text else [f"{where} does not say {wanted!r}"]


def _reminder(hall: Hall, guest: Guest) -> list[str]:
    kinds = hall.post.kinds(guest.address)
    if kinds != ["remind_1d"]:
        return [f"got {kinds} instead of the day's reminder"]
    text = text_of(hall.post.mail(guest.address, "remind_1d"))
    tomorrow = {"de": "morgen", "en": "tomorrow"}[guest.language]
    wrong = [] if tomorrow in text else ["the reminder does not say tomorrow"]
    return wrong + _words(guest, text, "reminder")


def _shortly_before(hall: Hall, guests: list[Guest], begin: datetime, end: datetime) -> list[str]:
    """Two hours before, unless that is at night: who starts at two or later is left to sleep."""
    left_at: dict[str, datetime] = {}
    wrong = []
    at = begin
    while at < end:
        hall.tick(at)
        for guest in guests:
            kinds = hall.post.kinds(guest.address)
            if kinds:
                wrong += [f"{guest.starts_at}: got {kinds} twice"] if guest.address in left_at else []
                left_at.setdefault(guest.address, at)
        hall.post.empty()
        at += QUARTER
    for guest in guests:
        two_before = guest.starts_at - 2 * HOUR
        wanted = two_before if wall(two_before).date() < wall(guest.starts_at).date() else None
        if left_at.get(guest.address) != wanted:
            wrong.append(f"{guest.starts_at}: reminded at {left_at.get(guest.address)} and not at {wanted}")
    return wrong
