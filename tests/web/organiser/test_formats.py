"""The page of a format: a switch in two steps, a rule with its refusals, readings, and the open proposal."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind, RuleMode
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.outbox import store as outbox_store
from regservice.registrations import desk
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event, request_for
from tests.forms import forms_in
from tests.web.organiser.conftest import SignIn

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
PAGE = "/organise/events/dialogue-evening/format"
ENGLISH = {"Accept-Language": "en"}
ROOM = "https://room.example.org/x"
RULE = {
    "rule-kind": "level_and_trend",
    "rule-over": "300,5",
    "rule-rise_pct": "10",
    "rule-compare_days": "7",
    "rule-decision_on": "2026-11-16",
    "rule-decision_time": "12:00",
    "rule-notice_days": "4",
    "rule-mode": "propose",
}
SWITCH = {"switch-to": "digital", "switch-join_url": ROOM, "switch-reason": "Rising numbers"}


def send(client: FlaskClient, action: str, values: dict[str, str]) -> TestResponse:
    """Fill in the form of the page that goes there."""
    hidden = next(fields for address, fields in forms_in(client.get(PAGE).text) if address == PAGE + action)
    return client.post(PAGE + action, data={**hidden, **values}, headers=ENGLISH)


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    made = make_event(clock())
    confirm(made, "Ada", clock())
    confirm(made, "Ben", clock())
    return made


def test_a_switch_takes_two_steps(organiser: FlaskClient, event: EventFacts) -> None:
    step = send(organiser, "/check", SWITCH)
    assert step.status_code == 200
    assert [
        words in step.text for words in ("2 mails about it will be sent.", "Version 0 becomes 1.", "/r/xxxx/join")
    ] == [True] * 3
    tokens = [registrations.personal_token(person) for person in registrations.of_event(event.id, (State.CONFIRMED,))]
    assert [token for token in tokens if token in step.text] == []
    assert events.get(event.id).format is Format.ONSITE
    [confirming] = [fields for address, fields in forms_in(step.text) if address == PAGE + "/switch"]
    assert confirming["version"] == "1"
    done = organiser.post(PAGE + "/switch", data=confirming | SWITCH, headers=ENGLISH)
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    after = events.get(event.id)
    assert (after.format, after.join_url) == (Format.DIGITAL, ROOM)
    assert formats.history(event.id)[0].reason == "Rising numbers"
    assert "Rising numbers" in organiser.get(PAGE).text
    again = organiser.post(PAGE + "/switch", data=confirming | SWITCH | {"switch-to": "hybrid"}, headers=ENGLISH)
    assert again.status_code == 409
    assert "Somebody else has just switched this event." in again.text
    assert events.get(event.id).format_version == 2


def test_what_blocks_a_switch_is_said_before_the_button(organiser: FlaskClient, event: EventFacts) -> None:
    step = send(organiser, "/check", SWITCH | {"switch-join_url": ""})
    assert "The address of the digital room is missing. Enter it first." in step.text
    assert [address for address, _ in forms_in(step.text) if address.endswith("/switch")] == []
    bad = send(organiser, "/check", SWITCH | {"switch-join_url": "javascript:alert(1)"})
    assert (bad.status_code, "Please enter a web address that begins with https://" in bad.text) == (400, True)
    assert send(organiser, "/check", SWITCH | {"switch-reason": " "}).status_code == 400


def test_to_what_it_already_is_there_is_nothing_to_press(organiser: FlaskClient, event: EventFacts) -> None:
    same = SWITCH | {"switch-to": "onsite", "switch-join_url": ""}
    step = send(organiser, "/check", same)
    assert ("The event is like this already" in step.text, "/switch" in step.text) == (True, False)
    step = send(organiser, "/check", same | {"switch-join_url": ROOM})
    assert ("Save the address of the room" in step.text, "Change the format now" in step.text) == (True, False)


def test_a_rule_is_saved_in_the_zone_of_the_event(organiser: FlaskClient, event: EventFacts) -> None:
    assert send(organiser, "/rule", RULE).status_code == 303
    saved = formats.find_rule(event.id)
    assert saved is not None
    assert (saved.kind, saved.over, saved.rise_pct, saved.decision_at) == (RuleKind.LEVEL_AND_TREND, 300.5, 10, NOON)
    page = organiser.get(PAGE, headers=ENGLISH).text
    assert "The value is 300.5 or higher, and within 7 days it rises by 10 % or more." in page
    assert send(organiser, "/rule/remove", {}).status_code == 303
    assert formats.find_rule(event.id) is None


def test_an_automatic_rule_names_who_allowed_it(organiser: FlaskClient, event: EventFacts) -> None:
    send(organiser, "/rule", RULE | {"rule-mode": "automatic"})
    saved = formats.find_rule(event.id)
    assert saved is not None
    assert saved.mode is RuleMode.AUTOMATIC
    assert "Kim Muster allowed the service to decide by itself." in organiser.get(PAGE, headers=ENGLISH).text


def test_a_rule_that_only_alerts_needs_no_moment_and_says_what_it_does(
    organiser: FlaskClient, event: EventFacts
) -> None:
    alert = RULE | {"rule-kind": "level", "rule-over": "3", "rule-mode": "alert", "rule-decision_on": ""}
    hidden = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    seen = organiser.post(PAGE + "/rule/preview", data=hidden | alert, headers=ENGLISH)
    assert "It proposes nothing and switches nothing" in seen.text
    assert send(organiser, "/rule", alert).status_code == 303
    saved = formats.find_rule(event.id)
    assert saved is not None
    assert (saved.mode, saved.over, saved.decision_at) == (RuleMode.ALERT, 3, STARTS_AT)
    page = organiser.get(PAGE, headers=ENGLISH).text
    assert "Then you get a mail for each warning, from three days before the event until its end." in page
    assert "It is read on" not in page
    assert f"{PAGE}/feed/civil" in page
    refused = send(organiser, "/rule", alert | {"rule-kind": "level_and_trend"})
    assert (refused.status_code, "A warning is only as severe as it is." in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rule-decision_on": "2026-11-17"}, "This is later than the notice that you promise."),
        ({"rule-decision_on": "2026-10-06", "rule-decision_time": "11:59"}, "This moment has passed."),
        ({"rule-decision_on": ""}, "Please enter the day and the time of the decision."),
        ({"rule-over": ""}, "Please enter from which value on the event goes digital."),
        ({"rule-over": "many"}, "Please enter a number such as 300."),
        ({"rule-over": "1.000"}, "without a separator for thousands"),
        ({"rule-rise_pct": "0"}, "Please enter a number above 0."),
        ({"rule-compare_days": "0"}, "Please enter a number between 1 and 366."),
        ({"rule-kind": "moon"}, "Not a valid choice"),
    ],
)
def test_a_rule_that_cannot_be_kept_says_why(
    organiser: FlaskClient, event: EventFacts, changes: dict[str, str], words: str
) -> None:
    answer = send(organiser, "/rule", RULE | changes)
    assert (answer.status_code, words in answer.text) == (400, True), answer.text
    assert formats.find_rule(event.id) is None


def test_a_choice_that_is_not_offered_is_refused_in_german(organiser: FlaskClient, event: EventFacts) -> None:
    hidden = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    sent = {**hidden, **RULE, "rule-kind": "moon"}
    text = organiser.post(PAGE + "/rule", data=sent, headers={"Accept-Language": "de"}).text
    assert [words in text for words in ("Keine gültige Auswahl.", "Not a valid choice")] == [True, False]


@pytest.mark.parametrize(("fewest", "also"), [("3", True), ("2", False)])
def test_where_too_few_come_the_page_leads_to_a_smaller_room_and_another_day(
    sign_in: SignIn, event: EventFacts, clock: Clock, fewest: str, also: bool
) -> None:
    few = RULE | {"rule-kind": "too_few", "rule-people": fewest, "rule-over": "", "rule-rise_pct": ""}
    assert send(sign_in(), "/rule", few).status_code == 303
    clock.set(NOON)
    organiser = sign_in()
    formats.decide_due(clock())
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "proposal"]
    [by_mail] = [line for line in notices.compose(message, clock()).text.splitlines() if "/decide/" in line]
    for page in (PAGE, by_mail.removeprefix("http://events.example.org")):
        text = organiser.get(page, headers=ENGLISH).text
        for words in ("What else you can do", f"{PAGE.removesuffix('/format')}/edit#venue_room", "/postpone"):
            assert (words in text) is also, words
    assert 'id="venue_room"' in organiser.get(PAGE.removesuffix("/format") + "/edit").text
    assert organiser.get(PAGE.removesuffix("/format") + "/postpone").status_code == 200


def test_a_number_that_was_taken_out_of_the_form_is_gone(organiser: FlaskClient, event: EventFacts) -> None:
    assert send(organiser, "/rule", RULE).status_code == 303
    answer = send(organiser, "/rule", RULE | {"rule-over": ""})
    assert (answer.status_code, "from which value on the event goes digital" in answer.text) == (400, True)
    rule = formats.find_rule(event.id)
    assert rule is not None
    assert rule.over == 300.5


def test_the_room_is_confirmed_and_taken_back_on_the_page(organiser: FlaskClient, event: EventFacts) -> None:
    unsure = RULE | {"rule-kind": "venue_unconfirmed", "rule-over": "", "rule-rise_pct": ""}
    refused = send(organiser, "/rule", unsure | {"rule-mode": "automatic"})
    assert (refused.status_code, "Whether the room is confirmed is only proposed." in refused.text) == (400, True)
    assert send(organiser, "/rule", unsure).status_code == 303
    page = organiser.get(PAGE, headers=ENGLISH).text
    assert ("Not confirmed yet." in page, "The rule is met" in page) == (True, True)
    done = organiser.post(PAGE + "/venue", data=hidden_fields(organiser, "/venue") | {"sure": "yes"}, headers=ENGLISH)
    assert done.status_code == 303
    page = organiser.get(PAGE, headers=ENGLISH).text
    assert "Confirmed on Tuesday, 6 October 2026, 12:00, entered by Kim Muster." in page
    assert "Not confirmed yet." not in page
    rule = next(fields for address, fields in forms_in(page) if address == PAGE + "/rule")
    seen = organiser.post(PAGE + "/rule/preview", data=rule | unsure, headers=ENGLISH).text
    assert ("If it were read now, it would not be met." in seen, "The room on site was confirmed." in seen) == (
        True,
        True,
    )
    for word in ({"sure": ""}, {"sure": "maybe"}):
        answer = organiser.post(PAGE + "/venue", data=hidden_fields(organiser, "/venue") | word, headers=ENGLISH)
        assert answer.status_code == 400
    assert "Not confirmed yet." not in organiser.get(PAGE, headers=ENGLISH).text
    organiser.post(PAGE + "/venue", data=hidden_fields(organiser, "/venue") | {"sure": "no"}, headers=ENGLISH)
    assert "Not confirmed yet." in organiser.get(PAGE, headers=ENGLISH).text


def hidden_fields(client: FlaskClient, action: str) -> dict[str, str]:
    return next(fields for address, fields in forms_in(client.get(PAGE).text) if address == PAGE + action)


def test_readings_are_entered_by_hand(organiser: FlaskClient, event: EventFacts, clock: Clock) -> None:
    values = {"reading-value": "312,4", "reading-as_of_on": "2026-10-06", "reading-as_of_time": "09:00"}
    assert send(organiser, "/readings", values).status_code == 303
    [reading] = formats.readings(event.id)
    assert (reading.value, reading.as_of) == (312.4, datetime(2026, 10, 6, 7, tzinfo=UTC))
    for changes, words in (
        ({"reading-as_of_on": "2026-10-07"}, "This time has not come yet."),
        ({"reading-value": ""}, "Please enter a number such as 300."),
        ({"reading-value": "-1"}, "Please enter a number of 0 or more."),
        ({"reading-as_of_on": ""}, "Please enter a day such as"),
    ):
        answer = send(organiser, "/readings", values | changes)
        assert (answer.status_code, words in answer.text) == (400, True), words
    assert len(formats.readings(event.id)) == 1


def proposed(event: EventFacts, clock: Clock) -> None:
    """An open proposal to go digital; the room is known."""
    events.set_join_url(event.id, ROOM, by="test", now=clock())
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
    formats.save_rule(event.id, rule, by="test", now=clock())
    clock.set(NOON)
    formats.add_reading(event.id, 340, NOON, by="test", now=clock())
    formats.decide_due(clock())


def test_a_proposal_is_answered_on_the_page(app: Flask, clock: Clock, event: EventFacts, sign_in: object) -> None:
    proposed(event, clock)
    client = sign_in()  # type: ignore[operator]
    page = client.get(PAGE, headers=ENGLISH).text
    assert "According to the rule, the event goes digital." in page
    assert "340 (" in page
    stale_page = next(fields for address, fields in forms_in(page) if address == PAGE + "/decision")
    assert send(client, "/decision", {"decision": "later"}).status_code == 303
    assert send(client, "/decision", {"decision": "switch", "decision-reason": "High"}).status_code == 303
    assert events.get(event.id).format is Format.DIGITAL
    late = client.post(PAGE + "/decision", data=stale_page | {"decision": "stay"}, headers=ENGLISH)
    assert (late.status_code, "Decided by Kim Muster" in late.text) == (409, True)
    told = [message.payload["outcome"] for message in outbox.ledger(event.id, limit=100) if message.kind == "decision"]
    assert told == ["switched", "switched"]


def test_an_event_that_is_over_offers_nothing_to_change(clock: Clock, event: EventFacts, sign_in: SignIn) -> None:
    clock.set(ENDS_AT)
    page = sign_in().get(PAGE, headers=ENGLISH).text
    assert "The event is over." in page
    assert [address for address, _ in forms_in(page) if address.startswith(PAGE)] == []


@pytest.mark.parametrize("action", ["", "/check", "/switch", "/rule", "/rule/remove", "/readings", "/decision"])
def test_nobody_gets_in_without_signing_in(client: FlaskClient, event: EventFacts, action: str) -> None:
    answer = client.get(PAGE) if not action else client.post(PAGE + action, data=SWITCH | RULE)
    assert answer.status_code in {302, 400}
    assert events.get(event.id).format is Format.ONSITE
    assert formats.find_rule(event.id) is None


def test_what_a_rule_would_have_done_is_shown_before_it_is_saved(
    organiser: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    for days, value in enumerate((250, 320, 310, 200)):
        formats.add_reading(event.id, value, clock() - timedelta(days=days), by="test", now=clock())
    hidden = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    rule = RULE | {"rule-kind": "level"}
    shown = organiser.post(PAGE + "/rule/preview", data=hidden | rule, headers=ENGLISH)
    assert shown.status_code == 200
    assert "<svg" in shown.text
    assert "style=" not in shown.text
    assert "the answer would have turned 2 times" in shown.text
    assert formats.find_rule(event.id) is None
    [(_, filled)] = [form for form in forms_in(shown.text) if form[0] == PAGE + "/rule"]
    assert organiser.post(PAGE + "/rule", data=filled).status_code == 303
    saved = formats.find_rule(event.id)
    assert saved is not None
    assert (saved.kind, saved.over, saved.decision_at) == (RuleKind.LEVEL, 300.5, NOON)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rule-kind": "too_few", "rule-people": "3"}, "If it were read now, it would be met."),
        ({"rule-kind": "too_few", "rule-people": "2"}, "If it were read now, it would not be met."),
        ({"rule-kind": "date"}, "It looks at no numbers"),
        ({"rule-kind": "level"}, "There are no readings yet."),
    ],
)
def test_a_rule_without_readings_says_what_it_would_say_now(
    organiser: FlaskClient, event: EventFacts, values: dict[str, str], words: str
) -> None:
    hidden = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    shown = organiser.post(PAGE + "/rule/preview", data=hidden | RULE | values, headers=ENGLISH)
    assert (shown.status_code, words in shown.text) == (200, True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"rule-kind": "too_few", "rule-people": ""}, "Please enter a number of people."),
        (
            {"rule-kind": "too_few", "rule-people": "3", "rule-mode": "automatic"},
            "How many people come is only proposed.",
        ),
        ({"rule-decision_on": "2026-11-18"}, "This is later than the notice that you promise."),
        ({"rule-decision_on": ""}, "Please enter the day and the time of the decision."),
    ],
)
def test_a_rule_that_cannot_be_kept_is_not_previewed_either(
    organiser: FlaskClient, event: EventFacts, values: dict[str, str], words: str
) -> None:
    hidden = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    for action in ("/rule/preview", "/rule"):
        answer = organiser.post(PAGE + action, data=hidden | RULE | values, headers=ENGLISH)
        assert (answer.status_code, words in answer.text) == (400, True)


def test_who_saves_a_rule_on_an_old_page_hears_of_it_and_keeps_what_they_typed(
    organiser: FlaskClient, event: EventFacts
) -> None:
    old = next(fields for address, fields in forms_in(organiser.get(PAGE).text) if address == PAGE + "/rule")
    assert send(organiser, "/rule", RULE).status_code == 303
    late = organiser.post(PAGE + "/rule", data=old | RULE | {"rule-over": "77"}, headers=ENGLISH)
    assert (late.status_code, "Somebody else changed this event meanwhile." in late.text) == (409, True)
    kept = formats.find_rule(event.id)
    assert kept is not None
    assert kept.over == 300.5
    again = next(fields for address, fields in forms_in(late.text) if address == PAGE + "/rule")
    once_more = organiser.post(PAGE + "/rule", data=again | RULE | {"rule-over": "77"})
    assert ('value="77"' in late.text, once_more.status_code) == (True, 303)
    # The old page cannot take away what it never showed, by way of the preview neither.
    removed = organiser.post(PAGE + "/rule/remove", data=old | {"version": old["rule-version"]}, headers=ENGLISH)
    assert (removed.status_code, formats.find_rule(event.id) is not None) == (409, True)
    preview = organiser.post(PAGE + "/rule/preview", data=old | RULE, headers=ENGLISH)
    [saving] = [fields for address, fields in forms_in(preview.text) if address == PAGE + "/rule"]
    assert organiser.post(PAGE + "/rule", data=saving).status_code == 409


def test_a_rise_alone_is_warned_of(organiser: FlaskClient, event: EventFacts) -> None:
    assert send(organiser, "/rule", RULE | {"rule-kind": "trend"}).status_code == 303
    assert "This rule jumps" in organiser.get(PAGE, headers=ENGLISH).text
    assert send(organiser, "/rule", RULE).status_code == 303
    assert "This rule jumps" not in organiser.get(PAGE, headers=ENGLISH).text


def test_after_the_promised_notice_a_switch_by_hand_asks_a_second_question(
    sign_in: SignIn, event: EventFacts, clock: Clock
) -> None:
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
    assert isinstance(formats.save_rule(event.id, rule, by="test", now=clock()), FormatRule)
    clock.set(datetime(2026, 11, 17, 12, 0, tzinfo=UTC))
    organiser = sign_in()
    step = send(organiser, "/check", SWITCH)
    assert "This comes later than you promised" in step.text
    [confirming] = [fields for address, fields in forms_in(step.text) if address == PAGE + "/switch"]
    confirming.pop("sure", None)
    refused = organiser.post(PAGE + "/switch", data=confirming | SWITCH, headers=ENGLISH)
    assert (refused.status_code, "Please answer the question" in refused.text) == (400, True)
    assert events.get(event.id).format is Format.ONSITE
    assert organiser.post(PAGE + "/switch", data=confirming | SWITCH | {"sure": "yes"}).status_code == 303
    assert events.get(event.id).format is Format.DIGITAL


def test_shortly_before_the_start_staff_say_that_they_are_sure(
    sign_in: SignIn, event: EventFacts, clock: Clock
) -> None:
    clock.set(STARTS_AT - timedelta(minutes=5))
    organiser = sign_in()
    step = send(organiser, "/check", SWITCH)
    assert "The event is about to begin" in step.text
    [confirming] = [fields for address, fields in forms_in(step.text) if address == PAGE + "/switch"]
    confirming.pop("sure", None)
    assert organiser.post(PAGE + "/switch", data=confirming | SWITCH).status_code == 400
    assert organiser.post(PAGE + "/switch", data=confirming | SWITCH | {"sure": "yes"}).status_code == 303
    assert events.get(event.id).format is Format.DIGITAL


def test_a_running_event_is_switched_after_a_second_question_with_the_call_list_at_hand(
    sign_in: SignIn, event: EventFacts, clock: Clock
) -> None:
    desk.enter(event.id, request_for("Cem Telefon", email=""), by="organiser:1", now=clock())
    clock.set(STARTS_AT + timedelta(minutes=5))
    organiser = sign_in()
    page = organiser.get(PAGE, headers=ENGLISH).text
    assert [f'value="{code}"' in page for code in ("onsite", "digital", "hybrid")] == [False, True, True]
    assert [f'id="{name}"' in page for name in ("switch", "room", "rule", "reading")] == [True, True, False, False]
    refused = send(organiser, "/check", SWITCH | {"switch-to": "onsite"})
    assert (refused.status_code, "Not a valid choice" in refused.text) == (400, True)
    step = send(organiser, "/check", SWITCH)
    assert [words in step.text for words in ("The event has begun", "call-list", "2 mails about it will be sent.")] == [
        True
    ] * 3
    [confirming] = [fields for address, fields in forms_in(step.text) if address == PAGE + "/switch"]
    confirming.pop("sure", None)
    unsure = organiser.post(PAGE + "/switch", data=confirming | SWITCH, headers=ENGLISH)
    assert (unsure.status_code, events.get(event.id).format) == (400, Format.ONSITE)
    blank = organiser.post(
        PAGE + "/switch", data=confirming | SWITCH | {"switch-reason": " ", "sure": "yes"}, headers=ENGLISH
    )
    assert "Please enter a reason." in blank.text
    assert (blank.status_code, events.get(event.id).format) == (400, Format.ONSITE)
    done = organiser.post(PAGE + "/switch", data=confirming | SWITCH | {"sure": "yes"})
    assert (done.status_code, done.headers["Location"]) == (303, PAGE + "/switches/2")


def test_the_call_list_holds_whom_no_mail_reaches(organiser: FlaskClient, event: EventFacts, clock: Clock) -> None:
    desk.enter(event.id, request_for("Cem Telefon", email=""), by="organiser:1", now=clock())
    bounced = outbox.ledger_for_registration(registrations.of_event(event.id, (State.CONFIRMED,))[1].id)[0]
    with transaction():
        outbox_store.set_values(bounced.id, address_is_bad=True)
    shown = organiser.get("/organise/events/dialogue-evening/call-list", headers=ENGLISH).text
    assert [name in shown for name in ("Ada", "Ben", "Cem Telefon")] == [False, True, True]


BACK = {"switch-to": "onsite", "switch-join_url": ROOM, "switch-reason": "It is calm"}


def test_the_page_says_until_when_an_event_can_go_back_and_then_why_not(
    sign_in: SignIn, event: EventFacts, clock: Clock
) -> None:
    organiser = sign_in()
    assert "go back on site" not in organiser.get(PAGE, headers=ENGLISH).text
    formats.switch(event.id, Format.DIGITAL, reason="Test", join_url=ROOM, by="test", now=clock())
    shown = organiser.get(PAGE, headers=ENGLISH).text
    assert "You can go back on site until Thursday, 19 November 2026, once, with a reason." in shown
    clock.set(datetime(2026, 11, 19, 23, 0, tzinfo=UTC))
    organiser = sign_in()
    assert "It is too late to go back on site." in organiser.get(PAGE, headers=ENGLISH).text
    step = send(organiser, "/check", BACK)
    assert ("It is too late to go back on site." in step.text, PAGE + "/switch" in step.text) == (True, False)
    [(_, hidden), *_] = [form for form in forms_in(step.text) if "form_token" in form[1]]
    pressed = organiser.post(PAGE + "/switch", data=hidden | BACK | {"version": "2", "sure": "yes"}, headers=ENGLISH)
    assert (pressed.status_code, "It is too late to go back on site." in pressed.text) == (409, True)
    assert events.get(event.id).format is Format.DIGITAL


def test_a_second_way_back_is_refused_with_what_can_still_be_done(
    organiser: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    for format in (Format.DIGITAL, Format.ONSITE, Format.DIGITAL):
        formats.switch(event.id, format, reason="Test", join_url=ROOM, by="test", now=clock())
    assert "went back on site once already" in organiser.get(PAGE, headers=ENGLISH).text
    step = send(organiser, "/check", BACK)
    assert ("leave it digital, or postpone it" in step.text, PAGE + "/switch" in step.text) == (True, False)


def test_the_first_step_suggests_breaks_where_everybody_looks_at_a_screen(
    organiser: FlaskClient, event: EventFacts
) -> None:
    step = send(organiser, "/check", SWITCH)
    assert [words in step.text for words in ("Breaks at the screen", "17:00", "18:00")] == [True] * 3
    both = send(organiser, "/check", SWITCH | {"switch-to": "hybrid"})
    assert (both.status_code, "Breaks at the screen" in both.text) == (200, False)
