"""A person's own part of the programme changed: one mail says what it is now, and calendars follow.

It does so whatever the cause: a group was chosen or assigned, or a part of theirs has another time or room. Several
changes within ten minutes become one mail, and none where it ends as it was.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from regservice.db import session
from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts, Priority
from regservice.registrations import call_list, entries, rules, store
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, CallLine, RegistrationFacts, RegistrationState

MERGE = timedelta(minutes=10)
KIND = "group"

# Of each part by its id: when and in which room, and its title to name it by.
Programme = dict[str, dict[str, Any]]


def programme(event: EventFacts, person: RegistrationFacts) -> Programme:
    """A person's parts as a mail shows them. Titles can be corrected without telling anybody."""
    return {
        str(part.id): _shown(part, on_site=rules.attendance_at(part, person.attendance) is Attendance.ONSITE)
        for part in rules.programme_of(event, person)
    }


def whole_programme(event: EventFacts) -> Programme:
    """The parts of the event as a mail shows them to somebody who is not registered: who speaks is not in any."""
    return {str(part.id): _shown(part, on_site=part.format is not Format.DIGITAL) for part in event.parts}


def _shown(part: SessionFacts, *, on_site: bool) -> dict[str, Any]:
    return {
        "title": part.title,
        "starts_at": part.starts_at.isoformat() if part.starts_at else None,
        "ends_at": part.ends_at.isoformat() if part.ends_at else None,
        "place": part.place if on_site else "",
        "for_everyone": part.for_everyone,
    }


def tells(known: Programme, now: Programme) -> bool:
    """Whether a person must hear of it: a part is elsewhere, at another time or gone, or they are in one more.

    A part that is new for everyone is on the page of the event, and no mail's worth.
    """
    return bool(rearranged(known, now)) or any(
        identity not in known and not part["for_everyone"] for identity, part in now.items()
    )


def rearranged(known: Programme, now: Programme) -> list[str]:
    """The ids of the known parts that are elsewhere, at another time or gone."""
    return [identity for identity, part in known.items() if _where(part) != _where(now.get(identity))]


def _where(part: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    return (part["starts_at"], part["ends_at"], part["place"]) if part else None


def follow(before: EventFacts, after: EventFacts, now: datetime) -> None:
    """The parts of an event were arranged anew. Part of the caller's transaction, which locked the event."""
    if before.sessions == after.sessions:
        return
    if not is_told(after, now):
        return
    unsent = {message.registration_id: message for message in outbox.unsent_for_event(after.id, (KIND,))}
    for row in store.rows(after.id, (RegistrationState.CONFIRMED,)):
        _tell(after, row, programme(before, row.facts()), unsent.get(row.id), now)


def to_call(before: EventFacts, after: EventFacts, now: datetime) -> list[CallLine]:
    """Who has to be called since their part was arranged anew and no mail reaches them, A to Z."""
    if before.sessions == after.sessions or not is_told(after, now):
        return []
    people = [row.facts() for row in store.rows(after.id, (RegistrationState.CONFIRMED,))]
    return call_list.lines_among(
        [person for person in people if tells(programme(before, person), programme(after, person))]
    )


def is_told(event: EventFacts, now: datetime) -> bool:
    """Whether anybody hears of a change at this moment."""
    return event_rules.status(event, now) is EventStatus.PUBLISHED and not event_rules.has_started(event, now)


def tell(event: EventFacts, row: RegistrationRow, before: Programme, now: datetime) -> None:
    """Tell a person with a place that their programme is another than before. Part of the caller's transaction."""
    if is_told(event, now) and row.state == RegistrationState.CONFIRMED:
        unsent = outbox.unsent_for_registration(row.id, (KIND,))
        _tell(event, row, before, unsent[-1] if unsent else None, now)


def _tell(
    event: EventFacts, row: RegistrationRow, before: Programme, unsent: MessageFacts | None, now: datetime
) -> None:
    known = before
    if unsent is not None:
        known = unsent.payload["before"]
        outbox.skip_for_registration(row.id, "a later change is told with it", kinds=(KIND,))
    if tells(known, programme(event, row.facts())):
        row.calendar_sequence += 1
        session().flush()
        _enqueue(row, known, now)


def _enqueue(row: RegistrationRow, known: Programme, now: datetime) -> None:
    if row.email:
        occurrence = f"{row.confirmations}.{row.calendar_sequence}"
        payload = {"before": known}
        message = entries.message(row, KIND, occurrence, now + MERGE, priority=Priority.SWITCH, payload=payload)
        outbox.enqueue(message, now=now)
