"""A NUL in what is sent: PostgreSQL keeps none and nobody types one, so the whole request is refused."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts.types import Role
from regservice.web.api.problems import MEDIA_TYPE
from tests.conftest import Clock, OutsideClient
from tests.databases import Postgres
from tests.outages.citizens import ask
from tests.servers import web_server
from tests.web.addresses import AUDIENCE, browser, rules
from tests.web.story import Story, dump, sign_in, write_story
from tests.web.test_routes import form_token, guarded

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def story(each_app: Flask, clock: Clock) -> Story:
    each_app.test_client_class = OutsideClient
    return write_story(clock)


@pytest.fixture
def admin(each_app: Flask, story: Story, clock: Clock) -> FlaskClient:
    return browser(each_app, sign_in(each_app, Role.ADMIN, clock))


@pytest.fixture(autouse=True)
def nothing_breaks(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.message for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


def test_an_address_with_a_nul_leads_nowhere(each_app: Flask, story: Story, admin: FlaskClient) -> None:
    before, asked = dump(), 0
    for method in ("GET", "POST", "PUT", "PATCH"):
        for rule in rules(each_app, method):
            for name in rule.arguments:
                own = story.addresses(rule)[0]
                parts = zip(rule.rule.split("/"), own.split("/"), strict=True)
                path = "/".join("a%00b" if f"{name}>" in pattern else part for pattern, part in parts)
                proof = {"Authorization": f"Bearer {story.api_token}"} if AUDIENCE[rule.endpoint] == "API token" else {}
                body = {"json": {}} if path.startswith("/api/") and method != "GET" else {}
                assert admin.open(path, method=method, headers=proof, **body).status_code == 404, (method, path)
                asked += 1
    assert asked > 100
    assert dump() == before


def test_a_query_with_a_nul_is_refused(each_app: Flask, story: Story, admin: FlaskClient) -> None:
    attendees = f"/organise/events/{story.event.slug}/attendees"
    for path in ("/", f"/events/{story.event.slug}", attendees, "/organise/messages"):
        for query in ("search=a%00", "search=a&search=%00", "%00=a", "kind=%00", "lang=%00", "page=%00", "show=%00"):
            answer = admin.get(f"{path}?{query}", headers=ENGLISH)
            assert (answer.status_code, "Please go back and check your entries." in answer.text) == (400, True), query
    answer = admin.get("/api/v1/events?after=%00", headers=ENGLISH)
    assert (answer.status_code, answer.mimetype) == (400, MEDIA_TYPE)


def test_a_form_with_a_nul_is_refused(each_app: Flask, story: Story, admin: FlaskClient) -> None:
    cookie = admin.get_cookie("session")
    assert cookie is not None
    before = dump()
    for rule in guarded(each_app):
        path = story.addresses(rule)[0]
        for extra in ({"name": "A\0da"}, {"name": ["Ada", "\0"]}, {"na\0me": "Ada"}):
            form = {"form_token": form_token(each_app, path, cookie.value)}
            answer = admin.post(path, data=form | extra, headers=ENGLISH)
            assert (answer.status_code, "The form has expired" in answer.text) == (400, False), path
    path = f"/u/{story.links['offered']}"
    assert admin.post(path, data={"List-Unsubscribe": "One-\0Click"}).status_code == 400
    assert dump() == before


@pytest.mark.parametrize("text", ["a\0", "\\\0", "\0"])
def test_json_with_a_nul_is_refused(each_app: Flask, story: Story, text: str) -> None:
    before, client = dump(), each_app.test_client()
    for method in ("POST", "PUT", "PATCH"):
        for rule in rules(each_app, method, "API token", "public"):
            path = story.addresses(rule)[0]
            if path.startswith("/api/"):
                headers = {"Authorization": f"Bearer {story.api_token}"}
                for body in ({"name": text}, {"list": [{text: 1}]}):
                    answer = client.open(path, method=method, headers=headers, json=body)
                    assert (answer.status_code, answer.mimetype) == (400, MEDIA_TYPE), path
    assert dump() == before


def test_what_only_looks_like_a_nul_is_text(each_app: Flask, story: Story) -> None:
    """A backslash before it makes it six letters."""
    headers = {"Authorization": f"Bearer {story.api_token}"}
    title = "C:\\u0000"
    answer = each_app.test_client().post("/api/v1/events", headers=headers, json={"title": title})
    assert (answer.status_code, answer.json["title"]) == (201, title)  # type: ignore[index]


def test_a_file_may_hold_any_octet(each_app: Flask, story: Story, admin: FlaskClient) -> None:
    cookie = admin.get_cookie("session")
    assert cookie is not None
    form = {"form_token": form_token(each_app, "/organise/settings", cookie.value), "logo": (b"\x89PNG\0", "logo.png")}
    answer = admin.post("/organise/settings", data=form, headers=ENGLISH)
    assert "Please go back and check your entries." not in answer.text


@pytest.mark.postgres
def test_a_browser_s_nul_is_answered_over_the_wire(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url, web_server(tmp_path, url) as base:
        assert ask(base, "GET", "/events/%00").status == 404
        assert ask(base, "GET", "/?lang=%00").status == 400
    assert "Traceback" not in (tmp_path / "web.log").read_text()
