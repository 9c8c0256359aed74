"""Who may call what, how the API refuses, and whether its description is a valid one."""

import pytest
from flask import Flask
from openapi_spec_validator import validate

from regservice.accounts import service as accounts
from regservice.events.shapes import EventShape
from regservice.web.api import formats, wording
from tests.conftest import Clock
from tests.factories import make_event
from tests.web.api.conftest import Caller

# Every call of the API: who may make it.
CALLS = {
    ("GET", "/events"): "public",
    ("GET", "/events/<slug>"): "public",
    ("POST", "/events/<slug>/registrations"): "public",
    ("POST", "/events"): "token",
    ("PATCH", "/events/<slug>"): "token",
    ("GET", "/events/<slug>/registrations"): "token",
    ("POST", "/events/<slug>/format"): "token",
    ("GET", "/events/<slug>/format"): "token",
    ("POST", "/events/<slug>/format/stay-digital"): "token",
    ("POST", "/events/<slug>/format/return"): "token",
    ("GET", "/events/<slug>/format/venue"): "token",
    ("POST", "/events/<slug>/format/venue"): "token",
    ("PUT", "/events/<slug>/format-rule"): "token",
    ("POST", "/events/<slug>/readings"): "token",
    ("POST", "/events/<slug>/format/decision"): "token",
    ("GET", "/events/<slug>/messages"): "token",
}


def test_every_call_is_listed(app: Flask) -> None:
    found = {
        (method, rule.rule.removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == set(CALLS)


@pytest.mark.parametrize(("method", "path"), [call for call, who in CALLS.items() if who == "token"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer", ""])
def test_without_a_good_token_nothing_is_read_or_written(
    anybody: Caller, clock: Clock, method: str, path: str, header: str | None
) -> None:
    event = make_event(clock())
    headers = {} if header is None else {"Authorization": header}
    refused = anybody(method, path.replace("<slug>", event.slug), {} if method != "GET" else None, **headers)
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), list(CALLS))
def test_an_event_that_is_not_there(town_hall: Caller, method: str, path: str) -> None:
    if "<slug>" not in path:
        return
    bodies = {
        "/events/<slug>/format": {"format": "onsite"},
        "/events/<slug>/format/return": {"seating": "lottery"},
        "/events/<slug>/format-rule": {"kind": "level", "decision_at": "2026-11-16T12:00:00+01:00"},
        "/events/<slug>/readings": {"value": 1, "as_of": "2026-10-01T12:00:00+02:00"},
        "/events/<slug>/format/decision": {"decision": "stay"},
        "/events/<slug>/format/venue": {"confirmed": True},
    }
    body = bodies.get(path, {}) if method != "GET" else None
    assert town_hall(method, path.replace("<slug>", "nowhere"), body).status_code == 404


def test_a_token_dies_with_its_account(town_hall: Caller, app: Flask, clock: Clock) -> None:
    assert town_hall("POST", "/events", {"title": "x"}).status_code == 201
    boss = accounts.add_organiser("boss@example.org", "Boss", role=accounts.Role.ADMIN, by="test", now=clock())
    organiser = accounts.find_organiser("olga@example.org")
    assert organiser is not None
    assert boss is not None
    accounts.disable(organiser.id, by="test", now=clock())
    assert town_hall("POST", "/events", {"title": "y"}).status_code == 401


def test_a_wrong_token_is_refused_on_public_calls_too(anybody: Caller) -> None:
    assert anybody("GET", "/events", Authorization="Bearer wrong").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("DELETE", "/events", 405), ("PUT", "/events/x", 405), ("GET", "/nowhere", 404), ("GET", "/events/", 404)],
)
def test_refusals_of_addresses_are_problems(anybody: Caller, method: str, path: str, status: int) -> None:
    refused = anybody(method, path, {} if method == "PUT" else None)
    assert (refused.status_code, refused.mimetype) == (status, "application/problem+json")


def test_only_json_is_read(town_hall: Caller) -> None:
    path, headers = "/api/v1/events", town_hall.headers
    form = town_hall.client.post(path, data={"title": "x"}, headers=headers)
    broken = town_hall.client.post(path, data="{", content_type="application/json", headers=headers)
    large = town_hall.client.post(
        path, data=b'"' + b"x" * 300_000 + b'"', content_type="application/json", headers=headers
    )
    assert [answer.status_code for answer in (form, broken, large)] == [415, 400, 413]
    assert {answer.mimetype for answer in (form, broken, large)} == {"application/problem+json"}


def test_the_description_is_valid_and_complete(anybody: Caller) -> None:
    description = anybody("GET", "/openapi.json").json
    assert description is not None
    validate(description)
    described = {
        (method.upper(), path.removeprefix("/api/v1").replace("{slug}", "<slug>"))
        for path, calls in description["paths"].items()
        for method in calls
        if method != "parameters"
    }
    assert described == set(CALLS)
    for (method, path), who in CALLS.items():
        call = description["paths"]["/api/v1" + path.replace("<slug>", "{slug}")][method.lower()]
        assert call.get("security") == ([{"token": []}] if who == "token" else None), (method, path)


def test_no_cookie_is_set_or_needed(town_hall: Caller) -> None:
    answer = town_hall("POST", "/events", {"title": "x"})
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_message_about_a_member_is_collected_for_translation() -> None:
    messages = {text for _, text in formats.SWITCH_MEMBERS.values()} | {
        text for _, text in formats.READING_REFUSALS.values()
    }
    for field in EventShape().fields.values():
        validators = field.validators
        messages |= {validator.error for validator in validators if getattr(validator, "error", None)}
    assert messages - set(wording.MESSAGES) == set()
