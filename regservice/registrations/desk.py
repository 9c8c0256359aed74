"""What staff do for people: enter them by phone or at the counter, correct, move up, cancel, send the link again."""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.outbox import service as outbox
from regservice.registrations import entries, rules, store, waiting_list
from regservice.registrations.addresses import address_key
from regservice.registrations.types import (
    ACTIVE,
    AlreadyRegistered,
    Attendance,
    Confirmed,
    Full,
    RegistrationFacts,
    RegistrationRequest,
    RegistrationState,
    TooLate,
    Waitlisted,
)

EntryAnswer = Confirmed | Waitlisted | Full | AlreadyRegistered | TooLate


def enter(event_id: int, request: RegistrationRequest, *, by: str, now: datetime) -> EntryAnswer:
    """Staff register a person at once, without opt-in; an address is not required."""
    with transaction():
        event = events.lock_places(event_id)
        if not rules.may_take_part(event, now):
            return TooLate(why="started")
        if request.email and (known := store.find_active(event_id, address_key(request.email))):
            return AlreadyRegistered(registration=known.facts())
        all_places = entries.all_places(event)
        attendance = rules.attendance_of_newcomer(event, rules.wish_for(event, request.attendance), all_places)
        places = all_places[attendance]
        seat = rules.seat_for_newcomer(places)
        if not seat and not event.waiting_list:
            return Full(capacity=places.capacity or 0)
        row = entries.new_row(event, request, attendance, RegistrationState.PENDING, now)
        audit.record("registration.entered", f"registration:{row.id}", actor=by, now=now, event=event_id)
        if seat:
            return Confirmed(registration=entries.give_place(event, row, now, by=by))
        return Waitlisted(registration=waiting_list.join(event, row, now, by=by))


def correct_address(
    registration_id: int, address: str, *, by: str, now: datetime
) -> RegistrationFacts | AlreadyRegistered:
    """Correct a mistyped address; the person gets a new link there and the old link is dead."""
    with transaction():
        event, row = entries.locked(registration_id)
        key = address_key(address) if address else None
        other = store.find_active(event.id, key) if key else None
        if other is not None and other.id != row.id:
            return AlreadyRegistered(registration=other.facts())
        row.email, row.email_key = address, key
        entries.set_link(row, generation=row.link_generation + 1)
        outbox.readdress(row.id, address)
        audit.record("registration.address_corrected", f"registration:{row.id}", actor=by, now=now)
        _send_link(row.id, now)
        return row.facts()


def send_link_again(registration_id: int, *, by: str, now: datetime) -> None:
    """Send a person their link again, as often as staff ask for it."""
    with transaction():
        _, row = entries.locked(registration_id)
        _send_link(row.id, now)
        audit.record("registration.link_sent", f"registration:{row.id}", actor=by, now=now)


def replace_link(registration_id: int, *, by: str, now: datetime) -> RegistrationFacts:
    """Give a person another link because strangers have theirs; the old one is dead at once.

    The new one comes by mail, and into the calendar entry of who has a place: the same entry with the next SEQUENCE.
    """
    with transaction():
        _, row = entries.locked(registration_id)
        entries.set_link(row, generation=row.link_generation + 1)
        row.calendar_sequence += row.state == RegistrationState.CONFIRMED
        audit.record("registration.link_replaced", f"registration:{row.id}", actor=by, now=now)
        _send_link(row.id, now, kind="new_link")
        return row.facts()


def _send_link(registration_id: int, now: datetime, kind: str = "already") -> None:
    row = store.get_row(registration_id)
    if not row.email or row.state not in ACTIVE:
        return
    row.requests += 1
    kind = "optin" if row.state == RegistrationState.PENDING else kind
    outbox.enqueue(entries.message(row, kind, str(row.requests), now), now=now)


def note_returned_mail(registration_id: int, *, by: str, now: datetime) -> bool:
    """A mail to this person came back: nothing more is sent there, and they are called. False: none was sent there."""
    with transaction():
        _, row = entries.locked(registration_id)
        if not row.email or not outbox.note_returned(row.id, row.email):
            return False
        audit.record("registration.mail_returned", f"registration:{row.id}", actor=by, now=now)
        return True


def try_address_again(registration_id: int, *, by: str, now: datetime) -> None:
    """The mailbox takes mails again: the person gets their link, and what follows."""
    with transaction():
        _, row = entries.locked(registration_id)
        outbox.forget_returned(row.id, row.email)
        audit.record("registration.address_tried_again", f"registration:{row.id}", actor=by, now=now)
        _send_link(row.id, now)


def move_up(registration_id: int, *, reason: str, by: str, now: datetime) -> Confirmed | TooLate | Full:
    """Give a waiting person a seat out of turn; the reason is kept. A seat must be free or held by their own offer."""
    with transaction():
        event, row = entries.locked(registration_id)
        if row.state not in (RegistrationState.WAITLISTED, RegistrationState.OFFERED) or not rules.may_take_part(
            event, now
        ):
            return TooLate(why="started" if event_rules.has_started(event, now) else "not_waiting")
        places = entries.places_of(event, Attendance(row.attendance))
        if row.state == RegistrationState.WAITLISTED and places.free == 0:
            return Full(capacity=places.capacity or 0)
        outbox.skip_for_registration(row.id, "a place was given by staff", kinds=("waitlisted", "offer"))
        audit.record("registration.moved_up", f"registration:{row.id}", actor=by, now=now, reason=reason)
        return Confirmed(registration=entries.give_place(event, row, now, by=by))
