"""What people do with their registration: confirm, accept an offer, change, cancel. Making one is `registering`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import session, skip_ids, transaction
from regservice.events.types import EventFacts
from regservice.limits import service as limits
from regservice.limits.service import Limit
from regservice.outbox import service as outbox
from regservice.outbox.types import Priority
from regservice.registrations import (
    access_rules,
    answer_rules,
    entries,
    erasure,
    links,
    mailbox_limits,
    rules,
    session_places,
    store,
    waiting_list,
)
from regservice.registrations.addresses import address_key
from regservice.registrations.entries import full_for_newcomer, give_place, locked, message, set_link
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    ACTIVE,
    Attendance,
    CancelCause,
    Cancelled,
    Confirmed,
    EventOff,
    NoPlaceLeft,
    Places,
    RegistrationFacts,
    RegistrationState,
    TooLate,
    Waitlisted,
    Wish,
)

# More than anybody registers between a copy and the day it is brought back.
NUMBERS_SKIPPED = 1_000_000
SEQUENCES_SKIPPED = 1000
LOST_LINK_DAY = Limit(name="lost-link", count=3, window=timedelta(days=1))


def all_places(event: EventFacts) -> dict[Attendance, Places]:
    """The seats of every kind that the event offers, with one query."""
    found = entries.all_places(event)
    return {attendance: found[attendance] for attendance in rules.attendances(event.format)}


def people_waiting(event: EventFacts) -> int:
    """How many wait for a place, counted without a look at those who have one; nobody does where there is no limit."""
    limited = [kind for kind in rules.attendances(event.format) if rules.capacity(event, kind) is not None]
    return store.count_waiting(event.id, limited) if limited else 0


def personal_token(registration: RegistrationFacts) -> str:
    """The token of a person's link, derived from the key that it was made with.

    Raises LookupError when that key is no longer listed; `renew_links` then makes new ones.
    """
    key = _key_of_link(registration)
    if key is None:
        raise LookupError("the secret key of this link is no longer listed")
    return links.derive_token(key, registration.id, registration.link_generation)


def waits_for_new_link(registration: RegistrationFacts) -> bool:
    """Whether the key of a person's link is gone and `renew_links` has not come to them yet."""
    return registration.active and _key_of_link(registration) is None


def _key_of_link(registration: RegistrationFacts) -> str | None:
    return links.key_with_id(current_settings().secret_keys, registration.link_key_id)


def renew_links() -> int:
    """Give new links to registrations whose secret key is gone. Returns how many."""
    known = [links.key_id(key) for key in current_settings().secret_keys]
    renewed = 0
    # Looked for outside of a transaction: everybody is read, and nobody should have to wait for that.
    while store.with_other_keys(known):
        with transaction():
            rows = store.with_other_keys(known)
            for row in rows:
                set_link(row, generation=row.link_generation + 1)
        renewed += len(rows)
    return renewed


ConfirmAnswer = Confirmed | Waitlisted | NoPlaceLeft | TooLate | EventOff | Cancelled


def confirm(registration_id: int, now: datetime) -> ConfirmAnswer:
    """The person confirms their address: they get a seat, else a place on the waiting list. A repeat changes nothing.

    A click after the deadline counts when the form was sent before it.
    """
    with transaction():
        event, row = locked(registration_id)
        if row.state != RegistrationState.PENDING:
            return _as_it_stands(row, now)
        if not rules.may_take_part(event, now):
            return TooLate(why="started") if event.lifecycle == "published" else EventOff(event=event)
        if row.expires_at is not None and now >= row.expires_at:
            return TooLate(why="link_expired")
        outbox.skip_for_registration(row.id, "the registration was confirmed", kinds=("optin", "optin_again"))
        if row.email_key:
            mailbox_limits.confirmed(event.id, row.email_key)
        if row.wish == Wish.EITHER:
            row.attendance = rules.attendance_of_newcomer(event, Wish.EITHER, entries.all_places(event))
        full = full_for_newcomer(event, Attendance(row.attendance))
        if full is None:
            return Confirmed(registration=give_place(event, row, now, by="person"))
        if event.waiting_list:
            return Waitlisted(registration=waiting_list.join(event, row, now, by="person"))
        row.state, row.ended_at = RegistrationState.EXPIRED, now
        audit.record("registration.expired", f"registration:{row.id}", actor="person", now=now, why="full")
        return NoPlaceLeft(taken=full.taken)


