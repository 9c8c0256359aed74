"""Queries of events: facts out, locks in the one order that everybody keeps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from regservice.db import is_postgresql, read_alone, reading, session, take_turn
from regservice.events.models import Event, EventSession, Programme
from regservice.events.rules import LONGEST_EVENT, ends_at
from regservice.events.types import EventFacts, EventStatus


def lock(event_id: int) -> EventFacts:
    """The event with its row locked until the end of the transaction: who changes places or format comes here first.

    It is read by a statement of its own: on PostgreSQL the statement that waited for the lock sees a new event row, but
    the sessions joined to it as they were before the wait, with the format they had. On SQLite the whole transaction is
    alone already.
    """
    if is_postgresql():
        lock_version(event_id)
    return session().scalars(_BY_ID_AS_IT_IS, {"event_id": event_id}).unique().one().facts()


# Made once, since what anybody does asks for an event: putting a statement together takes as long as its answer.
_BY_ID = select(Event).where(Event.id == bindparam("event_id"))
_BY_ID_AS_IT_IS = _BY_ID.execution_options(populate_existing=True)


def lock_version(event_id: int) -> int:
    """The version of an event, with its row locked until the end of the transaction."""
    take_turn(f"event:{event_id}")
    session().flush()  # What this transaction has changed already belongs to the version.
    return int(reading(_LOCK_VERSION).execute(_LOCK_VERSION, {"event_id": event_id}).scalar_one())


_LOCK_VERSION = select(Event.version).where(Event.id == bindparam("event_id")).with_for_update()


def find(slug: str) -> EventFacts | None:
    """The event of this address."""
    row = session().scalars(select(Event).where(Event.slug == slug)).unique().one_or_none()
    return row.facts() if row else None


def find_version(slug: str) -> tuple[int, int] | None:
    """Id and version of the event of this address."""
    row = read_alone(_VERSION, {"slug": slug})
    return (row.id, row.version) if row else None


_VERSION = select(Event.id, Event.version).where(Event.slug == bindparam("slug"))


def find_by_id(event_id: int) -> EventFacts | None:
    """The event with this id, which somebody may have made up."""
    row = session().scalars(_BY_ID, {"event_id": event_id}).unique().one_or_none()
    return row.facts() if row else None


def get(event_id: int) -> EventFacts:
    """The event with this id, which exists."""
    return get_row(event_id).facts()


def get_row(event_id: int) -> Event:
    """The row itself, for the services of this domain."""
    return session().scalars(_BY_ID, {"event_id": event_id}).unique().one()


def upcoming(now: datetime, lifecycles: Sequence[EventStatus], limit: int = 500) -> list[EventFacts]:
    """Events of these states that are not over, the next one first; those without a date last."""
    not_over = or_(Event.starts_at.is_(None), Event.starts_at > now - LONGEST_EVENT)
    query = select(Event).where(Event.lifecycle.in_(lifecycles), not_over)
    query = query.order_by(Event.starts_at.is_(None), Event.starts_at, Event.id).limit(limit)
    facts = (row.facts() for row in session().scalars(query).unique())
    return [event for event in facts if (over := ends_at(event)) is None or over > now]


def past(now: datetime, lifecycles: Sequence[EventStatus], limit: int = 100) -> list[EventFacts]:
    """Events of these states that are over, the latest first."""
    query = select(Event).where(Event.lifecycle.in_(lifecycles), Event.starts_at <= now)
    query = query.order_by(Event.starts_at.desc(), Event.id.desc()).limit(limit)
    facts = (row.facts() for row in session().scalars(query).unique())
    return [event for event in facts if (over := ends_at(event)) is not None and over <= now]


def over_and_not_erased(now: datetime) -> list[EventFacts]:
    """Events that began before now and still hold people's data; the caller knows when each is over."""
    query = select(Event).where(Event.erased_at.is_(None), Event.starts_at < now, Event.lifecycle != EventStatus.DRAFT)
    return [row.facts() for row in session().scalars(query.order_by(Event.id)).unique()]


def with_made_rooms(starts_before: datetime) -> list[EventFacts]:
    """Events that began before this and whose made rooms, of the whole or of a group, were not given up."""
    made = or_(Event.room_reference != "", Event.sessions.any(EventSession.room_reference != ""))
    query = select(Event).where(Event.starts_at <= starts_before, made).order_by(Event.id)
    return [row.facts() for row in session().scalars(query).unique()]


def of_programme(programme_id: int) -> list[EventFacts]:
    """The events of a programme by their start."""
    query = select(Event).where(Event.programme_id == programme_id).order_by(Event.starts_at, Event.id)
    return [row.facts() for row in session().scalars(query).unique()]


def in_states(lifecycles: Sequence[EventStatus]) -> list[EventFacts]:
    """All events of these states, the newest first, for the organiser's list."""
    query = select(Event).where(Event.lifecycle.in_(lifecycles)).order_by(Event.starts_at.desc(), Event.id.desc())
    return [row.facts() for row in session().scalars(query.limit(1000)).unique()]


def page(*, after_id: int, limit: int, lifecycles: Sequence[EventStatus]) -> list[EventFacts]:
    """Events in the order they were made, for lists that are read page by page."""
    query = select(Event).where(Event.id > after_id, Event.lifecycle.in_(lifecycles)).order_by(Event.id).limit(limit)
    return [row.facts() for row in session().scalars(query).unique()]


def skip_versions(count: int) -> None:
    """Raise every version and calendar sequence by so many."""
    later = {"version": Event.version + count, "calendar_sequence": Event.calendar_sequence + count}
    session().execute(update(Event).values(later).execution_options(synchronize_session=False))
    programmes = update(Programme).values(version=Programme.version + count)
    session().execute(programmes.execution_options(synchronize_session=False))


def slugs_like(start: str) -> set[str]:
    """Addresses that begin alike, to find a free one."""
    return set(session().scalars(select(Event.slug).where(Event.slug.startswith(start, autoescape=True))))


def set_columns(row: Any, values: dict[str, Any]) -> None:
    """Write plain values onto a row."""
    for name, value in values.items():
        setattr(row, name, value)
