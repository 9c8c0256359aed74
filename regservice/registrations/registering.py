"""How a registration is made: limits, the same form sent twice, and the mail that asks whether it was really them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from regservice.audit import service as audit
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import Closed, EventFacts, NotOffered, NotYetOpen
from regservice.limits import service as limits
from regservice.limits.service import Limit
from regservice.outbox import service as outbox
from regservice.registrations import entries, group_rules, in_sessions, mailbox_limits, rules, store
from regservice.registrations.addresses import address_key
from regservice.registrations.entries import message, new_row
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    Attendance,
    Full,
    KeyReused,
    NoSuchSession,
    NotOfferedToThem,
    OptInSent,
    RegistrationRequest,
    RegistrationState,
    SessionFull,
    TooLate,
    TooManyRequests,
    Wish,
)

EVENT_MINUTE = Limit(name="register-event", count=30, window=timedelta(minutes=1))
SENDER_HOUR = Limit(name="register-sender", count=60, window=timedelta(hours=1))
ALL_OPT_INS_HOUR = Limit(name="optin-all", count=500, window=timedelta(hours=1))
SAME_REQUEST_WITHIN = timedelta(hours=24)

GroupRefused = NoSuchSession | SessionFull | TooLate | NotOfferedToThem
RegisterAnswer = OptInSent | NotOffered | NotYetOpen | Closed | Full | TooManyRequests | KeyReused | GroupRefused


def register(event_id: int, request: RegistrationRequest, *, sender: str, now: datetime) -> RegisterAnswer:
    """Take a registration; it holds no seat until the person confirms by mail.

    An address that is registered already gets the same answer, and a mail that says so. `sender` is the network
    address the request came from; it is counted hashed and never kept.
    """
    with transaction():
        for limit, subject in ((EVENT_MINUTE, str(event_id)), (SENDER_HOUR, sender)):
            if (refused := limits.take(limit, subject, now)) is not None:
                return TooManyRequests(retry_after=refused.retry_after)
        event = events.lock_places(event_id)
        key = address_key(request.email)
        known = store.find_known(event_id, key, request.request_key)
        made = _made_by(request.request_key, known, now)
        if made is not None:
            return OptInSent() if made.email_key == key else KeyReused()
        wish = rules.wish_for(event, request.attendance)
        # Counted while the event is locked, so only where it matters.
        places = entries.all_places(event) if rules.seats_decide(event, wish) else {}
        attendance = rules.attendance_of_newcomer(event, wish, places)
        refusal = rules.refusal(event, places.get(attendance), now) or _group_refusal(event, request.group, wish, now)
        if refusal is not None:
            return refusal
        row = next((row for row in known if row.email_key == key), None)
        # Who was mailed a link confirms with that one; beyond the limits only who has none gets it later.
        has_link = row is not None and (row.state != RegistrationState.PENDING or row.requests > 0)
        before = now if has_link else rules.opt_in_expires_at(event, now)
        mail_at = mailbox_limits.next_mail_at(event.id, key, now, before=before)
        if row is None:
            row = _add(event, request, attendance, now, requests=int(mail_at is not None))
        else:
            _ask_again(event, row, request, attendance, wish, now)
            row.requests += mail_at is not None
        if mail_at is not None:
            _send_opt_in(event, row, mail_at, now)
        return OptInSent()


def _group_refusal(event: EventFacts, group: int | None, wish: Wish, now: datetime) -> GroupRefused | None:
    """Why the group cannot be wished for; who wishes for none asks the database nothing."""
    refusal = group_rules.wish_refusal(event, group, wish, now)
    if refusal is not None or group is None:
        return refusal
    part = next(part for part in event.parts if part.id == group)
    full = group_rules.is_full(part, in_sessions.people_in(event.id))
    return SessionFull(capacity=part.capacity or 0) if full else None


def _made_by(request_key: str, known: Sequence[RegistrationRow], now: datetime) -> RegistrationRow | None:
    """What the same form or key made already; after a day, or once it was cancelled, it counts as a new request."""
    fresh = (row for row in known if row.registered_at > now - SAME_REQUEST_WITHIN)
    return next((row for row in fresh if row.request_key == request_key), None) if request_key else None


def _add(
    event: EventFacts, request: RegistrationRequest, attendance: Attendance, now: datetime, *, requests: int
) -> RegistrationRow:
    expires_at = rules.opt_in_expires_at(event, now)
    row = new_row(event, request, attendance, RegistrationState.PENDING, now, expires_at=expires_at, requests=requests)
    audit.record("registration.created", f"registration:{row.id}", actor="person", now=now, event=event.id)
    return row


def _ask_again(
    event: EventFacts,
    row: RegistrationRow,
    request: RegistrationRequest,
    attendance: Attendance,
    wish: Wish,
    now: datetime,
) -> None:
    """A pending person may have corrected a mistake; what is confirmed only its owner can change."""
    row.request_key = request.request_key
    if row.state == RegistrationState.PENDING:
        row.name, row.language, row.attendance = request.name, request.language, attendance
        row.wish = wish
        row.group_wish, row.group_gone = request.group, ""
        row.answers = request.answers
        row.registered_at, row.expires_at = now, rules.opt_in_expires_at(event, now)


def _send_opt_in(event: EventFacts, row: RegistrationRow, mail_at: datetime, now: datetime) -> None:
    """The mail that only the owner of the mailbox reads: confirm, or you are registered already."""
    too_many = limits.take(ALL_OPT_INS_HOUR, "all", now)
    due_at = max(mail_at, now + too_many.retry_after) if too_many else mail_at
    if row.state != RegistrationState.PENDING:
        outbox.enqueue(message(row, "already", str(row.requests), due_at), now=now)
        return
    messages = [message(row, "optin", str(row.requests), due_at)]
    again_at = rules.opt_in_again_at(event, now)
    # Not soon after a first mail that had to wait itself.
    if again_at and row.requests == 1 and mail_at == now:
        messages.append(message(row, "optin_again", "1", again_at))
    outbox.enqueue(*messages, now=now)