def _as_it_stands(row: RegistrationRow, now: datetime) -> ConfirmAnswer:
    match row.state:
        case RegistrationState.CONFIRMED | RegistrationState.ATTENDED | RegistrationState.NO_SHOW:
            return Confirmed(registration=row.facts(), already=True)
        case RegistrationState.WAITLISTED | RegistrationState.OFFERED:
            return Waitlisted(registration=row.facts(), already=True)
        case RegistrationState.CANCELLED:
            return Cancelled(registration=row.facts(), already=True)
        case _:
            return TooLate(why="link_expired")


def accept(registration_id: int, now: datetime, *, by: str = "person") -> ConfirmAnswer:
    """The person takes the place that was offered to them; a repeat changes nothing.

    After its time an offer can be taken as long as it has not gone to the next in line.
    """
    with transaction():
        event, row = locked(registration_id)
        if row.state != RegistrationState.OFFERED:
            return _as_it_stands(row, now)
        if not rules.may_take_part(event, now):
            return TooLate(why="started") if event.lifecycle == "published" else EventOff(event=event)
        if rules.offer_is_over(row.facts(), now) and not waiting_list.prolong(event, row, now):
            waiting_list.offer_ended(event, row, now)
            return TooLate(why="offer_over")
        outbox.skip_for_registration(row.id, "the place was accepted", kinds=("offer",))
        return Confirmed(registration=give_place(event, row, now, by=by))


def cancel(
    registration_id: int,
    now: datetime,
    *,
    by: str = "person",
    reason: str = "",
    cause: CancelCause | None = None,
) -> Cancelled | TooLate:
    """Give a place back, at any time before the start; the next in line is offered it at once.

    `cause` is what the person said with the button that they pressed: who leaves because of the format is asked first
    when it changes back.
    """
    with transaction():
        event, row = locked(registration_id)
        if row.state == RegistrationState.CANCELLED:
            return Cancelled(registration=row.facts(), already=True)
        state = RegistrationState(row.state)
        if state not in ACTIVE or not rules.may_give_back(event, now):
            return TooLate(why="started")
        outbox.skip_for_registration(row.id, "the registration was cancelled")
        had_place = state is RegistrationState.CONFIRMED
        row.note, row.cancel_cause = reason, rules.cause_that_counts(event, row.facts(), cause) or ""
        row.state, row.ended_at, row.expires_at, row.queued_at = RegistrationState.CANCELLED, now, None, None
        if had_place:
            row.calendar_sequence += 1
        session().flush()
        if row.email and state is not RegistrationState.PENDING:
            payload = {"had_place": had_place, "by": by, "reason": reason}
            occurrence = f"{row.confirmations}.{row.calendar_sequence}"
            receipt = message(row, "cancelled", occurrence, now, priority=Priority.SWITCH, payload=payload)
            outbox.enqueue(receipt, now=now)
        audit.record("registration.cancelled", f"registration:{row.id}", actor=by, now=now, event=event.id)
        waiting_list.promote(event, now)
        return Cancelled(registration=row.facts())


def undo_cancel(registration_id: int, now: datetime) -> ConfirmAnswer:
    """Take a cancellation back within half an hour, while the seat is still free."""
    with transaction():
        event, row = locked(registration_id)
        if row.state != RegistrationState.CANCELLED:
            return _as_it_stands(row, now)
        if not rules.can_undo(event, row.facts(), now):
            return TooLate(why="undo_over")
        if row.email_key and store.find_active(event.id, row.email_key):
            return TooLate(why="registered_again")
        if full := full_for_newcomer(event, Attendance(row.attendance)):
            return NoPlaceLeft(taken=full.taken)
        session_places.keep_what_fits(event, row)
        row.planned_version = 0
        # Some calendars ignore an entry that they were told to remove; a new generation of it is a new entry.
        return Confirmed(registration=give_place(event, row, now, by="person"))


