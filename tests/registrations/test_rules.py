"""Who gets a place, and how long an offer holds, by tables."""

from datetime import UTC, datetime, timedelta

import pytest

from regservice.events.types import EventStatus, Format
from regservice.outbox.types import MessageState
from regservice.registrations.rules import (
    attendance_for,
    can_undo,
    offer_goes_on_until,
    offer_times,
    opt_in_again_at,
    opt_in_expires_at,
    refusal,
    seat_for_newcomer,
)
from regservice.registrations.types import Attendance, Full, Places, RegistrationState
from tests.factories import STARTS_AT
from tests.facts import MADE_AT, event_facts, registration_facts
from tests.notices.messages import message_facts

SECOND = timedelta(seconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("capacity", "taken", "waiting", "seat"),
    [
        (None, 1000, 0, True),
        (2, 1, 0, True),
        (2, 2, 0, False),
        (2, 3, 0, False),
        (2, 1, 1, False),
        (0, 0, 0, False),
    ],
)
def test_a_newcomer_gets_a_seat_only_when_nobody_waits(
    capacity: int | None, taken: int, waiting: int, seat: bool
) -> None:
    assert seat_for_newcomer(Places(capacity=capacity, taken=taken, waiting=waiting)) is seat


@pytest.mark.parametrize(
    ("waiting_list", "taken", "expected"), [(True, 2, None), (False, 1, None), (False, 2, Full(capacity=2))]
)
def test_full_is_a_refusal_only_without_a_waiting_list(waiting_list: bool, taken: int, expected: object) -> None:
    event = event_facts(waiting_list=waiting_list)
    assert refusal(event, Places(capacity=2, taken=taken, waiting=0), MADE_AT) == expected


@pytest.mark.parametrize(
    ("format", "wish", "expected"),
    [
        (Format.ONSITE, Attendance.DIGITAL, Attendance.ONSITE),
        (Format.ONSITE, None, Attendance.ONSITE),
        (Format.DIGITAL, Attendance.ONSITE, Attendance.DIGITAL),
        (Format.HYBRID, Attendance.DIGITAL, Attendance.DIGITAL),
        (Format.HYBRID, None, Attendance.ONSITE),
    ],
)
def test_a_wish_counts_where_there_is_a_choice(format: Format, wish: Attendance | None, expected: Attendance) -> None:
    assert attendance_for(event_facts(format=format), wish) is expected


@pytest.mark.parametrize(
    ("requested_at", "expected"),
    [
        (STARTS_AT - timedelta(days=10), STARTS_AT - timedelta(days=8)),
        (STARTS_AT - timedelta(hours=48), STARTS_AT),
        (STARTS_AT - timedelta(hours=3), STARTS_AT),
    ],
)
def test_the_confirm_link_holds_two_days_and_not_past_the_start(requested_at: datetime, expected: datetime) -> None:
    assert opt_in_expires_at(event_facts(), requested_at) == expected


