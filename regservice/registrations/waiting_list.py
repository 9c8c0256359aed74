"""The waiting list: in order, one offer a free seat, held for the person and passed on when it ends."""

from datetime import datetime

from sqlalchemy import or_

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.outbox import service as outbox
from regservice.registrations import coming_back, rules, store
from regservice.registrations.entries import give_place, locked, message, places_of, tell_offered
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState, Wish


def join(event: EventFacts, row: RegistrationRow, now: datetime, *, by: str) -> RegistrationFacts:
    """Put a person at the end of the line and say so by mail. Part of the caller's transaction (event locked)."""
    queued_at = rules.end_of_line(store.last_queued_at(event.id), now)
    row.state, row.queued_at, row.expires_at = RegistrationState.WAITLISTED, queued_at, event.starts_at
    row.confirmations += 1
    session().flush()
    if row.email:
        outbox.enqueue(message(row, "waitlisted", str(row.confirmations), now), now=now)
    audit.record("registration.waitlisted", f"registration:{row.id}", actor=by, now=now, event=event.id)
    return row.facts()


def promote(event: EventFacts, now: datetime) -> list[RegistrationFacts]:
    """Offer every free seat to the next in line. Part of the caller's transaction, which locked the event.

    Before the line comes who lost their place on site because the event was digital for a time. Nobody is passed over:
    a seat that cannot be offered any more (too near the start) stays free for the door.
    """
    if not rules.may_take_part(event, now):
        return []
    times = rules.offer_times(event, now)
    if times is None:
        return []
    mailed_at, expires_at = times
    offered = []
    for attendance in rules.attendances(event.format):
        while True:
            places = places_of(event, attendance)
            if places.free == 0:
                break
            if attendance is Attendance.ONSITE and (back := coming_back.offer_next(event, *times, now)):
                offered.append(back)
                continue
            row = store.next_waiting(event.id, attendance) if places.waiting else None
            if row is None:
                break
            offered.append(_offer(event, row, attendance, mailed_at, expires_at, now))
    return offered


def confirm_everyone_who_said_so(event: EventFacts, now: datetime) -> list[RegistrationFacts]:
    """Who said that a digital place suits them too has one without being asked, once there is one for them.

    Of a digital event that is when it has room for all; where people come as well, as long as a place is free. Part of
    the caller's transaction, which locked the event.
    """
    if not rules.may_take_part(event, now):
        return []
    if event.format is Format.HYBRID:
        return _confirm_digitally(event, now)
    if event.format is not Format.DIGITAL or event.digital_capacity is not None:
        return []
    waiting = (RegistrationState.WAITLISTED, RegistrationState.OFFERED)
    rows = store.rows(event.id, waiting, RegistrationRow.digital_too.is_(True))
    for row in rows:
        outbox.skip_for_registration(row.id, "a place is there for everyone", kinds=("waitlisted", "offer"))
        give_place(event, row, now, by="service")
    return [row.facts() for row in rows]


def _confirm_digitally(event: EventFacts, now: datetime) -> list[RegistrationFacts]:
    """In order, and nobody to whom a place is offered already: theirs may be the one on site that they wished for."""
    said_so = or_(RegistrationRow.digital_too.is_(True), RegistrationRow.wish == Wish.EITHER)
    confirmed = []
    for row in sorted(
        store.rows(event.id, (RegistrationState.WAITLISTED,), said_so), key=lambda row: (row.queued_at or now, row.id)
    ):
        if places_of(event, Attendance.DIGITAL).free == 0:
            break
        row.attendance = Attendance.DIGITAL
        outbox.skip_for_registration(row.id, "a digital place was free", kinds=("waitlisted",))
        give_place(event, row, now, by="service")
        confirmed.append(row.facts())
    return confirmed


def set_digital_too(registration_id: int, digital_too: bool, *, by: str, now: datetime) -> RegistrationFacts:
    """Keep whether a person who waits also wants the place if the event goes digital."""
    with transaction():
        _, row = locked(registration_id)
        if row.digital_too != digital_too:
            row.digital_too = digital_too
            audit.record("registration.digital_too", f"registration:{row.id}", actor=by, now=now, yes=digital_too)
            session().flush()
        return row.facts()


def _offer(
    event: EventFacts,
    row: RegistrationRow,
    attendance: Attendance,
    mailed_at: datetime,
    expires_at: datetime,
    now: datetime,
) -> RegistrationFacts:
    row.state, row.attendance, row.expires_at = RegistrationState.OFFERED, attendance, expires_at
    row.confirmations += 1
    session().flush()
    outbox.skip_for_registration(row.id, "a place was offered", kinds=("waitlisted",))
    tell_offered(event, row, mailed_at, now)
    audit.record(
        "registration.offered", f"registration:{row.id}", actor="service", now=now, until=expires_at.isoformat()
    )
    return row.facts()


def prolong(event: EventFacts, row: RegistrationRow, now: datetime) -> bool:
    """Hold an offer whose time is over longer, where the rule says so. Part of the caller's transaction (event locked).

    Returns whether it goes on.
    """
    mails = [message for message in outbox.ledger_for_registration(row.id) if message.kind == "offer"]
    until = rules.offer_goes_on_until(
        event,
        waiting=places_of(event, Attendance(row.attendance)).waiting,
        mail=mails[-1] if mails else None,
        now=now,
    )
    if until is None:
        return False
    row.expires_at = until
    audit.record(
        "registration.offer_prolonged", f"registration:{row.id}", actor="service", now=now, until=until.isoformat()
    )
    session().flush()
    return True


def offer_ended(event: EventFacts, row: RegistrationRow, now: datetime) -> None:
    """An offer not taken goes to the next; the person is at the end of the line. Part of the caller's transaction."""
    outbox.skip_for_registration(row.id, "the offer ended", kinds=("offer",))
    if row.cancel_cause:
        coming_back.stay_away(row, now)
    else:
        join(event, row, now, by="service")
    promote(event, now)


def offer_free_places(now: datetime) -> None:
    """Offer whatever became free at any event without anybody giving it up. Part of the caller's transaction."""
    for event in events.upcoming(now):
        promote(events.lock_places(event.id), now)


def expire_due(now: datetime) -> int:
    """End what ends by itself: unconfirmed registrations, offers, waiting at the event's start. Returns how many."""
    ended = 0
    for event_id in store.events_with_expired(now):
        with transaction():
            event = events.lock_places(event_id)
            for row in store.rows(event_id, store.ENDING, RegistrationRow.expires_at <= now):
                ended += _expire(event, row, now)
            promote(event, now)
    return ended


def _expire(event: EventFacts, row: RegistrationRow, now: datetime) -> bool:
    if row.state != RegistrationState.OFFERED or not rules.may_take_part(event, now):
        _end(row, now)
        return True
    if prolong(event, row, now):
        return False
    offer_ended(event, row, now)
    return True


def _end(row: RegistrationRow, now: datetime) -> None:
    row.state, row.ended_at, row.expires_at = RegistrationState.EXPIRED, now, None
    session().flush()
    outbox.skip_for_registration(row.id, "the registration ended")
    audit.record("registration.expired", f"registration:{row.id}", actor="service", now=now, event=row.event_id)
