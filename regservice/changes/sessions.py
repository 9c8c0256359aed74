"""The sessions of an event are arranged; who is in one whose time or room changes is told, and nobody changes sides."""

from collections.abc import Sequence
from datetime import datetime

from regservice.changes import speakers
from regservice.changes.types import SessionsRefused
from regservice.db import transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events import sessions
from regservice.events.types import EventFacts, EventStatus, SessionValues
from regservice.registrations import event_changes, in_sessions, own_programme, wishes_gone


def arrange(
    event_id: int, wanted: Sequence[tuple[int | None, SessionValues]], *, by: str, now: datetime
) -> EventFacts | SessionsRefused:
    """Let the event have these sessions in this order, by their ids; without one a new session."""
    with transaction():
        event = events.lock(event_id)
        if event.lifecycle is not EventStatus.DRAFT and (code := _refusal(event, wanted)):
            return SessionsRefused(code=code)
        after = sessions.arrange(event_id, wanted, by=by, now=now)
        left = {part.id for part in after.sessions}
        wishes_gone.take_back(after, [part for part in event.sessions if part.id not in left], now)
        if after.sessions != event.sessions and own_programme.is_told(after, now):
            speakers.tell_of_change(event, after, now)
        own_programme.follow(event, after, now)
        return after


def _refusal(event: EventFacts, wanted: Sequence[tuple[int | None, SessionValues]]) -> str | None:
    formats = {part.id: part.format for part in event.parts}
    if any(identity in formats and values.format is not formats[identity] for identity, values in wanted):
        return "format"
    kept = {identity for identity, _ in wanted}
    if in_sessions.people_in(event.id).keys() & ({part.id for part in event.parts} - kept):
        return "taken"
    return "people" if event_changes.would_move(event_rules.with_sessions(event, wanted)) else None
