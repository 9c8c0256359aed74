"""Deleting people's data for good: rows go, the ledger keeps kinds and times without names."""

from collections.abc import Sequence
from datetime import datetime

from regservice.db import note_deletion, transaction
from regservice.events import service as events
from regservice.outbox import service as outbox
from regservice.registrations import erased_list, rules, store
from regservice.registrations.erased_list import Erased
from regservice.registrations.types import RegistrationState

ENDED = (RegistrationState.EXPIRED, RegistrationState.CANCELLED)


def erase_people_of(event_id: int) -> int:
    """Delete every registration of an event. Part of the caller's transaction. Returns how many."""
    events.lock(event_id)
    return _erase(store.ids_of_event(event_id))


def erase_one(registration_id: int) -> None:
    """Delete one registration. Part of the caller's transaction."""
    _erase([registration_id])


def erase_ended(now: datetime) -> int:
    """Delete registrations that expired or were cancelled a week ago, unless they may be asked to come back.

    Returns how many.
    """
    with transaction():
        # Who left because of the format was promised to be asked first should it change back.
        left = store.left_because_of_the_format()
        of_events = {number: events.get(number) for number in {event_id for event_id, _ in left}}
        kept = {person.id for event_id, person in left if rules.is_asked_first(of_events[event_id], person, now)}
        return _erase(store.ids_ended_before(now - rules.KEPT_AFTER_END, ENDED, kept))


def erase_again(erased: Sequence[Erased]) -> int:
    """Delete those who are back because an earlier copy of the database was brought back. Returns how many."""
    with transaction():
        return _erase(store.ids_of_erased(erased))


def _erase(ids: Sequence[int]) -> int:
    """Part of the caller's transaction."""
    if ids:
        note_deletion()
    erased_list.remember(store.erased_entries(ids))
    outbox.forget_recipients(ids)
    store.delete(ids)
    return len(ids)
