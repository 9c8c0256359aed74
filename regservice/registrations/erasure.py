"""Deleting people's data for good: rows go, the ledger keeps kinds and times without names."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from regservice.db import note_deletion, transaction
from regservice.events import service as events
from regservice.outbox import service as outbox
from regservice.registrations import erased_list, store
from regservice.registrations.erased_list import Erased
from regservice.registrations.types import RegistrationState

# What was never confirmed or was given up is kept a week, so that the person can still ask what happened.
KEPT_AFTER_END = timedelta(days=7)
ENDED = (RegistrationState.EXPIRED, RegistrationState.CANCELLED)


def erase_people_of(event_id: int) -> int:
    """Delete every registration of an event. Part of the caller's transaction. Returns how many."""
    events.lock(event_id)
    return _erase(store.ids_of_event(event_id))


def erase_one(registration_id: int) -> None:
    """Delete one registration. Part of the caller's transaction."""
    _erase([registration_id])


def erase_ended(now: datetime) -> int:
    """Delete registrations that expired or were cancelled a week ago. Returns how many."""
    with transaction():
        return _erase(store.ids_ended_before(now - KEPT_AFTER_END, ENDED))


def erase_again(erased: Sequence[Erased]) -> int:
    """Delete those who are back because an earlier copy of the database was brought back. Returns how many."""
    with transaction():
        return _erase(store.ids_of_erased({each.registration_id: each.registered_at for each in erased}))


def _erase(ids: Sequence[int]) -> int:
    """Part of the caller's transaction."""
    if ids:
        note_deletion()
    erased_list.remember(store.erased_entries(ids))
    outbox.forget_recipients(ids)
    store.delete(ids)
    return len(ids)
