"""Signing in and out through the pages."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts, Role
from tests.conftest import Clock, OutsideClient
from tests.forms import fill_in, forms_in
from tests.web.organiser.conftest import SignIn

PASSWORD = "a quiet evening"


@pytest.fixture
def kim(app: Flask, clock: Clock) -> OrganiserFacts:
    made = accounts.add_organiser("kim@example.org", "Kim", password=PASSWORD, by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    return made


def sign_in(client: FlaskClient, password: str = PASSWORD, page: str = "/organise/login"):
    return fill_in(client, page, {"email": "kim@example.org", "password": password})


def test_the_cookie_comes_only_with_signing_in(client: FlaskClient, kim: OrganiserFacts):
    assert client.get("/organise/login").headers.getlist("Set-Cookie") == []
    wrong = sign_in(client, "another evening")
    assert (wrong.status_code, wrong.headers.getlist("Set-Cookie")) == (400, [])
    assert 'value="kim@example.org"' in wrong.text
    assert "another evening" not in wrong.text
    right = sign_in(client)
    assert (right.status_code, right.headers["Location"]) == (302, "/organise")
    cookie = right.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/organise").status_code == 200


def test_every_sign_in_gives_another_cookie(client: FlaskClient, kim: OrganiserFacts, app: Flask):
    cookies = [sign_in(app.test_client()).headers["Set-Cookie"] for _ in range(2)]
    assert cookies[0] != cookies[1]


def test_after_signing_in_people_come_to_the_page_they_wanted(client: FlaskClient, kim: OrganiserFacts):
    asked = client.get("/organise/messages?show=sent")
    assert asked.status_code == 302
    answer = sign_in(client, page=asked.headers["Location"])
    assert answer.headers["Location"] == "/organise/messages?show=sent"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "javascript:x"]
)
def test_nobody_is_led_away(client: FlaskClient, kim: OrganiserFacts, target: str):
    answer = fill_in(client, "/organise/login", {"email": kim.email, "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/organise"


def test_too_many_attempts_are_told_with_the_time_to_wait(client: FlaskClient, kim: OrganiserFacts):
    for _ in range(5):
        assert sign_in(client, "another evening").status_code == 400
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "15" in answer.text


def test_signing_out_ends_the_session_and_not_only_the_cookie(client: FlaskClient, kim: OrganiserFacts):
    sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    fill_in(client, "/organise", {})
    assert client.get("/organise").status_code == 302
    client.set_cookie("session", cookie.value)
    assert client.get("/organise").status_code == 302


def test_a_one_time_link_signs_in_by_post_only_and_once(app: Flask, clock: Clock):
    made = accounts.add_organiser("kim@example.org", "Kim", by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    page = f"/organise/link/{accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=made.id, now=clock())}"
    app.test_client_class = OutsideClient
    scanner, client = app.test_client(), app.test_client()
    for _ in range(2):
        assert (scanner.get(page).status_code, scanner.head(page).status_code) == (200, 200)
    answer = fill_in(client, page, {})
    # Without a password yet the account page asks for one.
    assert answer.headers["Location"] == "/organise/account"
    assert scanner.get(page).status_code == 410
    chosen = fill_in(client, "/organise/account", {"new": PASSWORD}, form=1)
    assert chosen.status_code == 302
    assert sign_in(app.test_client()).status_code == 302


def test_the_first_organiser_is_made_by_the_link(client: FlaskClient, clock: Clock, app: Flask):
    page = f"/organise/first/{accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=clock())}"
    weak = fill_in(client, page, {"name": "Kim", "email": "kim@example.org", "password": "short"})
    assert weak.status_code == 400
    assert fill_in(client, page, {"name": "", "email": "kim", "password": ""}).status_code == 400
    made = fill_in(client, page, {"name": "Kim", "email": "kim@example.org", "password": PASSWORD})
    assert (made.status_code, made.headers["Location"]) == (302, "/organise")
    assert [found.role for found in accounts.organisers()] == [Role.ADMIN]
    assert client.get(page).status_code == 410
    assert client.get("/organise/settings").status_code == 200


def test_a_new_password_ends_the_other_browsers(app: Flask, kim: OrganiserFacts, client: FlaskClient):
    other = app.test_client()
    sign_in(client)
    sign_in(other)
    wrong = fill_in(client, "/organise/account", {"old": "not this", "new": "another evening"}, form=1)
    assert wrong.status_code == 400
    right = fill_in(client, "/organise/account", {"old": PASSWORD, "new": "another evening"}, form=1)
    assert right.status_code == 302
    assert (client.get("/organise").status_code, other.get("/organise").status_code) == (200, 302)


ADMINS_ONLY = ["/organise/settings", "/organise/accounts", "/organise/tokens"]


def test_every_page_asks_to_sign_in_and_some_are_for_administrators(
    app: Flask, client: FlaskClient, organiser: FlaskClient
):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("organiser.")]
    open_to_all = {"sign_in", "check_sign_in", "sign_out", "one_time_link", "use_one_time_link"}
    open_to_all |= {"first_organiser", "make_first_organiser"}
    declared = {
        rule.endpoint.partition(".")[2]: getattr(app.view_functions[rule.endpoint], "access", "everybody")
        for rule in rules
    }
    assert {name for name, access in declared.items() if access == "everybody"} == open_to_all
    assert {name for name, access in declared.items() if access == "admin"} == {
        "settings",
        "save_settings",
        "organisers",
        "add_organiser",
        "make_link",
        "disable_organiser",
        "enable_organiser",
        "tokens",
        "make_token",
        "end_token",
    }
    for path in ADMINS_ONLY:
        assert (client.get(path).status_code, organiser.get(path).status_code) == (302, 403)


def test_a_form_of_another_browser_is_refused(app: Flask, admin: FlaskClient, sign_in: SignIn):
    other = sign_in(Role.ORGANISER, "Alex")
    _action, hidden = forms_in(other.get("/organise/events/new").text)[-1]
    answer = admin.post("/organise/events/new", data={**hidden, "title": "Stolen"})
    assert answer.status_code == 400
    assert "Stolen" not in admin.get("/organise").text