def change(
    registration_id: int, *, name: str, language: str, answers: dict[str, Any], now: datetime, by: str = "person"
) -> RegistrationFacts:
    """Change what a person said about themselves; their place stays, and so does what is not asked any more."""
    with transaction():
        event, row = locked(registration_id)
        if access_rules.stated(event, answers) != access_rules.stated(event, row.answers):
            row.needs_said_at = now
        row.name, row.language = name, language
        row.answers = answer_rules.not_asked_any_more(event.questions, row.answers) | answers
        audit.record("registration.changed", f"registration:{row.id}", actor=by, now=now)
        session().flush()
        return row.facts()


def send_links(address: str, now: datetime) -> None:
    """Send every active registration of an address its personal link again; silent about whether there is any."""
    key = address_key(address)
    with transaction():
        if limits.take(LOST_LINK_DAY, key, now):
            return
        for row in store.active_of_address(key):
            row.requests += 1
            kind = "optin" if row.state == RegistrationState.PENDING else "already"
            outbox.enqueue(message(row, kind, str(row.requests), now), now=now)


def mute(registration_id: int, kind: str, now: datetime) -> None:
    """Stop one kind of mail for one registration; a repeat changes nothing."""
    with transaction():
        _, row = locked(registration_id)
        if kind not in row.muted:
            row.muted = [*row.muted, kind]
            audit.record("registration.muted", f"registration:{row.id}", actor="person", now=now, kind=kind)


def withdraw(registration_id: int, now: datetime) -> bool:
    """Delete a pending registration: somebody else typed this address. Returns whether there was one."""
    with transaction():
        _, row = locked(registration_id)
        if row.state != RegistrationState.PENDING:
            return False
        erasure.erase_one(row.id)
        audit.record("registration.erased", f"registration:{registration_id}", actor="person", now=now)
        return True


def skip_numbers() -> None:
    """Leave a gap before the next numbers. Part of the caller's transaction.

    After an earlier copy was brought back, numbers given since then must not be given again: links are made of those
    of registrations, and a calendar keeps its entry when a new one has no higher sequence (RFC 5545, 3.8.7.4).
    """
    skip_ids("registration", NUMBERS_SKIPPED)
    store.skip_calendar_sequences(SEQUENCES_SKIPPED)


def people_ahead(registration: RegistrationFacts) -> int:
    """How many wait before this person."""
    return store.people_ahead(registration)


def with_ids(registration_ids: Sequence[int]) -> list[RegistrationFacts]:
    """Those of these registrations whose data is not deleted."""
    return list(store.with_ids(registration_ids).values())


def find(registration_id: int) -> RegistrationFacts | None:
    """The registration with this id, or None once its data is deleted."""
    return store.find(registration_id)


def of_event(event_id: int, states: Sequence[RegistrationState]) -> list[RegistrationFacts]:
    """Registrations of an event in these states, in the order they came."""
    return [row.facts() for row in store.rows(event_id, states)]


def page_of_event(event_id: int, *, after: int, limit: int) -> list[RegistrationFacts]:
    """Registrations of an event in every state, page by page in the order they came."""
    later = RegistrationRow.id > after
    return [row.facts() for row in store.rows(event_id, tuple(RegistrationState), later, limit=limit)]


def events_with_unplanned(since: datetime) -> list[int]:
    """Published events that begin after `since` and have people whose reminders are not planned yet."""
    return store.events_with_unplanned(since)


def unplanned(event_id: int, schedule_version: int, *, limit: int) -> list[RegistrationFacts]:
    """People with a place whose reminders were not planned for this schedule yet."""
    other = RegistrationRow.planned_version < schedule_version
    return [row.facts() for row in store.rows(event_id, (RegistrationState.CONFIRMED,), other, limit=limit)]


def mark_planned(registration_ids: Sequence[int], schedule_version: int) -> None:
    """Remember that reminders were planned. Part of the caller's transaction."""
    store.set_planned(registration_ids, schedule_version)


def attendance_recorded(event_id: int) -> bool:
    """Whether anybody was marked as having been there."""
    return store.has_state(event_id, RegistrationState.ATTENDED)
