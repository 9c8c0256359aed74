"""What becomes of people's places, calendars and reminders when their event changes."""

from collections import Counter
from collections.abc import Collection

from regservice.db import session
from regservice.events.types import EventFacts, Format
from regservice.registrations import rules, store
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import ACTIVE, SEATED, Attendance, RegistrationState


def advance_calendars(event_id: int, *, only: Collection[int] | None = None) -> None:
    """Everyone with a place, or `only` these, gets the next SEQUENCE. Part of a transaction with the event locked."""
    store.advance_calendar(event_id, only)


def renew_calendar_entries(event_id: int, *, but: Collection[int]) -> None:
    """Everyone with a place gets a new calendar entry: some programs ignore one that they were told to remove.

    `but` these people, who were not told yet: a second entry would stand beside theirs. Part of the caller's
    transaction, which locked the event.
    """
    for row in store.rows(event_id, (RegistrationState.CONFIRMED,)):
        row.confirmations += row.id not in but
    session().flush()


def without_seat(event: EventFacts, after: EventFacts) -> int:
    """How many people an event changed to `after` leaves without a seat; those overbooked before do not count."""
    seated: Counter[Attendance] = Counter()
    for (attendance, state), number in store.counts(event.id).items():
        seated[attendance] += number if state in SEATED else 0
    held = store.count_held(event.id)
    seated[Attendance.ONSITE] += held
    now_missing = rules.without_seat(event, event.format, seated)
    if after.format is not Format.HYBRID:
        seated[Attendance.ONSITE] -= held  # Nothing is held beside a digital place where there is no choice.
    for row, attendance in _moved_by(after, SEATED):
        seated[Attendance(row.attendance)] -= 1
        seated[attendance] += 1
    missing = rules.beyond_capacity(after, seated)
    return missing if missing > now_missing else 0


def _moved_by(event: EventFacts, states: Collection[RegistrationState]) -> list[tuple[RegistrationRow, Attendance]]:
    """Who cannot take part as they do if the event is like this, and how they take part then."""
    if event.format is Format.MIXED:
        rows = store.rows(event.id, tuple(states))
    else:
        rows = store.rows(event.id, tuple(states), RegistrationRow.attendance.not_in(rules.attendances(event.format)))
    found = []
    for row in rows:
        person = row.facts()
        to = rules.kept_or_first(rules.attendances_with(event, person.session_ids), person.attendance)
        if to is not person.attendance:
            found.append((row, to))
    return found


def reassign_attendance(event: EventFacts) -> list[int]:
    """Everyone takes part as the event's new format allows; the ids of those for whom that changed.

    Part of the caller's transaction, which locked the event. Cancelled people follow too, since they may come back.
    """
    moved = _moved_by(event, (*ACTIVE, RegistrationState.CANCELLED))
    for row, attendance in moved:
        row.attendance = attendance
    session().flush()
    return [row.id for row, _ in moved if row.state in ACTIVE]


def seat_on_site(event_id: int, people: Collection[int]) -> list[int]:
    """These people with a place come from now on. Part of the caller's transaction, which locked the event."""
    rows = [row for row in store.rows(event_id, (RegistrationState.CONFIRMED,)) if row.id in people]
    for row in rows:
        row.attendance = Attendance.ONSITE
    session().flush()
    return [row.id for row in rows]


def would_move(event: EventFacts) -> int:
    """How many people would take part in another way if the event were like this."""
    return len(_moved_by(event, ACTIVE))


def replan(event_id: int, *, only: Collection[int]) -> None:
    """Reminders of those of these people who have a place are planned anew. Part of the caller's transaction."""
    store.forget_plan(event_id, only)


def follow_start(event: EventFacts) -> None:
    """What ends with the event ends at its new start. Part of the caller's transaction, which locked the event."""
    for row in store.rows(event.id, store.ENDING):
        if row.state == RegistrationState.WAITLISTED:
            row.expires_at = event.starts_at
        elif row.state == RegistrationState.PENDING:
            row.expires_at = rules.opt_in_expires_at(event, row.registered_at)
        elif event.starts_at is not None and row.expires_at is not None:
            row.expires_at = min(row.expires_at, event.starts_at)
    session().flush()


def hold_waiting(event_id: int) -> None:
    """Without a date nobody's waiting ends: offers go back to their place in line. Part of the caller's transaction."""
    for row in store.rows(event_id, (RegistrationState.WAITLISTED, RegistrationState.OFFERED)):
        row.state, row.expires_at = RegistrationState.WAITLISTED, None
    session().flush()
