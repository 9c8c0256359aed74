"""Who gave their place up because an event went digital is asked first when it takes place on site again."""

from datetime import datetime, timedelta

from regservice.audit import service as audit
from regservice.db import session
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import rules, session_places, store
from regservice.registrations.entries import message, places_of
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, CancelCause, RegistrationFacts, RegistrationState


def ask_first(event: EventFacts, now: datetime) -> list[RegistrationFacts]:
    """Offer free places on site to those people, in the order in which they left; the waiting list comes after them.

    Who has registered anew is not asked, and who finds no free place stays as they are. Part of the caller's
    transaction, which locked the event.
    """
    times = rules.offer_times(event, now)
    if times is None or not rules.may_take_part(event, now):
        return []
    left = store.rows(event.id, (RegistrationState.CANCELLED,), RegistrationRow.cancel_cause == CancelCause.FORMAT)
    asked = []
    for row in sorted(left, key=lambda row: (row.ended_at or now, row.id)):
        if places_of(event, Attendance.ONSITE).free == 0:
            break
        if row.email_key is None or store.find_active(event.id, row.email_key) is None:
            asked.append(_offer(event, row, *times, now))
    return asked


def _offer(
    event: EventFacts, row: RegistrationRow, mailed_at: datetime, expires_at: datetime, now: datetime
) -> RegistrationFacts:
    row.state, row.attendance, row.expires_at = RegistrationState.OFFERED, Attendance.ONSITE, expires_at
    # Should the event be postponed meanwhile, they stand before everybody who waits.
    first = store.first_queued_at(event.id)
    row.queued_at = min(first, now) - timedelta(microseconds=1) if first else now
    row.ended_at, row.planned_version = None, 0
    row.confirmations += 1
    session_places.keep_what_fits(event, row)
    session().flush()
    if row.email:
        offer = message(row, "offer", str(row.confirmations), mailed_at, payload={"back": True})
        outbox.enqueue(offer, now=now)
    audit.record("registration.asked_back", f"registration:{row.id}", actor="service", now=now)
    return row.facts()


def stay_away(row: RegistrationRow, now: datetime) -> None:
    """They did not take the place: it is as they left it, without another mail. Part of the caller's transaction."""
    row.state, row.ended_at, row.expires_at, row.queued_at = RegistrationState.CANCELLED, now, None, None
    session().flush()
    audit.record("registration.stayed_away", f"registration:{row.id}", actor="service", now=now, event=row.event_id)
