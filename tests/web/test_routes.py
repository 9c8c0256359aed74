"""Every address: who may open it, that reading writes nothing, and that forms come from our own pages."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from regservice.accounts import service as accounts
from regservice.accounts.types import Role
from regservice.web import access
from tests.conftest import Clock
from tests.web.addresses import AUDIENCE, AUDIENCES, LINKS, browser, open_everything, rules
from tests.web.story import Story, dump, sign_in

DECLARED = {"organiser": "organiser", "admin": "admin", "API token": "token"}


def form_token(app: Flask, path: str, cookie: str = "") -> str:
    """What the page of this address would put into its form."""
    with app.test_request_context(path, method="POST", headers={"Cookie": f"session={cookie}"}):
        return str(access.form_token()).split('value="')[1].rstrip('">')


def test_every_address_has_one_audience(app: Flask) -> None:
    listed = [endpoint for endpoints in AUDIENCES.values() for endpoint in endpoints.split()]
    assert sorted(listed) == sorted({rule.endpoint for rule in app.url_map.iter_rules()})


def test_views_declare_what_the_table_says(app: Flask) -> None:
    declared = {name: getattr(view, "access", None) for name, view in app.view_functions.items()}
    assert declared == {name: DECLARED.get(AUDIENCE[name]) for name in declared}


def test_who_is_not_signed_in_is_asked_to_and_changes_nothing(app: Flask, story: Story) -> None:
    before, client = dump(), app.test_client()
    for method in ("GET", "POST"):
        for rule in rules(app, method, "organiser", "admin"):
            for path in story.addresses(rule)[:1]:
                # The form token of the sign-in page is one of ours, so only the sign-in itself is in the way.
                answer = client.open(path, method=method, data={"form_token": form_token(app, "/organise/login")})
                assert answer.status_code == 302, path
                assert answer.headers["Location"].startswith("/organise/login"), path
                assert "Ada" not in answer.text, path
    assert dump() == before


def test_organisers_are_not_administrators(app: Flask, story: Story, clock: Clock) -> None:
    cookie = sign_in(app, Role.ORGANISER, clock)
    before, client = dump(), browser(app, cookie)
    for method in ("GET", "POST"):
        for rule in rules(app, method, "admin"):
            [path] = story.addresses(rule)
            answer = client.open(path, method=method, data={"form_token": form_token(app, path, cookie)})
            assert answer.status_code == 403, path
    assert dump() == before


def test_another_link_opens_nothing(app: Flask, story: Story) -> None:
    """A link of one kind is worth nothing as another, and one changed letter makes it worthless."""
    tokens = {*story.links.values(), story.decision, story.one_time, story.first, "x"}
    before, client = dump(), app.test_client()
    for method in ("GET", "POST"):
        for rule in rules(app, method, *LINKS):
            own = {path.split("/")[-1 if rule.rule.endswith("<token>") else 2] for path in story.addresses(rule)}
            changed = {token[:-2] + ("AA" if token[-2:] != "AA" else "BB") for token in own}
            for token in (tokens - own) | changed:
                path = rule.rule.replace("<token>", token)
                answer = client.open(path, method=method, data={"form_token": form_token(app, path)})
                assert answer.status_code in {404, 410}, (method, path)
                assert "example.org" not in answer.text.replace("events.example.org", ""), (method, path)
    assert dump() == before


def test_a_person_belongs_to_one_event(app: Flask, story: Story, clock: Clock) -> None:
    cookie = sign_in(app, Role.ADMIN, clock)
    before, client = dump(), browser(app, cookie)
    for method in ("GET", "POST"):
        for rule in (rule for rule in rules(app, method) if "registration_id" in rule.rule):
            path = story.addresses(rule)[0].replace(story.event.slug, story.events[1].slug)
            answer = client.open(path, method=method, data={"form_token": form_token(app, path, cookie)})
            assert answer.status_code == 404, path
    assert dump() == before


@pytest.mark.parametrize("token", ["none", "wrong", "ended"])
def test_the_api_wants_a_living_token(app: Flask, story: Story, clock: Clock, token: str) -> None:
    if token == "ended":
        accounts.end_api_token(story.api_token_id, by="test", now=clock())
    given = {"none": {}, "wrong": {"Authorization": "Bearer rs_x"}}
    headers = given.get(token, {"Authorization": f"Bearer {story.api_token}"})
    before, client = dump(), app.test_client()
    for method in ("GET", "POST", "PUT", "PATCH"):
        for rule in rules(app, method, "API token"):
            answer = client.open(story.addresses(rule)[0], method=method, headers=headers, json={})
            assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), rule.rule
            assert "Ada" not in answer.text
    assert dump() == before


def guarded(app: Flask) -> list[Rule]:
    """Every form: all but programs with their own proof."""
    return [rule for rule in rules(app, "POST") if rule.endpoint.split(".")[0] not in {"api", "unsubscribe"}]


def other_scope(story: Story, path: str) -> list[str]:
    """Places whose forms are not for this address."""
    elsewhere = ["/events/elsewhere/register", "/lost", f"/r/{story.links['offered']}/cancel", "/decide/elsewhere"]
    return [place for place in elsewhere if place.split("/")[:3] != path.split("/")[:3]]


def test_a_form_that_is_not_ours_changes_nothing(app: Flask, story: Story, admin_cookie: str, clock: Clock) -> None:
    stranger = sign_in(app, Role.ADMIN, clock, "other@example.org")
    client, before = browser(app, admin_cookie), dump()
    for rule in guarded(app):
        path = story.addresses(rule)[0]
        own = form_token(app, path, admin_cookie)
        foreign = [form_token(app, place) for place in other_scope(story, path)]
        foreign += [form_token(app, "/organise/account", stranger), form_token(app, "/organise/login")]
        if path.startswith("/organise/"):
            # The same form in the browser of a colleague.
            foreign.append(form_token(app, path, stranger))
        for token in ["", "x", own[:-1], f"{own}x", *foreign]:
            answer = client.post(path, data={"form_token": token})
            assert answer.status_code == 400, (path, token)
        for site in ("cross-site", "same-site", "strange"):
            answer = client.post(path, data={"form_token": own}, headers={"Sec-Fetch-Site": site})
            assert answer.status_code == 403, (path, site)
        clock.advance(days=7, seconds=1)
        assert client.post(path, data={"form_token": own}).status_code in {400, 404}, path
        clock.advance(days=-7, seconds=-1)
    assert dump() == before


def test_our_own_forms_are_let_in(app: Flask, story: Story, admin_cookie: str) -> None:
    """The test above would pass as well if every form were refused."""
    for rule in guarded(app):
        path = story.addresses(rule)[0]
        for site in ("same-origin", "none"):
            headers = {"Sec-Fetch-Site": site, "Accept-Language": "en"}
            token = form_token(app, path, admin_cookie)
            answer = browser(app, admin_cookie).post(path, data={"form_token": token}, headers=headers)
            assert answer.status_code < 500, path
            assert answer.status_code != 403, path
            assert "The form has expired" not in answer.text, path


def test_reading_writes_nothing(app: Flask, story: Story, admin_cookie: str, clock: Clock) -> None:
    before = dump()
    for method in ("GET", "HEAD", "GET"):
        # Long enough for the cookie to be renewed: the idle time lives there and not in a table.
        clock.advance(minutes=2)
        answers = open_everything(app, story, admin_cookie, method)
        assert [path for path, answer in answers if answer.status_code >= 500] == ["/readyz"]
        assert len([1 for _, answer in answers if answer.status_code == 200]) > 80
    assert dump() == before
