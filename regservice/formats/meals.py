"""Who eats on site, and what a switch means for whoever cooks: how many portions of which meal, and until when."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta

from regservice.events import rules as event_rules
from regservice.events.daytime import at
from regservice.events.types import EventFacts, SessionFacts, SessionKind
from regservice.formats.types import Meal
from regservice.registrations import rules
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState

# A caterer takes a cancellation until two days before, at noon.
CANCEL_BEFORE = timedelta(days=2)
NOON = time(12)


def eaten_by(event: EventFacts, person: RegistrationFacts) -> frozenset[int]:
    """The meals that a person with a place comes to, by the ids of their sessions."""
    if Attendance.ONSITE not in rules.ways_of(event, person):
        return frozenset()
    return frozenset(part.id for part in _meals_of(event, person) if _is_on_site(part, person))


def _meals_of(event: EventFacts, person: RegistrationFacts) -> Iterable[SessionFacts]:
    return (part for part in rules.parts_of(event, person) if part.kind is SessionKind.MEAL)


def _is_on_site(part: SessionFacts, person: RegistrationFacts) -> bool:
    return rules.attendance_at(part, person.attendance) is Attendance.ONSITE


def eaten(event: EventFacts) -> dict[int, frozenset[int]]:
    """The meals of everybody with a place, by their ids; nobody is looked at where there is no meal."""
    if not any(part.kind is SessionKind.MEAL for part in event.parts):
        return {}
    people = registrations.of_event(event.id, (RegistrationState.CONFIRMED,))
    return {person.id: eaten_by(event, person) for person in people}


def changed(before: Mapping[int, frozenset[int]], after: Mapping[int, frozenset[int]]) -> tuple[set[int], set[int]]:
    """Of people with the meals that they come to before and after: who loses one, and who has one more."""
    fewer = {person for person, eaten in before.items() if eaten - after.get(person, frozenset())}
    more = {person for person, eaten in after.items() if eaten - before.get(person, frozenset())}
    return fewer, more


def portions(event: EventFacts, cancelled: Iterable[RegistrationFacts], now: datetime) -> tuple[Meal, ...]:
    """How many portions of each meal somebody must call off for these people."""
    numbers = dict.fromkeys((part.id for part in event.parts if part.kind is SessionKind.MEAL), 0)
    for person in cancelled:
        for part in _meals_of(event, person):
            numbers[part.id] += part.id not in eaten_by(event, person)
    titles = {part.id: part.title for part in event.parts}
    return tuple(
        Meal(title=titles[identity], portions=number, cancel_by=_cancel_by(event, now))
        for identity, number in numbers.items()
        if number
    )


def _cancel_by(event: EventFacts, now: datetime) -> datetime | None:
    """Until when; None once that is over, or while there is no date."""
    if event.starts_at is None:
        return None
    day = event_rules.local(event.starts_at, event.timezone).date() - CANCEL_BEFORE
    latest = at(day, NOON, event.timezone)
    return latest if now <= latest else None
