"""The row of one registration: made with its code and link, locked behind its event, given a place, written to."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.outbox.types import NewMessage, Priority
from regservice.registrations import group_wishes, links, organisers, rules, store
from regservice.registrations.addresses import address_key
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    Attendance,
    Places,
    RegistrationFacts,
    RegistrationRequest,
    RegistrationState,
)

# Without the letters and digits that are mistaken for each other when read aloud.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6


def new_row(
    event: EventFacts,
    request: RegistrationRequest,
    attendance: Attendance,
    state: RegistrationState,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    requests: int = 0,
) -> RegistrationRow:
    """Write a registration with its code and personal link. Part of the caller's transaction (event locked).

    What is known of it is given here, the number that its link is made of too: each later change would be a statement
    more, and one of every index.
    """
    number, code = _number_and_code(event.id)
    row = RegistrationRow(
        id=number,
        event_id=event.id,
        state=state,
        name=request.name,
        email=request.email,
        email_key=address_key(request.email) if request.email else None,
        language=request.language,
        attendance=attendance,
        wish=rules.wish_for(event, request.attendance),
        source=request.source,
        code=code,
        group_wish=request.group,
        answers=request.answers,
        registered_at=now,
        request_key=request.request_key,
        expires_at=expires_at,
        requests=requests,
        confirmations=0,
        calendar_sequence=0,
        muted=[],
        planned_version=0,
    )
    set_link(row, generation=1)
    session().add(row)
    session().flush()
    set_committed_value(row, "session_list", None)
    return row


def set_link(row: RegistrationRow, *, generation: int) -> None:
    """Give a registration the personal link of this generation; the link before it is dead."""
    key = current_settings().secret_key
    row.link_generation = generation
    row.link_key_id = links.key_id(key)
    row.link_hash = links.token_hash(links.derive_token(key, row.id, generation))


def _number_and_code(event_id: int) -> tuple[int, str]:
    """A number that no registration has or had, and a code that no other of the event has."""
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        number, is_taken = store.next_number(event_id, code)
        if not is_taken:
            return number, code


def message(
    row: RegistrationRow | RegistrationFacts,
    kind: str,
    occurrence: str,
    due_at: datetime,
    *,
    priority: Priority = Priority.CONFIRMATION,
    payload: dict[str, Any] | None = None,
) -> NewMessage:
    """A message to the person of a registration."""
    return NewMessage(
        kind=kind,
        occurrence=occurrence,
        event_id=row.event_id,
        registration_id=row.id,
        recipient=row.email,
        language=row.language,
        due_at=due_at,
        priority=priority,
        payload=payload,
    )


def places_of(event: EventFacts, attendance: Attendance) -> Places:
    """The seats of one kind at this moment."""
    return all_places(event)[attendance]


def full_for_newcomer(event: EventFacts, attendance: Attendance) -> Places | None:
    """The seats of one kind when a newcomer gets none of them, else None; not counted where there is no limit."""
    if rules.capacity(event, attendance) is None:
        return None
    places = places_of(event, attendance)
    return None if rules.seat_for_newcomer(places) else places


def all_places(event: EventFacts) -> dict[Attendance, Places]:
    """The seats of every kind that there may be, with one query."""
    return {
        attendance: Places(capacity=rules.capacity(event, attendance), taken=taken, waiting=waiting)
        for attendance, (taken, waiting) in store.taken_and_waiting(event.id).items()
    }


def locked(registration_id: int) -> tuple[EventFacts, RegistrationRow]:
    """The event's lock first, then the registration as it stands behind it. Part of the caller's transaction."""
    event = events.lock_places(store.event_of(registration_id))
    return event, store.get_row(registration_id)


def give_place(event: EventFacts, row: RegistrationRow, now: datetime, *, by: str) -> RegistrationFacts:
    """Confirm a seat, with the group they wished for, and say so by mail. Part of the caller's transaction.

    It has locked the event.
    """
    row.state = RegistrationState.CONFIRMED
    row.confirmed_at, row.queued_at, row.expires_at = now, None, None
    row.ended_at, row.cancel_cause = None, ""
    row.question, row.question_answer, row.answer_by = "", "", None
    row.confirmations += 1
    session().flush()
    group_wishes.take(event, row, now, by=by)
    if row.email:
        outbox.enqueue(message(row, "confirmed", str(row.confirmations), now), now=now)
    if row.needs_asked_at is not None:
        # The event was switched while they waited: what they need is to be cleared from now on. One mail tells of
        # several within ten minutes, as when many places become free at once.
        organisers.call_to_clear_needs(event, f"{now:%Y-%m-%d.%H}.{now.minute // 10}", by=by, now=now)
    audit.record("registration.confirmed", f"registration:{row.id}", actor=by, now=now, event=row.event_id)
    return row.facts()


def tell_offered(
    event: EventFacts, row: RegistrationRow, due_at: datetime, now: datetime, *, payload: dict[str, Any] | None = None
) -> None:
    """Say by mail that a place is held for them. Part of the caller's transaction, which locked the event."""
    if row.email:
        outbox.enqueue(message(row, "offer", str(row.confirmations), due_at, payload=payload), now=now)
    call_if_unreached(event, row, now)


def call_if_unreached(event: EventFacts, row: RegistrationRow, now: datetime) -> None:
    """Who is not reached by mail would lose the place that is held for them unheard: the office has to call them.

    Part of the caller's transaction, which locked the event.
    """
    if not row.email or outbox.without_mailbox({row.id: row.email}):
        organisers.call_about_place(event, row.id, f"{event.id}-held-{row.id}-{now.isoformat()}", now=now)


def tell_moved(row: RegistrationRow, now: datetime, why: str) -> None:
    """Calendar and reminders follow who changed sides, and one mail says so: of several moves only the last one.

    Part of the caller's transaction, which locked the event.
    """
    row.calendar_sequence += 1
    row.planned_version = 0
    session().flush()
    outbox.skip_for_registration(row.id, "a later change is told with it", kinds=("moved",))
    if row.email:
        occurrence = f"{row.confirmations}.{row.calendar_sequence}"
        payload = {"why": why} if why else None
        told = message(row, "moved", occurrence, now, priority=Priority.SWITCH, payload=payload)
        outbox.enqueue(told, now=now)
