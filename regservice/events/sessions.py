"""The sessions of an event: made, changed, put in order and removed; there is always one that people take part by."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from regservice.audit import service as audit
from regservice.db import session
from regservice.events import closing, rules, store
from regservice.events.models import EventSession
from regservice.events.types import EventFacts, SessionFacts, SessionValues


def values_of(part: SessionFacts) -> SessionValues:
    """The part of a session that an organiser can set."""
    return SessionValues(**{entry.name: getattr(part, entry.name) for entry in fields(SessionValues)})


def named(event: EventFacts, wanted: Sequence[SessionValues]) -> list[tuple[int | None, SessionValues]]:
    """The wanted sessions with the ids of those that are there; a session is known by its title."""
    known = {part.title: part.id for part in event.parts}
    return [(known.get(values.title), values) for values in wanted]


def arrange(event_id: int, wanted: Sequence[tuple[int | None, SessionValues]], *, by: str, now: datetime) -> EventFacts:
    """Let the event have these sessions in this order; without an id a new one. Part of the caller's transaction.

    The caller has locked the event.
    """
    row = store.get_row(event_id)
    before = row.facts()
    there = {part.id: part for part in row.sessions}
    rows = []
    for position, (identity, values) in enumerate(rules.arranged(before, wanted), start=1):
        part = there[identity] if identity is not None else EventSession()
        part.position = position
        for entry in fields(SessionValues):
            setattr(part, entry.name, getattr(values, entry.name))
        rows.append(part)
    for part in there.values():
        if part not in rows:
            closing.give_up_made(row, part, now)
    row.sessions = rows
    session().flush()
    after = row.facts()
    if after.sessions != before.sessions:
        row.version += 1
        session().flush()
        audit.record("event.sessions_changed", f"event:{event_id}", actor=by, now=now, number=len(rows))
    return row.facts()
