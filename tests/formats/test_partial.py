"""Some sessions switched in one action: one mail a person, which names only what is theirs."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.formats.types import Switched, SwitchRefused
from regservice.notices import press
from regservice.notices import service as notices
from regservice.notices.delivery import LetterPost
from regservice.notices.types import Letter
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome, Retry, Scope, Sent, Uncertain
from regservice.outbox.types import MessageFacts
from regservice.registrations import service as registrations
from regservice.registrations import session_places
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import forms_in
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
ROOM = "https://room.example.org/dialogue"
TALK = SessionValues(title="Talk", kind=SessionKind.TALK, join_url=ROOM)
GROUP = SessionValues(title="Group 1", kind=SessionKind.GROUP, for_everyone=False, join_url=ROOM, place="Room 1")
PLANNED = [GROUP, replace(GROUP, title="Group 2", place="Room 2"), replace(GROUP, title="Group 3", place="")]


def with_groups(clock: Clock, talk: SessionValues | None = TALK) -> tuple[EventFacts, dict[str, int]]:
    """An event with three groups; Ada is in the first, Ben in the second, Cem and Dua (by phone) in the third."""
    event = make_event(clock(), capacity=None, join_url=ROOM)
    parts = [*([talk] if talk else []), *PLANNED]
    made = session_changes.arrange(event.id, [(None, part) for part in parts], by="test", now=clock())
    assert isinstance(made, EventFacts)
    ids = {part.title: part.id for part in made.parts}
    for name, group in (("Ada", "Group 1"), ("Ben", "Group 2"), ("Cem", "Group 3")):
        person = confirm(made, name, clock(), language="en")
        session_places.choose(person.id, ids[group], by="test", now=clock())
    return made, ids


def people(event: EventFacts) -> dict[str, RegistrationFacts]:
    return {person.name: person for person in registrations.of_event(event.id, tuple(RegistrationState))}


def decisions(event: EventFacts) -> list[MessageFacts]:
    found = [message for message in outbox.ledger(event.id, limit=1000) if message.kind == "decision"]
    return sorted((message for message in found if message.state == "waiting"), key=lambda message: message.recipient)


def switch(event: EventFacts, targets: Any, clock: Clock) -> Switched:
    arguments: dict[str, Any] = {"reason": "Flu", "join_url": None, "now": clock()}
    preview = formats.preview(event.id, targets, **arguments)
    answer = formats.switch(event.id, targets, by="test", **arguments)
    assert isinstance(answer, Switched), answer
    assert preview.effects == answer.effects
    return answer


def test_only_people_of_the_switched_sessions_are_told(each_app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock, talk=None)
    before = people(event)
    answer = switch(event, {ids["Group 1"]: Format.DIGITAL, ids["Group 3"]: Format.HYBRID}, clock)
    after = people(event)
    assert events.get(event.id).format is Format.MIXED
    assert (answer.effects["mails"], answer.effects["calendar_updates"]) == (2, 2)
    assert [message.recipient for message in decisions(event)] == ["ada@example.org", "cem@example.org"]
    assert {name: after[name].calendar_sequence - before[name].calendar_sequence for name in after} == {
        "Ada": 1,
        "Ben": 0,
        "Cem": 1,
    }
    assert [part["title"] for message in decisions(event) for part in message.payload["sessions"]] == [
        "Group 1",
        "Group 3",
    ]
    history = formats.history(event.id)[0]
    assert (history.session_ids, history.to_format) == ((ids["Group 1"], ids["Group 3"]), Format.MIXED)


def test_the_public_hears_which_parts_are_digital_and_nothing_else(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    event, ids = with_groups(clock, talk=None)
    switch(event, {ids["Group 1"]: Format.DIGITAL, ids["Group 3"]: Format.HYBRID}, clock)
    page = client.get(f"/events/{event.slug}?lang=en").text
    text = press.press_text(events.get(event.id), None, None, "https://events.example.org", "en").text
    for shown in (page, text):
        assert "Parts of this event take place digitally" in shown
        assert "Digital: Group 1. On site and digital: Group 3. Everybody whom this concerns gets a mail." in shown
        assert "Everybody who is registered gets a mail" not in shown
    assert ("and partly digitally, on the internet" in page, "or digitally, on the internet" in page) == (True, False)


def test_the_mail_names_only_what_is_theirs(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock)
    formats_now = {ids["Talk"]: Format.HYBRID, ids["Group 1"]: Format.DIGITAL, ids["Group 2"]: Format.DIGITAL}
    switch(event, formats_now, clock)
    letters = [notices.compose(message, clock()) for message in decisions(event)]
    assert [letter.subject for letter in letters] == ["Parts have changed: Dialogue evening"] * 3
    named = [
        [title for title in ("Talk", "Group 1", "Group 2", "Group 3") if title in letter.text] for letter in letters
    ]
    assert named == [["Talk", "Group 1"], ["Talk", "Group 2"], ["Talk"]]
    assert letters[0].text.splitlines()[4:6] == [
        "- Talk: so far on site, now on site or digital",
        "- Group 1: so far on site, now digital",
    ]


def test_of_two_switches_in_a_row_one_mail_tells_both(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock, talk=None)
    switch(event, {ids["Group 1"]: Format.DIGITAL}, clock)
    switch(event, {ids["Group 2"]: Format.DIGITAL}, clock)
    first, second = decisions(event)
    assert (first.recipient, first.payload["version"], [part["title"] for part in first.payload["sessions"]]) == (
        "ada@example.org",
        3,
        ["Group 1"],
    )
    assert [part["title"] for part in second.payload["sessions"]] == ["Group 2"]
    switch(event, {ids["Group 1"]: Format.ONSITE}, clock)
    assert [message.payload["outcome"] for message in decisions(event)] == ["stays", "switched"]


@pytest.mark.parametrize(
    "outcome",
    [Retry(reason="450 greylisted", scope=Scope.MESSAGE), Uncertain(reason="no answer")],
    ids=lambda o: o.reason,
)
def test_whose_mail_a_relay_has_while_others_are_switched_hears_of_their_own_switch(
    each_app: Flask, clock: Clock, outcome: Outcome
) -> None:
    event, ids = with_groups(clock, talk=None)
    while sending.deliver(LetterPost(hand_over=lambda _: Sent()), clock).more:
        pass
    switch(event, {ids["Group 1"]: Format.DIGITAL}, clock)
    got = []

    def hand_over(letter: Letter) -> Outcome:
        got.append(letter)
        if len(got) == 1:
            switch(event, {ids["Group 2"]: Format.DIGITAL}, clock)
            return outcome
        return Sent()

    for _ in range(3):
        sending.deliver(LetterPost(hand_over=hand_over), clock)
        clock.advance(minutes=2)
    assert sorted(letter.recipient.name for letter in got[1:]) == ["Ada", "Ben"]
    assert all(
        "Group 1: so far on site, now digital" in letter.text for letter in got if letter.recipient.name == "Ada"
    )


def test_who_changes_by_it_takes_part_as_the_session_does(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock, talk=None)
    switch(event, {ids["Group 1"]: Format.DIGITAL}, clock)
    assert {name: person.attendance.value for name, person in people(event).items()} == {
        "Ada": "digital",
        "Ben": "onsite",
        "Cem": "onsite",
    }


def test_too_few_seats_on_site_for_a_group_that_comes_back(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock, talk=None)
    switch(event, Format.DIGITAL, clock)
    values = replace(events.values_of(events.get(event.id)), capacity=1)
    changes.edit(event.id, values, by="test", now=clock())
    back = {ids["Group 1"]: Format.ONSITE, ids["Group 2"]: Format.ONSITE}
    refused = formats.switch(event.id, back, reason="Test", join_url=None, by="test", now=clock())
    assert refused == SwitchRefused(code="too_many_for_room", number=1)
    assert formats.preview(event.id, back, reason="Test", join_url=None, now=clock()).without_seat == 1


def test_a_switched_session_may_be_empty(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock, talk=None)
    session_places.leave(people(event)["Ada"].id, ids["Group 1"], by="test", now=clock())
    assert switch(event, {ids["Group 1"]: Format.DIGITAL}, clock).effects["mails"] == 0


def test_the_page_switches_parts_in_one_action(organiser: FlaskClient, clock: Clock) -> None:
    event, ids = with_groups(clock)
    page = f"/organise/events/{event.slug}/format"
    action, hidden = next(
        form for form in forms_in(organiser.get(page).text) if form[0].split("?")[0].endswith("/check")
    )
    chosen = {
        "switch-to": "each",
        "switch-reason": "Flu",
        "switch-join_url": ROOM,
        f"switch-part-{ids['Talk']}": "hybrid",
        f"switch-part-{ids['Group 1']}": "digital",
    }
    nothing = organiser.post(action, data=hidden | chosen | {f"switch-part-{ids[n]}": "" for n in ("Talk", "Group 1")})
    assert (nothing.status_code, 'href="#switch-to"' in nothing.text) == (400, True)
    asked = organiser.post(action + "?lang=en", data=hidden | chosen)
    assert "3 mails about it will be sent." in asked.text
    action, hidden = forms_in(asked.text)[-1]
    done = organiser.post(action, data=hidden | {"switch-reason": "Flu"})
    assert done.status_code == 303
    assert [part.format.value for part in events.get(event.id).parts] == ["hybrid", "digital", "onsite", "onsite"]


@pytest.mark.parametrize("named", [["Group 1", 3], [{"session": "Group 1", "format": "digital"}, "3"]])
def test_the_api_names_sessions_by_title_or_position(client: FlaskClient, app: Flask, clock: Clock, named: Any) -> None:
    event, _ = with_groups(clock)
    token = accounts.make_api_token("website", organiser_id=None, by="test", now=clock())
    path, proof = f"/api/v1/events/{event.slug}/format", {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    body = {"format": "digital", "reason": "Flu", "sessions": named}
    seen = client.post(path, json=body | {"dry_run": True}, headers=proof)
    done = client.post(path, json=body, headers=proof)
    assert (seen.status_code, done.status_code, seen.json["effects"]) == (200, 200, done.json["effects"])
    assert [part.format.value for part in events.get(event.id).parts] == ["onsite", "digital", "digital", "onsite"]
    assert client.post(path, json=body, headers=proof).json == {"changed": False, "version": 2}
    unknown = client.post(path, json=body | {"sessions": ["Group 9"]}, headers=proof)
    assert (unknown.status_code, unknown.json["errors"]) == (422, {"sessions": ["The event has no such session."]})
    wrong = client.post(path, json=body | {"sessions": [{"session": "Talk"}]}, headers=proof)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["sessions.0"])


def test_a_calendar_of_parts_that_differ_names_both_places_and_no_others(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock)
    switch(event, {ids["Group 1"]: Format.DIGITAL}, clock)
    [message] = decisions(event)
    letter, ada = notices.compose(message, clock()), people(event)["Ada"]
    assert letter.invitation is not None
    join = f"http://events.example.org/r/{registrations.personal_token(ada)}/join"
    assert letter.invitation.location == f"{event.place}; digital: {join}"
    # The first since Ada was put into a group, the second by the switch.
    assert (letter.invitation.conference_url, letter.invitation.sequence) == (join, 2)
    assert letter.invitation.summary == "Now partly digital: Dialogue evening"
    assert letter.invitation.description.splitlines()[-3:-1] == ["Talk, on site", "Group 1, digital"]
    assert "Group 2" not in letter.invitation.description
    assert (ada.attendance, notices.compose(message, clock()).text.count(f"{join}\n")) == (Attendance.ONSITE, 1)


def test_who_also_comes_is_asked_how_the_digital_part_suits(app: Flask, clock: Clock) -> None:
    event, ids = with_groups(clock)
    switch(event, {ids["Group 1"]: Format.DIGITAL}, clock)
    [message] = decisions(event)
    assert "/help" in notices.compose(message, clock()).text
    switch(event, {ids["Talk"]: Format.DIGITAL}, clock)
    assert "/help" in notices.compose(decisions(event)[0], clock()).text


def test_the_first_mails_say_when_and_where_each_part_is(app: Flask, clock: Clock) -> None:
    event, _ = with_groups(clock)
    ada = people(event)["Ada"]
    found = {message.kind: message for message in outbox.ledger_for_registration(ada.id)}
    text = notices.compose(found["confirmed"], clock()).text
    assert "Your part of the programme:\n\n- Talk\n- Group 1, Room 1\n" in text
