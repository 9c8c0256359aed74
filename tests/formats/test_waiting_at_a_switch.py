"""Who waits when an event is switched: what is free for them, by button and by mail, and nobody moved unasked."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import DialIn, EventFacts, Format
from regservice.formats import returning, volunteers
from regservice.formats import service as formats
from regservice.formats.return_types import Seating
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import help_requests, moving, questions, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    SwitchAnswer,
)
from tests.conftest import Clock
from tests.factories import confirm, kinds_sent_to, make_event
from tests.forms import fill_in

ROOM = "https://room.example.org/dialogue"
WAITS, PLACE, OFFERED = RegistrationState.WAITLISTED, RegistrationState.CONFIRMED, RegistrationState.OFFERED
ONSITE, DIGITAL = Attendance.ONSITE, Attendance.DIGITAL


def switch(event: EventFacts, to: Format, clock: Clock) -> Switched:
    clock.advance(hours=1)
    answer = formats.switch(event.id, to, reason="Flu", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched), answer
    return answer


def again(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def mail(person: RegistrationFacts, kind: str, clock: Clock) -> str:
    return notices.compose([m for m in outbox.ledger_for_registration(person.id) if m.kind == kind][-1], clock()).text


def page(client: FlaskClient, person: RegistrationFacts, path: str = "") -> str:
    return client.get(f"/r/{registrations.personal_token(person)}{path}").text


def full(clock: Clock, *, digital_capacity: int | None = None) -> tuple[EventFacts, list[RegistrationFacts]]:
    """One place on site, and three people who would like it."""
    event = make_event(clock(), capacity=1, digital_capacity=digital_capacity)
    return event, [confirm(event, name, clock(), language="en") for name in ("Ada", "Ben", "Cem")]


def test_who_waits_takes_the_free_digital_place_by_a_button_and_is_not_moved_unasked(
    each_app: Flask, clock: Clock
) -> None:
    event, (_ada, ben, cem) = full(clock)
    switch(event, Format.HYBRID, clock)
    for person in (ben, cem):
        assert (again(person).state, again(person).attendance) == (WAITS, ONSITE)
        told = mail(person, "decision", clock)
        assert "But a digital place is free, and you can take it at once on your own page:" in told
        assert f"/r/{registrations.personal_token(person)}\n" in told
        assert "you need not do anything" not in told
    client = each_app.test_client()
    assert "A digital place is free: you can take it at once." in page(client, ben)
    answer = fill_in(client, f"/r/{registrations.personal_token(ben)}", {})
    assert (answer.status_code, "You now take part digitally" in answer.text) == (200, True)
    assert (again(ben).state, again(ben).attendance, again(cem).state) == (PLACE, DIGITAL, WAITS)


def test_nothing_is_said_of_a_free_place_where_there_is_none(each_app: Flask, clock: Clock) -> None:
    event, (_ada, ben, cem) = full(clock, digital_capacity=1)
    switch(event, Format.HYBRID, clock)
    moving.move(ben.id, DIGITAL, by="person", now=clock())
    assert "You stay on the waiting list. If this suits you" in mail(cem, "decision", clock)
    assert "Take a digital place" not in page(each_app.test_client(), cem)


def test_who_said_that_digital_suits_them_too_has_a_place_in_order(each_app: Flask, clock: Clock) -> None:
    event, (_ada, ben, cem) = full(clock, digital_capacity=1)
    dua = confirm(event, "Dua", clock())
    for person in (cem, dua):
        waiting_list.set_digital_too(person.id, True, by="person", now=clock())
    effects = switch(event, Format.HYBRID, clock).effects
    assert [(again(person).state, again(person).attendance) for person in (ben, cem, dua)] == [
        (WAITS, ONSITE),
        (PLACE, DIGITAL),
        (WAITS, ONSITE),
    ]
    assert effects["confirmed"] == 1
    assert [kind for kind, _ in kinds_sent_to(cem)].count("decision") == 0


def test_an_offer_that_runs_stays_the_one_on_site_and_its_mail_says_so(each_app: Flask, clock: Clock) -> None:
    event, (ada, ben, _cem) = full(clock)
    waiting_list.set_digital_too(ben.id, True, by="person", now=clock())
    registrations.cancel(ada.id, clock())
    switch(event, Format.HYBRID, clock)
    assert (again(ben).state, again(ben).attendance) == (OFFERED, ONSITE)
    told = mail(ben, "decision", clock)
    assert "A place is free for you. We hold it until" in told
    assert "This place is on site: you come to the place named above." in told
    assert f"/r/{registrations.personal_token(ben)}/accept" in told
    assert "waiting list" not in told


@pytest.mark.parametrize("path", ["", "/accept"])
def test_an_offer_says_which_place_it_is(each_app: Flask, clock: Clock, path: str) -> None:
    event = make_event(clock(), capacity=1, digital_capacity=1)
    ada, ben = (confirm(event, name, clock(), language="en") for name in ("Ada", "Ben"))
    switch(event, Format.DIGITAL, clock)
    assert (again(ben).state, again(ben).attendance) == (WAITS, DIGITAL)
    registrations.cancel(ada.id, clock())
    switch(event, Format.HYBRID, clock)
    assert (again(ben).state, again(ben).attendance) == (OFFERED, DIGITAL)
    shown = page(each_app.test_client(), ben, path)
    assert "This place is digital: you take part by computer, tablet or telephone." in shown
    assert "or digitally, on the internet" not in shown
    assert "This place is digital: you take part by computer" in mail(ben, "offer", clock)


def test_a_yes_on_the_telephone_takes_the_place_that_was_offered(each_app: Flask, clock: Clock) -> None:
    event, (ada, ben, _cem) = full(clock, digital_capacity=1)
    switch(event, Format.DIGITAL, clock)
    registrations.cancel(ada.id, clock())
    assert (again(ben).state, again(ben).attendance) == (OFFERED, DIGITAL)
    help_requests.join(ben.id, clock(), by="organiser:1")
    assert (again(ben).state, again(ben).switch_answer) == (PLACE, SwitchAnswer.JOINS)


def test_who_has_a_place_after_the_switch_reads_what_changed(each_app: Flask, clock: Clock) -> None:
    event, (_ada, ben, _cem) = full(clock)
    waiting_list.set_digital_too(ben.id, True, by="person", now=clock())
    dialled = replace(events.values_of(event), dial_in=DialIn(number="030 1234", pin="77"))
    changes.edit(event.id, dialled, by="test", now=clock())
    switch(event, Format.DIGITAL, clock)
    dua = confirm(event, "Dua", clock(), language="en")
    for person in (ben, dua):
        told = mail(person, "confirmed", clock)
        assert f"So far: {event.place}\nNow: digital\n" in told
        assert "Telephone number: 030 1234" in told


def test_what_never_was_on_site_has_no_place_before(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM)
    ada = confirm(event, "Ada", clock(), language="en")
    assert "So far:" not in mail(ada, "confirmed", clock)


def test_who_said_that_they_stay_digital_is_not_asked_again(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, digital_capacity=None)
    ada = confirm(event, "Ada", clock(), language="en")
    switch(event, Format.DIGITAL, clock)
    clock.advance(hours=1)
    volunteers.ask(event.id, by="test", now=clock())
    questions.answer(ada.id, Question.STAY_DIGITAL, QuestionAnswer.YES, by="person", now=clock())
    returning.switch(event.id, Seating.VOLUNTEERS, reason="Calm", by="test", now=clock())
    told = mail(ada, "decision", clock)
    assert ("said that you would stay so" in told, "three answers" in told) == (True, False)
    assert "Does digital suit you?" not in page(each_app.test_client(), ada)


def test_the_entry_of_a_postponed_event_does_not_hold_the_old_time(each_app: Flask, clock: Clock) -> None:
    event, (ada, *_others) = full(clock)
    client = each_app.test_client()
    assert "STATUS:CONFIRMED" in page(client, ada, "/calendar.ics")
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    assert "STATUS:CANCELLED" in page(client, ada, "/calendar.ics")


def test_who_waits_has_no_place_to_give_to_somebody_else(each_app: Flask, clock: Clock) -> None:
    event, (_ada, ben, _cem) = full(clock)
    switch(event, Format.HYBRID, clock)
    told = mail(ben, "decision", clock)
    assert ("so that somebody else gets the place" in told, "You do not need the place any more?" in told) == (
        False,
        True,
    )
