"""The headers of every answer, and the one cookie, with http and with https."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, Role
from regservice.config import Settings
from regservice.db import db, transaction
from tests.conftest import Clock
from tests.databases import settings_for
from tests.forms import forms_in
from tests.web.addresses import AUDIENCE, open_everything
from tests.web.story import Story, sign_in

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}
PERSONAL = {"personal link", "decision link", "unsubscribe link", "one-time link", "organiser", "admin", "API token"}


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(scheme: str, sqlite_url: str, instance: Path) -> Settings:
    return settings_for(instance, sqlite_url, REGSERVICE_BASE_URL=f"{scheme}://events.example.org")


# Their button leads on to a room elsewhere.
LEADING_OUT = {"organiser_rooms.room_page"}


def wrong_headers(answer: TestResponse, scheme: str, *, leads_out: bool = False) -> dict[str, list[str]]:
    """What is missing, differs or stands there twice."""
    transport = ["max-age=63072000"] if scheme == "https" else []
    expected = {name: [value] for name, value in EXPECTED.items()} | {"Strict-Transport-Security": transport}
    if leads_out:
        policy = EXPECTED["Content-Security-Policy"].replace("form-action 'self'", "form-action 'self' https:")
        expected["Content-Security-Policy"] = [policy]
    return {name: answer.headers.getlist(name) for name in expected if answer.headers.getlist(name) != expected[name]}


def test_every_page_carries_them(app: Flask, story: Story, scheme: str, clock: Clock) -> None:
    audience = {rule.rule: AUDIENCE[rule.endpoint] for rule in app.url_map.iter_rules()}
    assert len(audience) > 60
    adapter = app.url_map.bind("events.example.org")
    for path, answer in open_everything(app, story, sign_in(app, Role.ADMIN, clock)):
        endpoint = adapter.match(path)[0]
        assert wrong_headers(answer, scheme, leads_out=endpoint in LEADING_OUT) == {}, path
        who = AUDIENCE[endpoint]
        if who in PERSONAL:
            assert answer.headers["Cache-Control"] == "no-store", path
        if who not in {"organiser", "admin"}:
            assert "Set-Cookie" not in answer.headers, path
            assert "Cookie" not in answer.headers.get("Vary", "") or path.startswith("/organise/"), path


def test_every_refusal_carries_them(app: Flask, story: Story, scheme: str) -> None:
    client, slug = app.test_client(), story.event.slug
    sign_in_form = forms_in(client.get("/organise/login").text)[0][1] | {"email": "x@example.org", "password": "x"}
    cancelled = f"/events/{story.events[1].slug}/register"
    etag = client.get("/imprint").headers["ETag"]
    static = app.jinja_env.from_string("{{ asset('kern.css') }}").render()
    answers = [
        client.get("/imprint", headers={"If-None-Match": etag}),
        client.get(static),
        client.get(static, headers={"If-None-Match": client.get(static).headers["ETag"]}),
        client.get("//imprint", base_url="http://events.example.org"),
        client.post(f"/events/{slug}/register"),
        client.post(f"/events/{slug}/register", headers={"Sec-Fetch-Site": "cross-site"}),
        client.get("/nowhere"),
        client.get("/static/nowhere.css"),
        client.get("/r/nowhere"),
        client.post("/imprint"),
        client.post(static),
        client.get(cancelled),
        client.get("/organise/link/nowhere"),
        client.post("/lost", data={"email": "x" * 300_000}),
        client.get("/organise/tokens"),
        client.open("/imprint", method="OPTIONS"),
        client.post("/api/v1/events"),
        client.post("/api/v1/events", json={}),
        client.post(f"/api/v1/events/{slug}/registrations", json={}),
        client.get("/api/v1/nowhere"),
        client.delete("/api/v1/events"),
        *(client.post("/organise/login", data=sign_in_form) for _ in range(6)),
    ]
    assert {answer.status_code for answer in answers} >= {200, 302, 304, 308, 400, 401, 403, 404, 405, 409, 410} | {
        413,
        415,
        422,
        429,
    }
    for answer in answers:
        assert wrong_headers(answer, scheme) == {}, (answer.request.path, answer.status)
        assert "Set-Cookie" not in answer.headers, answer.request.path


def test_every_breakdown_carries_them(app: Flask, story: Story, scheme: str) -> None:
    with transaction() as active:
        active.execute(text("UPDATE event SET lifecycle = 'broken'"))
    db.session.rollback()
    client = app.test_client()
    pages = [client.get(f"/events/{story.event.slug}"), client.get(f"/api/v1/events/{story.event.slug}")]
    with transaction() as active:
        active.execute(text("DROP TABLE town"))
    pages.append(client.get("/"))
    assert [page.status_code for page in pages] == [500, 500, 503]
    for page in pages:
        assert wrong_headers(page, scheme) == {}
        assert "Traceback" not in page.text
        assert "broken" not in page.text


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Flask, story: Story, scheme: str, clock: Clock
) -> None:
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=story.organiser_id, now=clock())
    client, base = app.test_client(), f"{scheme}://events.example.org"
    page = client.get(f"/organise/link/{token}", base_url=base)
    assert "Set-Cookie" not in page.headers
    answer = client.post(f"/organise/link/{token}", base_url=base, data=forms_in(page.text)[0][1])
    [cookie] = answer.headers.getlist("Set-Cookie")
    name, *flags = [part.strip() for part in cookie.split(";")]
    assert name.startswith("__Host-session=" if scheme == "https" else "session=")
    assert sorted(flags) == sorted(["HttpOnly", "Path=/", "SameSite=Lax", *(["Secure"] if scheme == "https" else [])])
    assert client.get("/organise/account", base_url=base).status_code == 200