@pytest.mark.parametrize(
    ("requested_at", "expected"),
    [
        (utc(2026, 11, 10, 10, 0), utc(2026, 11, 11, 10, 0)),
        (utc(2026, 11, 10, 20, 0), utc(2026, 11, 12, 7, 0)),
        # The deadline is on the 15th at 23:59:59: nobody is asked again after it.
        (utc(2026, 11, 15, 10, 0), None),
    ],
)
def test_a_pending_person_is_asked_once_more_by_day_and_before_the_deadline(
    requested_at: datetime, expected: datetime | None
) -> None:
    event = event_facts(registration_closes_at=utc(2026, 11, 15, 22, 59, 59))
    assert opt_in_again_at(event, requested_at) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # By day: mailed at once, 24 hours of daytime.
        (utc(2026, 11, 10, 9, 0), (utc(2026, 11, 10, 9, 0), utc(2026, 11, 12, 9, 0))),
        # At night: mailed in the morning.
        (utc(2026, 11, 10, 22, 0), (utc(2026, 11, 11, 7, 0), utc(2026, 11, 12, 19, 0))),
        # Two days before: half of the time until three hours before the start, at 12:00 on the 20th.
        (utc(2026, 11, 18, 18, 0), (utc(2026, 11, 18, 18, 0), utc(2026, 11, 19, 15, 0))),
        # The day before half of it ends at night, which is moved to nine o'clock in the morning.
        (utc(2026, 11, 19, 12, 0), (utc(2026, 11, 19, 12, 0), utc(2026, 11, 20, 8, 0))),
        # In the last hour nobody is offered a place any more: the cut-off is at 12:00, the shortest offer 30 minutes.
        (utc(2026, 11, 20, 11, 30), (utc(2026, 11, 20, 11, 30), utc(2026, 11, 20, 12, 0))),
        (utc(2026, 11, 20, 11, 30, 1), None),
        (utc(2026, 11, 20, 14, 0), None),
    ],
)
def test_how_long_an_offer_holds(now: datetime, expected: tuple[datetime, datetime] | None) -> None:
    assert offer_times(event_facts(), now) == expected


OFFER_OVER = utc(2026, 11, 12, 9, 0)


@pytest.mark.parametrize(
    ("waiting", "state", "sent_at", "expected"),
    [
        # The mail left in time: the place goes to the next in line, unless nobody waits.
        (1, MessageState.SENT, utc(2026, 11, 10, 10, 0), None),
        (0, MessageState.SENT, utc(2026, 11, 10, 10, 0), utc(2026, 11, 14, 9, 0)),
        # It left a second too late to count as in time: the time begins with it.
        (1, MessageState.SENT, utc(2026, 11, 10, 10, 0, 1), utc(2026, 11, 12, 10, 0, 1)),
        (1, MessageState.SENT, utc(2026, 11, 12, 8, 0), utc(2026, 11, 14, 8, 0)),
        # It did not leave yet.
        (1, MessageState.WAITING, None, utc(2026, 11, 14, 9, 0)),
        (1, MessageState.CLAIMED, None, utc(2026, 11, 14, 9, 0)),
        (1, MessageState.SENDING, None, utc(2026, 11, 14, 9, 0)),
        # It never will, or the organiser has it, or it may have arrived.
        (1, MessageState.FAILED, None, None),
        (1, MessageState.HELD, None, None),
        (1, MessageState.UNCERTAIN, None, None),
    ],
)
def test_when_an_offer_goes_on_after_its_time(
    waiting: int, state: MessageState, sent_at: datetime | None, expected: datetime | None
) -> None:
    mail = message_facts("offer", due_at=utc(2026, 11, 10, 9, 0), state=state, sent_at=sent_at)
    assert offer_goes_on_until(event_facts(), waiting=waiting, mail=mail, now=OFFER_OVER) == expected


def test_who_has_no_address_is_called_and_not_waited_for() -> None:
    assert offer_goes_on_until(event_facts(), waiting=1, mail=None, now=OFFER_OVER) is None


def test_near_the_start_no_offer_goes_on() -> None:
    assert offer_goes_on_until(event_facts(), waiting=0, mail=None, now=utc(2026, 11, 20, 11, 30, 1)) is None


@pytest.mark.parametrize(
    ("minutes", "lifecycle", "possible"),
    [
        (30, EventStatus.PUBLISHED, True),
        (30.1, EventStatus.PUBLISHED, False),
        (5, EventStatus.CANCELLED, False),
    ],
)
def test_a_cancellation_can_be_undone_for_half_an_hour(minutes: float, lifecycle: EventStatus, possible: bool) -> None:
    cancelled = registration_facts(state=RegistrationState.CANCELLED, ended_at=MADE_AT)
    event = event_facts(lifecycle=lifecycle)
    assert can_undo(event, cancelled, MADE_AT + timedelta(minutes=minutes)) is possible
