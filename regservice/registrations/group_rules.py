"""Which working group people choose themselves, until when, and whether they get the one they wished for: PURE."""

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta

from regservice.events import rules as event_rules
from regservice.events.daytime import at
from regservice.events.types import EventFacts, SessionFacts, SessionKind
from regservice.registrations.rules import attendances_with, choices, may_take_part
from regservice.registrations.types import (
    NoSuchSession,
    NotOfferedToThem,
    RegistrationFacts,
    RegistrationState,
    TooLate,
    Wish,
)


def choice_ends_at(event: EventFacts) -> datetime | None:
    """Until when people choose their parts themselves: noon of the day before; afterwards the lists are made."""
    if event.starts_at is None:
        return None
    day_before = event_rules.local(event.starts_at, event.timezone).date() - timedelta(days=1)
    return at(day_before, time(12), event.timezone)


def may_choose(event: EventFacts, now: datetime) -> bool:
    """Whether anybody chooses at this moment."""
    until = choice_ends_at(event)
    return until is not None and now < until and may_take_part(event, now)


def chosen_by_people(event: EventFacts) -> tuple[SessionFacts, ...]:
    """The parts that people choose themselves."""
    return tuple(part for part in event.parts if part.people_choose and part.kind is not SessionKind.WATCH_TOGETHER)


def groups_to_choose(event: EventFacts, registration: RegistrationFacts, now: datetime) -> tuple[SessionFacts, ...]:
    """Which parts a person with a place can choose themselves at this moment."""
    if registration.state is not RegistrationState.CONFIRMED or not may_choose(event, now):
        return ()
    return chosen_by_people(event)


def groups_for_newcomers(event: EventFacts) -> tuple[SessionFacts, ...]:
    """Which parts can be wished for with the registration: those that no newcomer has to take part for otherwise."""
    return tuple(part for part in chosen_by_people(event) if suits(event, part, Wish.EITHER))


def suits(event: EventFacts, part: SessionFacts, wish: Wish) -> bool:
    """Whether who registers with this wish can be in the part as well."""
    possible = set(choices(event)).intersection(attendances_with(event, {part.id}))
    return bool(possible) if wish is Wish.EITHER else wish.value in possible


def wish_refusal(
    event: EventFacts, group: int | None, wish: Wish, now: datetime
) -> NoSuchSession | TooLate | NotOfferedToThem | None:
    """Why a newcomer cannot wish for this group, or None. Whether it is full is for its places to say."""
    if group is None:
        return None
    part = next((part for part in groups_for_newcomers(event) if part.id == group), None)
    if part is None:
        return NoSuchSession()
    if not may_choose(event, now):
        return TooLate(why="choice_over")
    return None if suits(event, part, wish) else NotOfferedToThem()


def wished_group(event: EventFacts, registration: RegistrationFacts) -> SessionFacts | None:
    """The group that a person wished for when they registered and is not in, as long as the event has it."""
    return next((part for part in event.parts if part.id == registration.group_wish), None)


def group_to_take(event: EventFacts, registration: RegistrationFacts, now: datetime) -> SessionFacts | None:
    """The group that a person who now has a place at the event wished for, if they can still choose it."""
    part = wished_group(event, registration)
    if part is None or part.id in registration.session_ids or part not in groups_to_choose(event, registration, now):
        return None
    with_it = attendances_with(event, registration.session_ids | {part.id})
    return part if registration.attendance in with_it else None


def is_full(part: SessionFacts, people: Mapping[int, int]) -> bool:
    """Whether nobody else fits into a part, from the numbers of people in each."""
    return part.capacity is not None and people.get(part.id, 0) >= part.capacity


def left_for(event: EventFacts, chosen: SessionFacts, session_ids: Collection[int]) -> frozenset[int]:
    """What a person leaves by choosing this part: whatever they chose before that takes place at the same time."""
    before = (part for part in event.parts if part.people_choose and part.id in session_ids and part != chosen)
    return frozenset(part.id for part in before if event_rules.overlap(part, chosen))
