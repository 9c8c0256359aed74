"""Whether a message is still wanted when its moment has come: one row a reason, one second either side."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from regservice.events.types import EventStatus, Format
from regservice.notices import wanted
from regservice.notices.kinds import KINDS, MUTABLE
from regservice.notices.wanted import reason_to_skip, waits_until
from regservice.registrations.types import Attendance, Question, QuestionAnswer, SwitchAnswer
from regservice.registrations.types import RegistrationState as State
from tests.factories import ENDS_AT, STARTS_AT
from tests.facts import event_facts, registration_facts
from tests.notices.messages import DUE_AT, message_facts
from tests.notices.test_plan import berlin

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
BEFORE = DUE_AT + HOUR


def reason(
    kind: str, now: datetime = BEFORE, *, event: Any = None, recorded: bool = False, **person: Any
) -> str | None:
    """Why a message of this kind would not leave."""
    return reason_to_skip(message_facts(kind), event or event_facts(), registration_facts(**person), now)


GETS = {
    State.PENDING: {"optin", "optin_again"},
    State.CONFIRMED: {"already", "new_link", "confirmed", "remind_7d", "remind_1d", "remind_2h", "thanks"}
    | {"changed", "postponed", "cancelled_event", "decision", "decision_again", "moved", "group", "stay_digital"}
    | {"new_date", "new_date_again", "keep_place", "take_place", "group_gone"},
    State.WAITLISTED: {"already", "new_link", "waitlisted", "changed", "postponed", "cancelled_event", "decision"}
    | {"group_gone"},
    State.OFFERED: {"already", "new_link", "offer", "changed", "postponed", "cancelled_event", "decision"}
    | {"group_gone"},
    State.CANCELLED: {"cancelled"},
    State.EXPIRED: set(),
    State.ATTENDED: {"thanks"},
    State.NO_SHOW: set(),
}


@pytest.mark.parametrize("state", State)
def test_who_gets_what(state: State) -> None:
    refused = f"the registration is {state.value}"
    kinds = [name for name, kind in KINDS.items() if kind.states]
    assert {name for name in kinds if reason(name, state=state) != refused} == GETS[state]


@pytest.mark.parametrize("kind", MUTABLE)
def test_a_muted_kind_is_not_sent_and_others_are(kind: str) -> None:
    assert reason(kind, muted=(kind,)) == wanted.MUTED
    assert reason("changed", muted=MUTABLE) is None


def test_nobody_and_nothing() -> None:
    assert reason_to_skip(message_facts("confirmed"), event_facts(), None, BEFORE) == wanted.ERASED
    assert reason("unheard_of") == wanted.UNKNOWN_KIND
    assert reason("confirmed", email="") == wanted.NO_ADDRESS


@pytest.mark.parametrize(
    ("kind", "lifecycle", "expected"),
    [
        ("remind_7d", EventStatus.CANCELLED, wanted.EVENT_CANCELLED),
        ("remind_7d", EventStatus.POSTPONED, wanted.EVENT_POSTPONED),
        ("remind_7d", EventStatus.DRAFT, wanted.EVENT_OFF),
        ("changed", EventStatus.CANCELLED, wanted.EVENT_CANCELLED),
        ("decision", EventStatus.POSTPONED, wanted.EVENT_POSTPONED),
        ("thanks", EventStatus.CANCELLED, wanted.EVENT_CANCELLED),
        ("cancelled_event", EventStatus.CANCELLED, None),
        ("cancelled_event", EventStatus.PUBLISHED, wanted.EVENT_ON),
        ("postponed", EventStatus.POSTPONED, None),
        ("postponed", EventStatus.PUBLISHED, wanted.EVENT_ON),
        ("postponed", EventStatus.CANCELLED, wanted.EVENT_ON),
    ],
)
def test_the_event_decides(kind: str, lifecycle: EventStatus, expected: str | None) -> None:
    assert reason(kind, event=event_facts(lifecycle=lifecycle)) == expected


@pytest.mark.parametrize("lifecycle", EventStatus)
def test_a_receipt_is_sent_whatever_became_of_the_event(lifecycle: EventStatus) -> None:
    assert reason("cancelled", ENDS_AT + HOUR, event=event_facts(lifecycle=lifecycle), state=State.CANCELLED) is None


@pytest.mark.parametrize(
    ("kind", "version", "confirmations", "expected"),
    [
        ("remind_7d", 1, 1, None),
        ("remind_7d", 2, 1, wanted.OTHER_SCHEDULE),
        ("remind_7d", 1, 2, wanted.OTHER_SCHEDULE),
        ("changed", 1, 2, None),
        ("changed", 2, 1, wanted.OTHER_SCHEDULE),
    ],
)
def test_a_message_about_an_older_schedule_stays_here(
    kind: str, version: int, confirmations: int, expected: str | None
) -> None:
    assert reason(kind, event=event_facts(schedule_version=version), confirmations=confirmations) == expected


@pytest.mark.parametrize(("version", "expected"), [(1, wanted.NEWER_DECISION), (2, None)])
def test_only_the_newest_decision_leaves(version: int, expected: str | None) -> None:
    message = message_facts("decision", occurrence="v2", payload={"outcome": "switched", "version": version})
    assert reason_to_skip(message, event_facts(format_version=2), registration_facts(), BEFORE) == expected


@pytest.mark.parametrize(
    ("format", "attendance", "expected"),
    [
        (Format.ONSITE, Attendance.ONSITE, wanted.NOT_DIGITAL),
        (Format.ONSITE, Attendance.DIGITAL, wanted.NOT_DIGITAL),
        (Format.DIGITAL, Attendance.ONSITE, None),
        (Format.DIGITAL, Attendance.DIGITAL, None),
        (Format.HYBRID, Attendance.ONSITE, wanted.NOT_DIGITAL),
        (Format.HYBRID, Attendance.DIGITAL, None),
    ],
)
def test_the_last_reminder_is_for_digital_participants(
    format: Format, attendance: Attendance, expected: str | None
) -> None:
    assert reason("remind_2h", event=event_facts(format=format), attendance=attendance) == expected


@pytest.mark.parametrize(
    ("version", "person", "expected"),
    [
        (2, {}, None),
        (2, {"switch_answer": SwitchAnswer.JOINS, "answered_version": 2}, wanted.ANSWERED),
        (2, {"switch_answer": SwitchAnswer.HELP, "answered_version": 2}, wanted.ANSWERED),
        # An answer to an earlier switch says nothing about this one.
        (2, {"switch_answer": SwitchAnswer.JOINS, "answered_version": 1}, None),
        (3, {}, wanted.NEWER_DECISION),
    ],
)
def test_who_has_answered_a_switch_is_not_asked_again(version: int, person: dict[str, Any], expected: str) -> None:
    event = event_facts(format=Format.DIGITAL, format_version=version)
    asking = message_facts("decision_again", payload={"version": 2})
    moved = registration_facts(attendance=Attendance.DIGITAL, **person)
    assert reason_to_skip(asking, event, moved, BEFORE) == expected


def test_the_second_question_is_of_use_until_the_start() -> None:
    digital, person = event_facts(format=Format.DIGITAL), {"attendance": Attendance.DIGITAL}
    found = [reason("decision_again", now, event=digital, **person) for now in (STARTS_AT - SECOND, STARTS_AT)]
    assert found == [None, wanted.TOO_LATE]


UNTIL = {
    "remind_7d": DUE_AT + timedelta(days=3),
    "remind_1d": STARTS_AT - 3 * HOUR,
    "waitlisted": STARTS_AT,
    "confirmed": ENDS_AT,
    "already": ENDS_AT,
    "new_link": ENDS_AT,
    "changed": ENDS_AT,
    "decision": ENDS_AT,
    "offer": STARTS_AT,
    "optin": STARTS_AT - 5 * HOUR,
    "optin_again": STARTS_AT - 5 * HOUR,
}


@pytest.mark.parametrize("kind", UNTIL)
def test_how_late_a_message_is_still_useful(kind: str) -> None:
    [state] = [state for state in (*KINDS[kind].states,) if kind in GETS[state]][:1]
    person = {"state": state, "expires_at": STARTS_AT - 5 * HOUR}
    assert [reason(kind, UNTIL[kind] - SECOND, **person), reason(kind, UNTIL[kind], **person)] == [
        None,
        wanted.TOO_LATE,
    ]


def test_the_last_reminder_is_useful_until_the_start() -> None:
    digital = event_facts(format=Format.DIGITAL)
    found = [reason("remind_2h", now, event=digital) for now in (STARTS_AT - SECOND, STARTS_AT)]
    assert found == [None, wanted.TOO_LATE]


@pytest.mark.parametrize(("kind", "status"), [("cancelled_event", "cancelled"), ("postponed", "postponed")])
def test_bad_news_are_useful_until_the_planned_end(kind: str, status: str) -> None:
    event = event_facts(lifecycle=EventStatus(status))
    assert [reason(kind, now, event=event) for now in (ENDS_AT - SECOND, ENDS_AT)] == [None, wanted.TOO_LATE]


def test_thanks_after_the_end_and_within_a_week() -> None:
    times = (ENDS_AT - SECOND, ENDS_AT)
    assert [reason("thanks", now) for now in times] == [wanted.NOT_OVER, wanted.TOO_LATE]
    late = message_facts("thanks", due_at=ENDS_AT)
    found = [
        reason_to_skip(late, event_facts(), registration_facts(), ENDS_AT + timedelta(days=7) - back)
        for back in (SECOND, 0 * SECOND)
    ]
    assert found == [None, wanted.TOO_LATE]


@pytest.mark.parametrize(
    ("state", "recorded", "expected"),
    [
        (State.CONFIRMED, False, None),
        (State.CONFIRMED, True, wanted.NOT_ATTENDED),
        (State.ATTENDED, True, None),
    ],
)
def test_thanks_go_to_who_was_there_where_that_is_known(state: State, recorded: bool, expected: str | None) -> None:
    late = message_facts("thanks", due_at=ENDS_AT)
    person = registration_facts(state=state)
    assert reason_to_skip(late, event_facts(), person, ENDS_AT, attendance_recorded=recorded) == expected


NIGHT, MORNING = berlin(2026, 11, 13, 20), berlin(2026, 11, 14, 8)
SUNDAY, MONDAY = berlin(2026, 11, 15, 12), berlin(2026, 11, 16, 8)


@pytest.mark.parametrize(
    ("kind", "now", "until"),
    [
        ("remind_7d", NIGHT - SECOND, None),
        ("remind_7d", NIGHT, MORNING),
        ("remind_7d", MORNING - SECOND, MORNING),
        ("remind_7d", MORNING, None),
        ("remind_1d", SUNDAY, None),
        ("thanks", SUNDAY, MONDAY),
        ("optin", NIGHT, None),
        ("confirmed", NIGHT, None),
        ("decision", NIGHT, None),
        ("remind_2h", NIGHT, None),
        ("optin_again", NIGHT, MORNING),
        ("decision_again", NIGHT, MORNING),
        ("offer", NIGHT, MORNING),
        ("changed", NIGHT, MORNING),
        # Less than 24 hours before the start bad news do not wait.
        ("changed", berlin(2026, 11, 19, 7, 59, 59), berlin(2026, 11, 19, 8)),
        ("changed", berlin(2026, 11, 20, 7, 59, 59), None),
        ("cancelled_event", berlin(2026, 11, 19, 22), None),
        # Two hours before it would be too late, the morning still comes in time.
        ("remind_7d", berlin(2026, 11, 16, 7, 59), MONDAY),
    ],
)
def test_a_late_message_waits_for_the_morning(kind: str, now: datetime, until: datetime | None) -> None:
    person = registration_facts(expires_at=STARTS_AT)
    due_at = DUE_AT + timedelta(days=2) if kind == "thanks" else DUE_AT
    assert waits_until(message_facts(kind, due_at=due_at), event_facts(), person, now) == until


def test_no_message_waits_longer_than_it_is_of_use() -> None:
    early = event_facts(starts_at=berlin(2026, 11, 20, 10), ends_at=berlin(2026, 11, 20, 12))
    assert waits_until(message_facts("remind_1d"), early, registration_facts(), berlin(2026, 11, 19, 22)) is None
    later = event_facts(starts_at=berlin(2026, 11, 20, 11, 0, 1), ends_at=berlin(2026, 11, 20, 12))
    waits = waits_until(message_facts("remind_1d"), later, registration_facts(), berlin(2026, 11, 19, 22))
    assert waits == berlin(2026, 11, 20, 8)


def test_an_offer_whose_time_is_over_waits_for_what_becomes_of_it() -> None:
    offered = registration_facts(state=State.OFFERED, expires_at=MORNING)
    offer = message_facts("offer")
    assert [waits_until(offer, event_facts(), offered, now) for now in (MORNING, MORNING + HOUR)] == [
        MORNING + timedelta(minutes=1),
        MORNING + HOUR + timedelta(minutes=1),
    ]
    still_on = registration_facts(state=State.OFFERED, expires_at=MORNING + SECOND)
    assert waits_until(offer, event_facts(), still_on, MORNING) is None


STAY = Question.STAY_DIGITAL


@pytest.mark.parametrize(
    ("asked", "said", "version", "expected"),
    [
        (STAY, None, 2, None),
        (STAY, QuestionAnswer.NO, 2, wanted.ANSWERED),
        (Question.NEW_DATE, None, 2, wanted.NOT_ASKED),
        (None, None, 2, wanted.NOT_ASKED),
        (STAY, None, 3, wanted.NEWER_DECISION),
    ],
)
def test_a_question_is_asked_while_it_is_one(
    asked: Question | None, said: QuestionAnswer | None, version: int, expected: str | None
) -> None:
    event = event_facts(format=Format.DIGITAL, format_version=version)
    person = registration_facts(attendance=Attendance.DIGITAL, question=asked, question_answer=said)
    assert reason_to_skip(message_facts("stay_digital", payload={"version": 2}), event, person, BEFORE) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"attendance": Attendance.ONSITE}, wanted.NOT_ASKED),
        ({"answer_by": None}, wanted.NOT_ASKED),
        ({"answer_by": BEFORE}, wanted.TOO_LATE),
        ({"answer_by": None, "question_answer": QuestionAnswer.NO}, wanted.ANSWERED),
    ],
)
def test_who_is_held_a_place_is_asked_while_it_is(changes: dict[str, Any], expected: str | None) -> None:
    held = {"question": Question.TAKE_PLACE, "attendance": Attendance.DIGITAL, "answer_by": BEFORE + timedelta(days=1)}
    assert reason("take_place", **held | changes) == expected
