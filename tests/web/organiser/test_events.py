"""Events through the pages: made, edited, checked, published, moved, called off."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import AgendaItem, EventFacts, EventStatus, Format
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind
from regservice.outbox import service as outbox
from regservice.registrations import help_requests
from regservice.registrations.types import HelpKind, RegistrationState
from regservice.web.organiser.event_form import form_of
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.forms import fill_in, forms_in

COMPLETE: dict[str, str | list[str]] = {
    "title": "Bürgerdialog",
    "starts_on": "2026-11-18",
    "starts_time": "16:00",
    "ends_time": "19:00",
    "closes_on": "13.11.2026",
    "format": "onsite",
    "venue_name": "Stadthalle",
    "contact_email": "office@example.org",
    "registration_mode": "form",
    "retention_days": "30",
    "capacity": "40",
    "timezone": "Europe/Berlin",
}


def make(client: FlaskClient, **changes: str) -> TestResponse:
    return fill_in(client, "/organise/events/new", {**COMPLETE, **changes}, form=-1)


def edit(client: FlaskClient, event: EventFacts, **changes: str) -> TestResponse:
    """Send the form as it is shown, with some changes."""
    with client.application.test_request_context():
        form = form_of(event)
        values = {field.name: field._value() for field in form if hasattr(field, "_value")}
        values |= {"format": form.format.data, "registration_mode": form.registration_mode.data}
        values |= {"waiting_list": "y"} if form.waiting_list.data else {}
    return fill_in(client, f"/organise/events/{event.slug}/edit", {**values, **changes}, form=-1)


def find(slug: str) -> EventFacts:
    found = events.find(slug)
    assert found is not None
    return found


def test_a_day_without_time_closes_at_its_end_in_the_zone_of_the_event(organiser: FlaskClient):
    answer = make(organiser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/organise/events/buergerdialog")
    made = find("buergerdialog")
    assert made.lifecycle is EventStatus.DRAFT
    assert made.starts_at == datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
    assert made.ends_at == datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
    assert made.registration_closes_at == datetime(2026, 11, 13, 22, 59, 59, tzinfo=UTC)
    assert made.owner_id is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"starts_time": ""}, "starts_time"),
        ({"starts_on": ""}, "starts_on"),
        ({"starts_time": "25:00"}, "starts_time"),
        ({"starts_on": "2027-03-28", "starts_time": "02:30", "ends_time": ""}, "starts_time"),
        ({"ends_time": "16:00"}, "ends_time"),
        ({"closes_on": "2026-11-19"}, "closes_on"),
        ({"opens_on": "2026-11-14"}, "opens_on"),
        ({"capacity": "many"}, "capacity"),
        ({"capacity": "-1"}, "capacity"),
        ({"contact_email": "office"}, "contact_email"),
        ({"join_url": "javascript:alert(1)"}, "join_url"),
        ({"registration_mode": "email", "registration_address": "https://example.org"}, "registration_address"),
        ({"registration_mode": "external", "registration_address": "office@example.org"}, "registration_address"),
        ({"retention_days": "0"}, "retention_days"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"slug": "Not An Address"}, "slug"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_is_lost(
    organiser: FlaskClient, changes: dict[str, str], field: str
):
    answer = make(organiser, **{"venue_room": "Großer Saal", **changes})
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert 'value="Großer Saal"' in answer.text
    assert events.for_organiser() == []


def test_an_address_that_is_taken_is_refused(organiser: FlaskClient):
    assert make(organiser, slug="evening").status_code == 302
    assert make(organiser, slug="evening").status_code == 400


def test_saving_the_form_untouched_changes_nothing_but_the_version(organiser: FlaskClient, clock: Clock):
    event = make_event(
        clock(),
        registration_closes_at=datetime(2026, 11, 1, 10, 11, 12, tzinfo=UTC),
        registration_opens_at=clock(),
        agenda=(AgendaItem(title="Welcome"),),
        target_groups=("Everybody",),
    )
    assert edit(organiser, event).status_code == 302
    assert events.values_of(find(event.slug)) == events.values_of(event)


def test_two_people_at_once_do_not_overwrite_each_other(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    assert edit(organiser, event, title="First").status_code == 302
    second = edit(organiser, event, title="Second")
    assert second.status_code == 409
    assert 'value="Second"' in second.text
    assert find(event.slug).title == "First"


def test_a_draft_shows_what_is_missing_and_is_published_when_complete(organiser: FlaskClient, client: FlaskClient):
    make(organiser, venue_name="", contact_email="")
    check = organiser.get("/organise/events/buergerdialog/publish?lang=en").text
    for anchor in ("venue_name", "contact_email"):
        assert f"/edit?lang=en#{anchor}" in check
    assert len(forms_in(check)) == 1, "only the form to sign out"
    edit(organiser, find("buergerdialog"), venue_name="Stadthalle", contact_email="office@example.org")
    assert client.get("/events/buergerdialog").status_code == 404
    assert organiser.get("/organise/events/buergerdialog/preview").status_code == 200
    fill_in(organiser, "/organise/events/buergerdialog/publish", {}, form=-1)
    assert client.get("/events/buergerdialog").status_code == 200


def test_the_format_of_a_draft_can_be_chosen(organiser: FlaskClient):
    make(organiser)
    edit(organiser, find("buergerdialog"), format="digital", join_url="https://rooms.example.org/1")
    made = find("buergerdialog")
    assert (made.format, made.join_url, made.format_version) == (Format.DIGITAL, "https://rooms.example.org/1", 1)


def test_who_moves_an_event_first_sees_how_many_are_told(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Ann", clock())
    asked = edit(organiser, event, starts_time="17:00", description="Two\n\nlines & <more>")
    assert asked.status_code == 200
    assert find(event.slug).starts_at == event.starts_at
    action, hidden = forms_in(asked.text)[-1]
    # A text area is sent by the browser though it is hidden; the form in the test holds only inputs.
    saved = organiser.post(action, data={**hidden, "description": "Two\n\nlines & <more>"})
    assert saved.status_code == 302
    moved = find(event.slug)
    assert moved.starts_at == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    kinds = [message.kind for message in outbox.ledger_for_registration(person.id)]
    assert kinds.count("changed") == 1


def test_what_everybody_sees_stays_complete(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    assert edit(organiser, event, contact_email="", contact_phone="").status_code == 400
    assert edit(organiser, event, starts_on="2026-10-01").status_code == 400
    assert find(event.slug) == event


def test_registration_is_closed_at_once(organiser: FlaskClient, client: FlaskClient, clock: Clock):
    event = make_event(clock())
    assert client.get(f"/events/{event.slug}/register").status_code == 200
    fill_in(organiser, f"/organise/events/{event.slug}/close", {}, form=-1)
    clock.advance(seconds=1)
    assert client.get(f"/events/{event.slug}/register").status_code == 409


def test_an_event_is_cancelled_only_with_reason_and_second_question(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Ann", clock())
    page = f"/organise/events/{event.slug}/cancel"
    for values in ({}, {"reason": "Ill"}, {"sure": "y"}):
        assert fill_in(organiser, page, values, form=-1).status_code == 400
    assert find(event.slug).lifecycle is EventStatus.PUBLISHED
    assert fill_in(organiser, page, {"reason": "Ill", "sure": "y"}, form=-1).status_code == 302
    assert find(event.slug).lifecycle is EventStatus.CANCELLED
    assert "cancelled_event" in [message.kind for message in outbox.ledger_for_registration(person.id)]
    assert organiser.get(page).status_code == 302


def test_an_event_is_postponed_and_taken_up_again(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Ann", clock())
    base = f"/organise/events/{event.slug}"
    assert fill_in(organiser, f"{base}/postpone", {"reason": "Storm"}, form=-1).status_code == 302
    assert find(event.slug).lifecycle is EventStatus.POSTPONED
    assert organiser.get(f"{base}/postpone").status_code == 302
    asked = organiser.get(f"{base}/resume").text
    for name in ("starts_on", "starts_time"):
        [field] = re.findall(rf'<input[^>]* name="{name}"[^>]*>', asked)
        assert ("required" in field, 'value=""' in field) == (True, True), "nobody saves the old date unawares"
    values = {**COMPLETE, "starts_on": "2026-09-01", "closes_on": ""}
    undated = fill_in(organiser, f"{base}/resume", {**values, "starts_on": "", "starts_time": ""}, form=-1)
    assert undated.status_code == 400
    past = fill_in(organiser, f"{base}/resume", values, form=-1)
    assert past.status_code == 400
    assert fill_in(organiser, f"{base}/resume", {**values, "starts_on": "2026-12-01"}, form=-1).status_code == 302
    assert find(event.slug).lifecycle is EventStatus.PUBLISHED
    assert find(event.slug).starts_at == datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    assert person.state is RegistrationState.CONFIRMED


def test_the_page_of_an_event_says_when_nothing_waits(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), join_url="https://room.example.org/x")
    person = confirm(event, "Ann", clock())
    page, words = f"/organise/events/{event.slug}?lang=en", "Nothing about this event waits for you"
    assert words in organiser.get(page).text
    formats.switch(event.id, Format.DIGITAL, reason="", join_url=None, by="test", now=clock())
    help_requests.ask(person.id, [HelpKind.DEVICE], "", clock())
    shown = organiser.get(page).text
    assert (words in shown, "1 open request for help" in shown) == (False, True)


def test_a_decision_that_waits_is_on_the_page_of_its_event(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=clock() + timedelta(minutes=10))
    formats.save_rule(event.id, rule, by="test", now=clock())
    clock.set(rule.decision_at)
    formats.decide_due(clock())
    shown = organiser.get(f"/organise/events/{event.slug}?lang=en").text
    assert ("A decision is waiting" in shown, "Nothing about this event waits" in shown) == (True, False)


def test_a_rule_that_decides_nothing_any_more_is_to_do(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=clock() + timedelta(minutes=10))
    assert isinstance(formats.save_rule(event.id, rule, by="test", now=clock()), FormatRule)
    base, words = f"/organise/events/{event.slug}", "The rule decides nothing any more"
    pages = ("/organise", base, f"{base}/format")
    assert [words in organiser.get(f"{page}?lang=en").text for page in pages] == [False] * 3
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    clock.set(rule.decision_at)
    formats.decide_due(clock())
    values = replace(events.values_of(event), starts_at=STARTS_AT + timedelta(days=30), ends_at=None)
    assert isinstance(changes.take_up_again(event.id, values, by="test", now=clock()), EventFacts)
    assert formats.decides_nothing(find(event.slug), clock()) == "spent"
    assert [words in organiser.get(f"{page}?lang=en").text for page in pages] == [True] * 3
    assert "Choose a new time for the decision." in organiser.get(f"{base}/format?lang=en").text


def test_a_new_date_comes_with_the_room_that_was_typed(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), format=Format.HYBRID, join_url="https://room.example.org/old")
    base = f"/organise/events/{event.slug}"
    fill_in(organiser, f"{base}/postpone", {"reason": "Storm"}, form=-1)
    values = {**COMPLETE, "starts_on": "2026-12-01", "closes_on": "", "join_url": "https://room.example.org/new"}
    assert fill_in(organiser, f"{base}/resume", values, form=-1).status_code == 302
    assert find(event.slug).join_url == "https://room.example.org/new"


def test_a_new_date_does_not_overwrite_what_somebody_else_wrote_meanwhile(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    base = f"/organise/events/{event.slug}"
    fill_in(organiser, f"{base}/postpone", {"reason": "Storm"}, form=-1)
    action, hidden = forms_in(organiser.get(f"{base}/resume").text)[-1]
    events.set_join_url(event.id, "https://room.example.org/colleague", by="organiser:2", now=clock())
    typed = {**hidden, **COMPLETE, "starts_on": "2026-12-01", "closes_on": "", "title": "As typed"}
    late = organiser.post(action, data=typed, headers={"Accept-Language": "en"})
    assert (late.status_code, find(event.slug).lifecycle) == (409, EventStatus.POSTPONED)
    assert "Somebody else changed this event meanwhile." in late.text
    assert 'value="As typed"' in late.text
    action, again = forms_in(late.text)[-1]
    assert (
        organiser.post(
            action, data={**typed, "version": again["version"], "form_token": again["form_token"]}
        ).status_code
        == 302
    )
    assert find(event.slug).title == "As typed"


def test_a_copy_is_a_draft_without_dates_and_people(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    confirm(event, "Ann", clock())
    answer = fill_in(organiser, f"/organise/events/{event.slug}", {}, form=-1)
    assert answer.headers["Location"] == f"/organise/events/{event.slug}-2/edit"
    copied = find(f"{event.slug}-2")
    assert (copied.lifecycle, copied.starts_at, copied.title) == (EventStatus.DRAFT, None, event.title)


def test_the_first_page_says_what_is_to_do(organiser: FlaskClient, admin: FlaskClient, clock: Clock, app: Flask):
    make(organiser, venue_name="")
    event = make_event(clock())
    confirm(event, "Ann", clock())
    outbox.hold(clock())
    page = organiser.get("/organise?lang=en").text
    assert "1 mail is kept" in page
    assert "1 thing is missing before it can be published" in page
    assert "1 of 2" in page
    assert "The imprint is still the built-in text." in page
    assert "/organise/settings" not in page
    assert "/organise/settings?lang=en#imprint" in admin.get("/organise?lang=en").text


@pytest.mark.parametrize(
    "path", ["", "/edit", "/attendees", "/door", "/press", "/messages", "/publish", "/preview", "/cancel"]
)
def test_an_unknown_event_is_not_found(organiser: FlaskClient, path: str):
    assert organiser.get(f"/organise/events/nothing{path}").status_code == 404
