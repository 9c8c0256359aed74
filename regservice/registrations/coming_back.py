"""Who gave their place up because an event went digital is asked first when it takes place on site again, and so
whenever a place there becomes free; then who would have come back and drew none.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from regservice.audit import service as audit
from regservice.db import session
from regservice.events.types import EventFacts, Format
from regservice.outbox import service as outbox
from regservice.registrations import rules, session_places, store
from regservice.registrations.entries import call_if_unreached, message, places_of, tell_offered
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, CancelCause, Question, RegistrationFacts, RegistrationState


def ask_first(event: EventFacts, now: datetime) -> list[RegistrationFacts]:
    """Offer free places on site to those people, in the order in which they left; the waiting list comes after them.

    Who has registered anew is not asked, and who finds no free place stays as they are until one is. Part of the
    caller's transaction, which locked the event.
    """
    times = rules.offer_times(event, now)
    if times is None or not rules.may_take_part(event, now):
        return []
    asked = []
    for row in _who_left(event.id):
        if places_of(event, Attendance.ONSITE).free == 0:
            break
        asked.append(_offer(event, row, *times, now))
    return asked


def offer_next(event: EventFacts, mailed_at: datetime, expires_at: datetime, now: datetime) -> RegistrationFacts | None:
    """Give a place on site that is free now to the next who would have it, had the event not gone digital; None if
    there is nobody.

    First who left because of that, then who would have come back and drew no place. Part of the caller's transaction,
    which locked the event and found the place.
    """
    if event.format_version == 1 or event.format not in (Format.ONSITE, Format.HYBRID):
        return None
    if left := _who_left(event.id):
        return _offer(event, left[0], mailed_at, expires_at, now)
    if event.format is Format.HYBRID and (drawn := _who_drew_none(event)):
        return _hold(event, drawn[0], mailed_at, expires_at, now)
    return None


def how_many_left(event_id: int) -> int:
    """How many people gave their place up because of the format and are asked before others when it changes back."""
    return len(_who_left(event_id))


def line_up(event_id: int, people: Sequence[int], now: datetime) -> None:
    """Remember who would have come back on site and drew no place, in this order: a place that becomes free is theirs.

    They keep their digital place. Part of the caller's transaction, which locked the event.
    """
    rows = {row.id: row for row in store.rows(event_id, (RegistrationState.CONFIRMED,))}
    for number, person in enumerate(people):
        rows[person].queued_at = now + timedelta(microseconds=number)
    session().flush()


def lots_before(event: EventFacts, person: RegistrationFacts) -> int | None:
    """How many of who drew no place on site are asked before this person; None for who does not wait so."""
    if person.queued_at is None or event.format is not Format.HYBRID or not rules.drew_no_place(person):
        return None
    # Nobody has the same moment as another: `line_up` gave each their own.
    earlier = select(func.count()).where(*_waiting_to_come(event.id), RegistrationRow.queued_at < person.queued_at)
    return session().scalar(earlier)


def end_holds(event_id: int) -> None:
    """Nobody is held a place on site beside a digital one any more: what follows from another format settles it anew.

    Part of the caller's transaction, which locked the event and changed its format.
    """
    for row in store.rows(event_id, (RegistrationState.CONFIRMED,), store.held_on_site()):
        row.answer_by = None
    session().flush()


def _who_left(event_id: int) -> list[RegistrationRow]:
    """Who gave their place up because of the format and has not come back since, in the order in which they left.

    Who came back and left a second time is asked once: an address has one active registration at an event.
    """
    left = store.rows(event_id, (RegistrationState.CANCELLED,), RegistrationRow.cancel_cause == CancelCause.FORMAT)
    newest = {row.email_key: row for row in left}  # In the order they came, so a later one takes the earlier's place.
    return [
        row
        for row in sorted(left, key=lambda row: (row.ended_at or row.registered_at, row.id))
        if row.email_key is None
        or (newest[row.email_key] is row and store.find_active(event_id, row.email_key) is None)
    ]


def _settle_earlier(row: RegistrationRow) -> None:
    """What the person left before is settled with this offer: should they let it go, that does not bring another."""
    if row.email_key is None:
        return
    because = (RegistrationRow.cancel_cause == CancelCause.FORMAT, RegistrationRow.email_key == row.email_key)
    for earlier in store.rows(row.event_id, (RegistrationState.CANCELLED,), *because):
        if earlier is not row:
            earlier.cancel_cause = ""


def _who_drew_none(event: EventFacts) -> list[RegistrationRow]:
    rows = store.rows(event.id, (RegistrationState.CONFIRMED,), *_waiting_to_come(event.id))
    return sorted(rows, key=lambda row: (row.queued_at, row.id))


def _waiting_to_come(event_id: int) -> tuple[ColumnElement[bool], ...]:
    """Who has a digital place and waits for one on site, and is not held one already."""
    return (
        RegistrationRow.event_id == event_id,
        RegistrationRow.state == RegistrationState.CONFIRMED,
        RegistrationRow.attendance == Attendance.DIGITAL,
        RegistrationRow.queued_at.is_not(None),
        or_(RegistrationRow.question != Question.TAKE_PLACE, RegistrationRow.answer_by.is_(None)),
    )


def _hold(
    event: EventFacts, row: RegistrationRow, mailed_at: datetime, expires_at: datetime, now: datetime
) -> RegistrationFacts:
    """Hold the place beside their digital one until they say that they come: until then nothing changes for them."""
    row.question, row.asked_at, row.question_answer, row.answer_by = Question.TAKE_PLACE, now, "", expires_at
    session().flush()
    if row.email:
        asking = message(row, "take_place", f"{row.confirmations}.{now.isoformat()}", mailed_at)
        outbox.enqueue(asking, now=now)
    call_if_unreached(event, row, now)
    audit.record(
        "registration.asked_back", f"registration:{row.id}", actor="service", now=now, until=expires_at.isoformat()
    )
    return row.facts()


def _offer(
    event: EventFacts, row: RegistrationRow, mailed_at: datetime, expires_at: datetime, now: datetime
) -> RegistrationFacts:
    _settle_earlier(row)
    row.state, row.attendance, row.expires_at = RegistrationState.OFFERED, Attendance.ONSITE, expires_at
    # Should the event be postponed meanwhile, they stand before everybody who waits.
    first = store.first_queued_at(event.id)
    row.queued_at = min(first, now) - timedelta(microseconds=1) if first else now
    row.ended_at, row.planned_version = None, 0
    row.confirmations += 1
    session_places.keep_what_fits(event, row)
    session().flush()
    tell_offered(event, row, mailed_at, now, payload={"back": True})
    audit.record("registration.asked_back", f"registration:{row.id}", actor="service", now=now)
    return row.facts()


def stay_away(row: RegistrationRow, now: datetime) -> None:
    """They did not take the place: it is as they left it, without another mail, and they are not asked again.

    Part of the caller's transaction.
    """
    row.cancel_cause = ""
    row.state, row.ended_at, row.expires_at, row.queued_at = RegistrationState.CANCELLED, now, None, None
    session().flush()
    audit.record("registration.stayed_away", f"registration:{row.id}", actor="service", now=now, event=row.event_id)
