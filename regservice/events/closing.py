"""Made rooms that nobody needs any more are closed at their system: after the commit, and again while it is away.

Nobody waits for it. Our own links lead to such a room no more from the moment that its row is written, so what is left
is who kept the address of the system itself.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from regservice.audit import service as audit
from regservice.db import release, session, transaction
from regservice.events import rules, store
from regservice.events.models import Event, EventSession, RoomToClose
from regservice.events.rooms import Room, RoomSystem, RoomTrouble
from regservice.events.types import EventFacts

logger = logging.getLogger(__name__)
TRY_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
# A system that was away for so long has forgotten the room, or somebody must look after it by hand.
GIVE_UP_AFTER = timedelta(days=1)
AT_ONCE = 20


@dataclass(frozen=True, kw_only=True)
class _Due:
    id: int
    event_id: int
    system: str
    reference: str
    since: datetime
    tries: int


def give_up(row: Event, now: datetime) -> None:
    """Lead nobody to the made rooms of this event any more, and have them closed. Part of the caller's transaction.

    Who is led to a room later gets another one, so that an address that somebody kept stays worthless.
    """
    give_up_made(row, row, now)
    for part in row.sessions:
        give_up_made(row, part, now)
    row.room_generation += 1


def give_up_made(row: Event, made: Event | EventSession, now: datetime) -> None:
    """Have the event's own room closed, or that of one of its groups. Part of the caller's transaction."""
    if made.room_reference:
        reference = made.room_reference
        session().add(
            RoomToClose(event_id=row.id, system=row.room_system, reference=reference, since=now, due_at=now, tries=0)
        )
    made.room_reference = ""


def give_up_over(now: datetime) -> int:
    """Have the made rooms closed of events that are over for hours, whose addresses people kept. Returns how many."""
    over = [event.id for event in store.with_made_rooms(now - rules.ROOMS_STAY) if _is_over(event, now)]
    release()
    return sum(give_up_if_over(event_id, now) for event_id in over)


def give_up_if_over(event_id: int, now: datetime) -> bool:
    """The same of one event, asked again behind its lock: somebody may have moved its end meanwhile."""
    with transaction():
        if not _is_over(store.lock(event_id), now):
            return False
        row = store.get_row(event_id)
        give_up(row, now)
        row.version += 1
        return True


def _is_over(event: EventFacts, now: datetime) -> bool:
    closes_at = rules.rooms_close_at(event)
    return closes_at is not None and now >= closes_at


def close_due(systems: Mapping[str, RoomSystem], now: datetime, event_id: int | None = None) -> int:
    """Close what is due, of one event or of all; each system is asked outside of any transaction. Returns how many.

    Two workers may ask for the same room: who comes second hears that it is gone.
    """
    return sum(_close(room, systems, now) for room in _due(now, event_id))


def _due(now: datetime, event_id: int | None) -> list[_Due]:
    query = select(RoomToClose).where(RoomToClose.due_at <= now).order_by(RoomToClose.due_at, RoomToClose.id)
    if event_id is not None:
        query = query.where(RoomToClose.event_id == event_id)
    names = ("id", "event_id", "system", "reference", "since", "tries")
    found = [_Due(**{name: getattr(row, name) for name in names}) for row in session().scalars(query.limit(AT_ONCE))]
    release()
    return found


def _close(due: _Due, systems: Mapping[str, RoomSystem], now: datetime) -> bool:
    system = systems.get(due.system)
    try:
        if system is None:
            raise RoomTrouble("not_set_up")
        system.close(Room(title="", closes_at=now, name=due.reference, reference=due.reference))
    except RoomTrouble as trouble:
        logger.warning("room system %s failed for event %s: %s", due.system, due.event_id, trouble.code)
        _later(due, now)
        return False
    _done(due, "event.room_closed", now)
    return True


def _later(due: _Due, now: datetime) -> None:
    if now - due.since >= GIVE_UP_AFTER:
        _done(due, "event.room_not_closed", now)
        return
    with transaction():
        row = session().get(RoomToClose, due.id)
        if row is not None:
            row.tries = due.tries + 1
            row.due_at = now + TRY_AGAIN[min(due.tries, len(TRY_AGAIN) - 1)]


def _done(due: _Due, verb: str, now: datetime) -> None:
    with transaction():
        row = session().get(RoomToClose, due.id)
        if row is not None:
            session().delete(row)
            audit.record(verb, f"event:{due.event_id}", actor="service", now=now, system=due.system)
