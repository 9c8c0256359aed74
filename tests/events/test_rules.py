"""Deadlines to the second, the stages of an event, and what publishing asks for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from regservice.events.rules import (
    delete_on,
    end_of_day,
    is_web_address,
    moves_schedule,
    publish_problems,
    publish_warnings,
    registration_refusal,
    rooms_close_at,
    status,
)
from regservice.events.types import (
    Closed,
    Contact,
    EventStatus,
    Format,
    Image,
    NotOffered,
    NotYetOpen,
    RegistrationMode,
    Venue,
)
from tests.factories import ENDS_AT, STARTS_AT
from tests.facts import MADE_AT, event_facts

SECOND = timedelta(seconds=1)
DEADLINE = datetime(2026, 11, 15, 22, 59, 59, tzinfo=UTC)
OPENS = datetime(2026, 10, 10, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "refusal"),
    [
        (OPENS - SECOND, NotYetOpen(opens_at=OPENS)),
        (OPENS, None),
        (DEADLINE - SECOND, None),
        (DEADLINE, None),
        (DEADLINE + SECOND, Closed(since=DEADLINE)),
        (STARTS_AT, Closed(since=DEADLINE)),
        (ENDS_AT, Closed(since=DEADLINE)),
    ],
)
def test_registration_opens_and_closes_to_the_second(now: datetime, refusal: object) -> None:
    event = event_facts(registration_opens_at=OPENS, registration_closes_at=DEADLINE)
    assert registration_refusal(event, now) == refusal


@pytest.mark.parametrize(("now", "refusal"), [(STARTS_AT - SECOND, None), (STARTS_AT, Closed(since=STARTS_AT))])
def test_without_a_deadline_it_closes_with_the_start(now: datetime, refusal: object) -> None:
    assert registration_refusal(event_facts(), now) == refusal


@pytest.mark.parametrize(
    "state", [EventStatus.DRAFT, EventStatus.POSTPONED, EventStatus.CANCELLED, EventStatus.ARCHIVED]
)
def test_only_a_published_event_takes_registrations(state: EventStatus) -> None:
    assert registration_refusal(event_facts(lifecycle=state), MADE_AT) == NotOffered(status=state)


@pytest.mark.parametrize("mode", [RegistrationMode.EMAIL, RegistrationMode.EXTERNAL, RegistrationMode.NONE])
def test_only_the_form_takes_registrations(mode: RegistrationMode) -> None:
    refusal = registration_refusal(event_facts(registration_mode=mode), MADE_AT)
    assert refusal == NotOffered(status=EventStatus.PUBLISHED)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 11, 13), datetime(2026, 11, 13, 22, 59, 59, tzinfo=UTC)),
        (date(2026, 7, 13), datetime(2026, 7, 13, 21, 59, 59, tzinfo=UTC)),
        # The days on which the clocks change, of 25 and of 23 hours.
        (date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 21, 59, 59, tzinfo=UTC)),
    ],
)
def test_until_a_day_means_the_last_second_of_that_local_day(day: date, utc: datetime) -> None:
    assert end_of_day(day, "Europe/Berlin") == utc


@pytest.mark.parametrize(
    ("lifecycle", "now", "stage"),
    [
        (EventStatus.PUBLISHED, ENDS_AT - SECOND, EventStatus.PUBLISHED),
        (EventStatus.PUBLISHED, ENDS_AT, EventStatus.HELD),
        (EventStatus.CANCELLED, ENDS_AT, EventStatus.CANCELLED),
        (EventStatus.DRAFT, ENDS_AT, EventStatus.DRAFT),
    ],
)
def test_an_event_is_held_once_it_is_over(lifecycle: EventStatus, now: datetime, stage: EventStatus) -> None:
    assert status(event_facts(lifecycle=lifecycle), now) is stage


def test_without_an_end_an_event_lasts_two_hours() -> None:
    event = event_facts(ends_at=None)
    assert status(event, STARTS_AT + timedelta(hours=2) - SECOND) is EventStatus.PUBLISHED
    assert status(event, STARTS_AT + timedelta(hours=2)) is EventStatus.HELD


def test_the_day_of_deletion_counts_local_days() -> None:
    late = event_facts(ends_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC), retention_days=30)
    assert delete_on(late) == date(2026, 12, 21)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"title": " "}, {("title", "missing")}),
        ({"starts_at": None, "ends_at": None}, {("starts_at", "missing")}),
        ({"ends_at": STARTS_AT}, {("ends_at", "before_start")}),
        ({"venue": Venue()}, {("venue", "missing")}),
        ({"contact": Contact(name="Somebody")}, {("contact", "missing")}),
        ({"format": Format.DIGITAL, "venue": Venue()}, {("join_url", "missing")}),
        ({"format": Format.DIGITAL, "venue": Venue(), "join_url": "https://rooms.example.org/x"}, set()),
        ({"registration_closes_at": STARTS_AT}, set()),
        ({"registration_closes_at": STARTS_AT + SECOND}, {("registration_closes_at", "after_start")}),
        (
            {"registration_opens_at": DEADLINE, "registration_closes_at": DEADLINE},
            {("registration_opens_at", "after_deadline")},
        ),
        ({"registration_mode": RegistrationMode.EMAIL}, {("registration_address", "missing")}),
        (
            {"title": "", "starts_at": None, "ends_at": None, "venue": Venue(), "contact": Contact()},
            {("title", "missing"), ("starts_at", "missing"), ("venue", "missing"), ("contact", "missing")},
        ),
    ],
)
def test_publishing_names_everything_that_is_missing(
    changes: dict[str, object], expected: set[tuple[str, str]]
) -> None:
    problems = publish_problems(event_facts(**changes), MADE_AT)
    assert {(problem.field, problem.code) for problem in problems} == expected


def test_a_draft_in_the_past_is_not_published() -> None:
    draft = event_facts(lifecycle=EventStatus.DRAFT)
    assert [problem.code for problem in publish_problems(draft, STARTS_AT - SECOND)] == []
    assert [problem.code for problem in publish_problems(draft, STARTS_AT)] == ["past"]


def test_a_picture_without_words_is_warned_about() -> None:
    event = event_facts(image=Image(url="https://example.org/x.jpg"), access="A ramp leads to the hall.")
    assert {(warning.field, warning.code) for warning in publish_warnings(event)} == {
        ("image", "alt_missing"),
        ("image", "credit_missing"),
    }


@pytest.mark.parametrize(
    ("changes", "moves"),
    [
        ({"description": "A typing error less"}, False),
        ({"capacity": 5}, False),
        ({"starts_at": STARTS_AT + SECOND}, True),
        ({"ends_at": None}, True),
        ({"venue": Venue(name="Elsewhere")}, True),
        ({"timezone": "Europe/London"}, True),
    ],
)
def test_only_time_and_place_move_an_event(changes: dict[str, object], moves: bool) -> None:
    assert moves_schedule(event_facts(), event_facts(**changes)) is moves


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://example.org/x", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("//example.org", False),
        ("https://", False),
        ("https://[", False),
        ("https://example.org/a b", False),
        ("example.org", False),
    ],
)
def test_only_web_addresses_are_shown_as_links(address: str, shown: bool) -> None:
    assert is_web_address(address) is shown


@pytest.mark.parametrize(
    ("changes", "session_ends", "expected"),
    [
        ({}, None, ENDS_AT),
        ({"ends_at": None}, None, STARTS_AT + timedelta(hours=2)),
        ({}, ENDS_AT - timedelta(hours=1), ENDS_AT),
        ({"ends_at": None}, ENDS_AT + timedelta(days=1), ENDS_AT + timedelta(days=1)),
        ({"ends_at": ENDS_AT + timedelta(days=2)}, ENDS_AT, ENDS_AT + timedelta(days=2)),
    ],
)
def test_made_rooms_stay_for_six_hours_after_the_last_of_the_event(
    changes: dict[str, object], session_ends: datetime | None, expected: datetime
) -> None:
    event = event_facts(**changes)
    event = replace(event, sessions=(replace(event.sessions[0], ends_at=session_ends),))
    assert rooms_close_at(event) == expected + timedelta(hours=6)


def test_a_session_without_an_end_is_taken_to_last_two_hours() -> None:
    event = event_facts()
    event = replace(event, sessions=(replace(event.sessions[0], starts_at=ENDS_AT),))
    assert rooms_close_at(event) == ENDS_AT + timedelta(hours=8)
    assert rooms_close_at(event_facts(starts_at=None, ends_at=None)) is None
