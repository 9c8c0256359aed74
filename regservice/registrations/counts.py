"""How many people of an event are confirmed and how many wait, by the way in which they take part."""

from collections import Counter
from dataclasses import dataclass, field

from regservice.registrations import store
from regservice.registrations.types import Attendance, RegistrationState


@dataclass(frozen=True, kw_only=True)
class People:
    """Confirmed and waiting people; those who are offered a place still wait for it."""

    confirmed: Counter[Attendance] = field(default_factory=Counter)
    waiting: Counter[Attendance] = field(default_factory=Counter)


def of_event(event_id: int) -> People:
    """The people of an event at this moment."""
    people = People()
    for (attendance, state), number in store.counts(event_id).items():
        if state is RegistrationState.CONFIRMED:
            people.confirmed[attendance] += number
        elif state in (RegistrationState.WAITLISTED, RegistrationState.OFFERED):
            people.waiting[attendance] += number
    return people
