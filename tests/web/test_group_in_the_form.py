"""A working group chosen with the registration form: what it offers, what it refuses, and what comes of the choice."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.registrations import service as registrations
from regservice.registrations import session_places
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, make_event, register
from tests.forms import fill_in, forms_in
from tests.registrations.test_choosing import NOON_BEFORE, event_with, group
from tests.web.test_personal import link
from tests.web.test_public import ADA, send


def group_choices(page: str) -> list[tuple[str, bool, bool]]:
    """Of each group on the form its number, whether it is chosen and whether it can be."""
    inputs = re.findall(r'<input[^>]* name="group"[^>]*>', page)
    return [(values_in(each)["value"], " checked" in each, " disabled" not in each) for each in inputs]


def values_in(tag: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)="([^"]*)"', tag))


def test_a_group_is_chosen_with_the_form_and_taken_with_the_place(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = event_with(clock, group("Housing", 5, place="Room 3"), group("Assigned", chosen=False))
    housing = str(event.parts[0].id)
    page = client.get(f"/events/{event.slug}/register").text
    assert group_choices(page) == [("", True, True), (housing, False, True)]
    assert "Housing, Room 3" in page
    status, _ = send(client, clock, f"/events/{event.slug}/register", {**ADA, "group": housing})
    [pending] = registrations.of_event(event.id, (State.PENDING,))
    assert (status, pending.group_wish) == (200, event.parts[0].id)
    confirm_page = fill_in(client, link(pending) + "/confirm", {}).text
    assert "Housing" in confirm_page
    assert "kein Platz mehr" not in confirm_page


def test_a_choice_outlives_an_error_elsewhere_in_the_form(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    work = str(event.parts[1].id)
    status, text = send(client, clock, f"/events/{event.slug}/register", {**ADA, "name": "", "group": work})
    assert (status, [value for value, chosen, _ in group_choices(text) if chosen]) == (400, [work])


def test_a_kept_empty_form_shows_a_group_as_full_as_soon_as_it_is(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    housing, work = (str(part.id) for part in event.parts)
    ben = confirm(event, "Ben", clock())
    page = f"/events/{event.slug}/register"
    assert group_choices(client.get(page).text)[1] == (housing, False, True)
    session_places.choose_group(ben.id, event.parts[0].id, clock())
    shown = client.get(page).text
    assert group_choices(shown) == [("", True, True), (housing, False, False), (work, False, True)]
    assert "Housing, voll" in shown
    session_places.choose_group(ben.id, event.parts[1].id, clock())
    assert group_choices(client.get(page).text) == [("", True, True), (housing, False, True), (work, False, False)]


def test_who_chose_what_filled_up_meanwhile_is_told_and_chooses_again(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    housing, work = (str(part.id) for part in event.parts)
    page = f"/events/{event.slug}/register"
    _, hidden = forms_in(client.get(page).text)[0]
    clock.advance(seconds=5)
    confirm(event, "Ben", clock(), group=event.parts[0].id)
    answer = client.post(page, data={**hidden, **ADA, "group": housing})
    assert (answer.status_code, "ist jetzt voll" in answer.text) == (409, True)
    assert group_choices(answer.text) == [("", True, True), (housing, False, False), (work, False, True)]
    assert registrations.of_event(event.id, (State.PENDING,)) == []
    broken = client.post(page, data={**hidden, **ADA, "name": "", "group": housing})
    assert (broken.status_code, "ist jetzt voll" in broken.text) == (400, True)
    assert client.post(page, data={**hidden, **ADA, "group": work}).status_code == 200


@pytest.mark.parametrize("which", ["assigned", "of another event", "no number", "over"])
def test_what_is_no_group_to_choose_is_refused_and_said(
    client: FlaskClient, app: Flask, clock: Clock, which: str
) -> None:
    other = event_with(clock, group("Sport"), title="Another evening")
    event = event_with(clock, group("Housing"), group("Assigned", chosen=False))
    wanted = {"assigned": event.parts[1].id, "of another event": other.parts[0].id, "no number": "x"}
    page = f"/events/{event.slug}/register"
    if which == "over":
        clock.set(NOON_BEFORE)
        assert group_choices(client.get(page).text) == []
    values: dict[str, str | list[str]] = {**ADA, "group": str(wanted.get(which, event.parts[0].id))}
    status, text = send(client, clock, page, values)
    said = "Die Zeit zum Wählen ist vorbei" if which == "over" else "Bitte wählen Sie einen der Teile, die hier stehen."
    assert (status, said in text) == (409 if which == "over" else 400, True)
    assert 'href="#group"' in text
    assert registrations.of_event(event.id, (State.PENDING,)) == []


def test_an_event_without_groups_asks_for_none_and_refuses_one(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    page = f"/events/{event.slug}/register"
    assert 'name="group"' not in client.get(page).text
    assert send(client, clock, page, {**ADA, "group": "1"})[0] == 400
    assert send(client, clock, page, {**ADA, "group": ""})[0] == 200


def test_who_gets_no_place_in_the_group_keeps_the_one_at_the_event_and_finds_the_way_to_another(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    ada, ben = (register(event, name, clock(), group=event.parts[0].id) for name in ("Ada", "Ben"))
    assert "Sie möchten hier mitmachen: Housing." in client.get(link(ada)).text
    fill_in(client, link(ben) + "/confirm", {})
    shown = fill_in(client, link(ada) + "/confirm", {}).text
    assert "Sie haben einen Platz" in shown
    assert "In „Housing“ haben Sie keinen Platz bekommen" in shown
    assert f'href="{link(ada)}/group"' in shown
    fill_in(client, link(ada) + "/group", {"group": str(event.parts[1].id)})
    assert "kein Platz mehr" not in client.get(link(ada)).text
