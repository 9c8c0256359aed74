"""Programmes: several events under one name, such as a festival over several towns."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import rules, store
from regservice.events.models import Programme
from regservice.events.types import EventFacts, ProgrammeFacts


def find(slug: str) -> ProgrammeFacts | None:
    """The programme of this address, or None."""
    row = session().scalars(select(Programme).where(Programme.slug == slug)).one_or_none()
    return row.facts() if row else None


def get(programme_id: int) -> ProgrammeFacts:
    """The programme with this id."""
    return session().get_one(Programme, programme_id).facts()


def public_events(programme_id: int) -> list[EventFacts]:
    """The public events of a programme by their start."""
    return [event for event in store.of_programme(programme_id) if rules.is_public(event)]


def all_events(programme_id: int) -> list[EventFacts]:
    """The events of a programme by their start, drafts included."""
    return store.of_programme(programme_id)


def to_come(today: date) -> list[ProgrammeFacts]:
    """Programmes that are not over, by their first day."""
    query = select(Programme).where(Programme.ends_on >= today).order_by(Programme.starts_on)
    return [row.facts() for row in session().scalars(query)]


def past(today: date) -> list[ProgrammeFacts]:
    """Programmes that are over, the latest first."""
    query = select(Programme).where(Programme.ends_on < today).order_by(Programme.starts_on.desc())
    return [row.facts() for row in session().scalars(query)]


def save(values: dict[str, Any], *, by: str, now: datetime) -> ProgrammeFacts:
    """Make or replace the programme of `values["slug"]`."""
    with transaction():
        row = session().scalars(select(Programme).where(Programme.slug == values["slug"])).one_or_none()
        if row is None:
            row = Programme(version=0, **values)
            session().add(row)
        store.set_columns(row, values | {"version": row.version + 1, "changed_at": now})
        session().flush()
        audit.record("programme.saved", f"programme:{row.id}", actor=by, now=now)
        return row.facts()
