"""A switch shortly before the start, while the event runs, and after it: to the second, and what people then read."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import rules, service, switch_rules
from regservice.formats.types import Decision, FormatRule, NoProposal, RuleKind, Switched, SwitchRefused, Trigger
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import moving
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Moved
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event
from tests.facts import event_facts

ROOM = "https://room.example.org/dialogue"
SECOND, FIVE = timedelta(seconds=1), timedelta(minutes=5)
HAND, EMERGENCY = Trigger.HAND, Trigger.EMERGENCY
ONSITE, DIGITAL, HYBRID = Format.ONSITE, Format.DIGITAL, Format.HYBRID
WHY = "The hall has no heating."


@pytest.mark.parametrize(
    ("now", "to", "trigger", "reason", "expected"),
    [
        (STARTS_AT - FIVE, DIGITAL, HAND, "", None),
        (STARTS_AT - SECOND, DIGITAL, HAND, "", None),
        (STARTS_AT - SECOND, ONSITE, HAND, "", None),
        (STARTS_AT, DIGITAL, HAND, WHY, "started"),
        (STARTS_AT, DIGITAL, Trigger.PROPOSAL, WHY, "started"),
        (STARTS_AT, DIGITAL, Trigger.AUTOMATIC, WHY, "started"),
        (STARTS_AT, DIGITAL, EMERGENCY, WHY, None),
        (STARTS_AT, DIGITAL, EMERGENCY, " \n", "reason_missing"),
        (STARTS_AT, HYBRID, EMERGENCY, WHY, None),
        (STARTS_AT, ONSITE, EMERGENCY, WHY, "not_back_on_site"),
        (STARTS_AT - SECOND, ONSITE, EMERGENCY, "", None),
        (STARTS_AT + FIVE, DIGITAL, HAND, WHY, "started"),
        (STARTS_AT + FIVE, DIGITAL, EMERGENCY, WHY, None),
        (ENDS_AT - SECOND, DIGITAL, EMERGENCY, WHY, None),
        (ENDS_AT, DIGITAL, EMERGENCY, WHY, "held"),
    ],
)
def test_around_start_and_end(now: datetime, to: Format, trigger: Trigger, reason: str, expected: str | None) -> None:
    event = event_facts()
    assert switch_rules.switch_refusal(event, {1: to}, ROOM, now, trigger=trigger, reason=reason) == expected
    # Five minutes before and five minutes after the start staff have to say that they are sure.
    assert rules.is_emergency(event, None, now)


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        # Without an announced end an event is over two hours after its start.
        ({"ends_at": None}, STARTS_AT + timedelta(hours=2) - SECOND, None),
        ({"ends_at": None}, STARTS_AT + timedelta(hours=2), "held"),
        ({"lifecycle": EventStatus.CANCELLED}, STARTS_AT + FIVE, "cancelled"),
        ({"lifecycle": EventStatus.POSTPONED}, STARTS_AT + FIVE, "postponed"),
        ({"starts_at": None, "ends_at": None}, STARTS_AT + FIVE, None),
    ],
)
def test_an_emergency_opens_nothing_that_is_over(
    changes: dict[str, object], now: datetime, expected: str | None
) -> None:
    event = event_facts(**changes)
    assert switch_rules.switch_refusal(event, {1: DIGITAL}, ROOM, now, trigger=EMERGENCY, reason=WHY) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (STARTS_AT - SECOND, (ONSITE, DIGITAL, HYBRID)),
        (STARTS_AT, (DIGITAL, HYBRID)),
        (ENDS_AT - SECOND, (DIGITAL, HYBRID)),
    ],
)
def test_what_can_be_chosen(now: datetime, expected: tuple[Format, ...]) -> None:
    assert switch_rules.reachable(event_facts(), now) == expected


def emergency(
    event: EventFacts, clock: Clock, to: Format = DIGITAL, *, trigger: Trigger = EMERGENCY
) -> Switched | SwitchRefused:
    """Switch, after a dry run that says the same."""
    seen = service.preview(event.id, to, reason=WHY, join_url=ROOM, now=clock(), trigger=trigger)
    answer = service.switch(event.id, to, reason=WHY, join_url=ROOM, by="test", now=clock(), trigger=trigger)
    assert isinstance(answer, Switched | SwitchRefused), answer
    if isinstance(answer, SwitchRefused):
        assert (seen.effects, seen.blocked) == ({}, (answer.code,))
    else:
        assert (seen.effects, seen.blocked) == (answer.effects, ())
    return answer


def test_a_running_event_is_switched_in_an_emergency_alone(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada, ben, waiting = (confirm(event, name, clock()) for name in ("Ada", "Ben", "Cem"))
    assert waiting.state is State.WAITLISTED
    clock.set(STARTS_AT + FIVE)
    assert emergency(event, clock, trigger=HAND) == SwitchRefused(code="started")
    answer = emergency(event, clock)
    assert isinstance(answer, Switched)
    # Nobody waits for a place any more, nobody is offered one, and nobody is asked for an answer by then.
    assert answer.effects == {
        "mails": 2,
        "mails_de": 2,
        "call_list": 0,
        "calendar_updates": 2,
        "offers": 0,
        "attendance_changed": 3,
        "reminders_replanned": 0,
    }
    assert [person.recipient for person in service.mails_of(event.id, service.history(event.id)[0])] == [
        ada.email,
        ben.email,
    ]
    assert service.history(event.id)[0].trigger is EMERGENCY


def test_nobody_is_called_back_to_a_place_where_the_event_runs(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=DIGITAL, join_url=ROOM)
    confirm(event, "Ada", clock())
    clock.set(STARTS_AT + FIVE)
    assert emergency(event, clock, ONSITE) == SwitchRefused(code="not_back_on_site")
    assert isinstance(emergency(event, clock, HYBRID), Switched)


def test_what_people_read_then(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock(), language="en")
    clock.set(STARTS_AT + FIVE)
    emergency(event, clock)
    [message] = [message for message in outbox.ledger_for_registration(ada.id) if message.kind == "decision"]
    assert notices.still_wanted(message, clock()) is None
    letter, token = notices.compose(message, clock()), registrations.personal_token(ada)
    words = "The event has begun. You can take part by computer, tablet or telephone now. Open this link:"
    lines = letter.text.splitlines()
    assert lines[lines.index(words) + 1] == f"http://events.example.org/r/{token}/join"
    # They can neither give their place back nor be asked whether it suits them.
    assert [part for part in ("/cancel", "/cannot", "at the start") if part in letter.text] == []
    client = app.test_client()
    assert client.get(f"/r/{token}/join").headers["Location"] == ROOM
    clock.set(ENDS_AT)
    assert notices.still_wanted(message, clock()) == "it is too late for this message to be useful"


def test_who_is_at_a_hybrid_event_goes_home_and_joins_from_there(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    clock.set(STARTS_AT + FIVE)
    emergency(event, clock, HYBRID)
    assert isinstance(moving.move(ada.id, Attendance.DIGITAL, by="person", now=clock()), Moved)


def test_five_minutes_before_the_start_one_mail_says_it_all(each_app: Flask, clock: Clock) -> None:
    """The reminder for those who join, due two hours before the start, would say the same once more."""
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    notices.plan_due(clock())
    clock.set(STARTS_AT - FIVE)
    emergency(event, clock, trigger=HAND)
    notices.plan_due(clock())
    due = [
        message.kind
        for message in outbox.ledger_for_registration(ada.id)
        if message.due_at <= clock() and notices.still_wanted(message, clock()) is None
    ]
    assert due == ["confirmed", "decision"]


def test_a_proposal_that_nobody_answered_ends_with_the_start(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), join_url=ROOM)
    rule = FormatRule(kind=RuleKind.DATE, decision_at=STARTS_AT - timedelta(days=4))
    assert isinstance(service.save_rule(event.id, rule, by="test", now=clock()), FormatRule)
    clock.set(rule.decision_at)
    service.decide_due(clock())
    clock.set(STARTS_AT)
    late = service.decide(event.id, Decision.SWITCH, reason=WHY, by="organiser:1", now=clock())
    assert late == SwitchRefused(code="started")
    # Whoever switches in the emergency has decided, also before the proposal was put away.
    assert isinstance(emergency(event, clock), Switched)
    [proposal] = service.proposals_of(event.id)
    assert proposal.why == "switched_by_hand"
    again = service.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=clock())
    assert isinstance(again, NoProposal)
    assert events.get(event.id).format is DIGITAL
