"""Who stands beside the owner of an event: the deputy who may decide, and those who speak or moderate."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from regservice.audit import service as audit
from regservice.db import note_deletion, session, transaction
from regservice.events import service, store
from regservice.events.types import EventFacts, Overtaken, Speaker


def set_deputy(event_id: int, deputy_id: int | None, *, by: str, now: datetime) -> EventFacts:
    """Name the organiser who gets the proposals as well, or nobody."""
    with transaction():
        event = store.lock(event_id)
        if event.deputy_id == deputy_id:
            return event
        row = store.get_row(event_id)
        row.deputy_id = deputy_id
        row.version += 1
        audit.record("event.deputy_set", f"event:{event_id}", actor=by, now=now, organiser=deputy_id or 0)
        session().flush()
        return row.facts()


def set_speakers(
    event_id: int, speakers: Sequence[Speaker], *, seen: int, by: str, now: datetime
) -> EventFacts | Overtaken:
    """Say who speaks, in this order; not when the event changed since its version `seen`. Nobody is told."""
    with transaction():
        event = store.lock(event_id)
        if event.version != seen:
            return Overtaken()
        if event.speakers == tuple(speakers):
            return event
        return service.update(event_id, replace(service.values_of(event), speakers=tuple(speakers)), by=by, now=now)


def forget_addresses(event_id: int) -> None:
    """Delete the addresses of those who spoke. Part of the caller's transaction, which locked the event."""
    row = store.get_row(event_id)
    known = row.facts().speakers
    if any(speaker.email for speaker in known):
        note_deletion()
        row.speakers = [{**speaker, "email": ""} for speaker in row.speakers]
        session().flush()
