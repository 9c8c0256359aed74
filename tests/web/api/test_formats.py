"""Formats by the API: switch, rule, readings, decision, and the ledger."""

from datetime import timedelta
from typing import Any

import pytest

from regservice.accounts.types import OrganiserFacts
from regservice.events import service as events
from regservice.formats import service as formats
from regservice.formats.feeds import ready
from regservice.registrations import desk
from regservice.registrations.types import Confirmed
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to, make_event, request_for
from tests.web.api.conftest import Caller

RULE: dict[str, Any] = {
    "kind": "level_and_trend",
    "over": 300.0,
    "rise_pct": 10.0,
    "compare_days": 7,
    "decision_at": "2026-11-16T12:00:00+01:00",
    "notice_days": 4,
    "mode": "propose",
    "feed": None,
}
ROOM = "https://example.org/room"


def test_a_dry_run_counts_and_changes_nothing(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    body = {"format": "digital", "reason": "Inzidenz", "join_url": ROOM, "dry_run": True}
    answer = town_hall("POST", f"/events/{event.slug}/format", body)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["blocked"] == []
    assert set(answer.json["effects"].values()) >= {1}
    assert events.get(event.id) == event
    assert [kind for kind, _ in kinds_sent_to(ada)].count("decision") == 0


def test_a_switch_leaves_at_once_and_a_second_one_changes_nothing(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    body = {"format": "digital", "reason": "Inzidenz", "join_url": ROOM}
    first = town_hall("POST", f"/events/{event.slug}/format", body).json
    assert first is not None
    assert (first["changed"], first["version"]) == (True, 2)
    second = town_hall("POST", f"/events/{event.slug}/format", body).json
    assert second == {"changed": False, "version": 2}
    assert [kind for kind, _ in kinds_sent_to(ada)].count("decision") == 1
    shown = town_hall("GET", f"/events/{event.slug}/format").json
    assert shown is not None
    assert (shown["format"], shown["version"], shown["watch"], shown["proposal"]) == ("digital", 2, "calm", None)
    [line] = shown["history"]
    assert (line["from"], line["to"], line["reason"], line["at"]) == (
        "onsite",
        "digital",
        "Inzidenz",
        "2026-10-06T12:00:00+02:00",
    )
    assert line["by"].startswith("api_token:")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"format": "digital"}, {"join_url"}),
        ({"format": "digital", "join_url": "javascript:alert(1)"}, {"join_url"}),
        ({"format": "mixed"}, {"format"}),
        ({}, {"format"}),
        ({"format": "digital", "forse": 1}, {"forse"}),
    ],
)
def test_an_impossible_switch_is_422(town_hall: Caller, clock: Clock, body: dict[str, Any], named: set[str]) -> None:
    event = make_event(clock())
    refused = town_hall("POST", f"/events/{event.slug}/format", body)
    assert refused.status_code == 422
    assert refused.json is not None
    assert set(refused.json["errors"]) == named


def test_a_started_event_is_not_switched(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    clock.set(event.starts_at or clock())
    refused = town_hall("POST", f"/events/{event.slug}/format", {"format": "digital", "join_url": ROOM})
    assert (refused.status_code, refused.json and refused.json["type"]) == (
        409,
        "urn:regservice:problem:switch-refused",
    )


def test_in_an_emergency_it_is_and_the_answer_names_whom_to_call(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    entered = desk.enter(event.id, request_for("Cem Telefon", email=""), by="test", now=clock())
    assert isinstance(entered, Confirmed)
    clock.set(event.starts_at or clock())
    path, body = f"/events/{event.slug}/format", {"format": "digital", "join_url": ROOM, "emergency": True}
    missing = town_hall("POST", path, body)
    assert (missing.status_code, missing.json and set(missing.json["errors"])) == (422, {"reason"})
    back = town_hall("POST", path, body | {"format": "onsite", "reason": "Fire"})
    assert back.json == {"changed": False, "version": 1}
    calls = [{"name": "Cem Telefon", "code": entered.registration.code, "status": "confirmed"}]
    seen = town_hall("POST", path, body | {"reason": "Fire", "dry_run": True}).json
    assert seen is not None
    assert (seen["blocked"], seen["call_list"], events.get(event.id).format_version) == ([], calls, 1)
    done = town_hall("POST", path, body | {"reason": "Fire"}).json
    assert done is not None
    assert (done["changed"], done["effects"], done["call_list"]) == (True, seen["effects"], calls)
    again = town_hall("POST", path, body | {"format": "onsite", "reason": "Fire"})
    assert (again.status_code, again.json and set(again.json["errors"])) == (422, {"format"})


def test_official_warnings_only_alert(town_hall: Caller, clock: Clock) -> None:
    path = f"/events/{make_event(clock()).slug}/format-rule"
    warned = RULE | {"kind": "level", "over": 3.0, "rise_pct": None, "feed": ready.civil_warnings("05754")}
    for mode in ("propose", "automatic"):
        refused = town_hall("PUT", path, warned | {"mode": mode})
        assert (refused.status_code, refused.json and refused.json["errors"]) == (
            422,
            {"mode": ["Official warnings never propose a switch: with this feed the mode must be alert."]},
        )
    saved = town_hall("PUT", path, warned | {"mode": "alert"})
    assert (saved.status_code, saved.json and saved.json["mode"]) == (200, "alert")
    other = town_hall("PUT", path, RULE | {"mode": "alert"})
    assert (other.status_code, other.json and set(other.json["errors"])) == (422, {"kind"})


def test_a_rule_is_kept_and_shown(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    saved = town_hall("PUT", f"/events/{event.slug}/format-rule", RULE)
    assert (saved.status_code, saved.json) == (200, RULE)
    shown = town_hall("GET", f"/events/{event.slug}/format").json
    assert shown is not None
    assert shown["rule"] == RULE


def test_a_rule_is_not_saved_over_what_the_program_did_not_see(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    path = f"/events/{event.slug}/format-rule"
    seen = town_hall("GET", f"/events/{event.slug}/format").json
    assert seen is not None
    first = town_hall("PUT", path, RULE | {"event_version": seen["event_version"]})
    assert (first.status_code, first.json) == (200, RULE)
    late = town_hall("PUT", path, RULE | {"over": 50.0, "event_version": seen["event_version"]})
    assert (late.status_code, late.json and late.json["type"]) == (409, "urn:regservice:problem:just-changed")
    shown = town_hall("GET", f"/events/{event.slug}/format").json
    assert shown is not None
    assert (shown["rule"], shown["event_version"]) == (RULE, seen["event_version"] + 1)
    again = town_hall("PUT", path, RULE | {"over": 50.0, "event_version": shown["event_version"]})
    assert (again.status_code, again.json) == (200, RULE | {"over": 50.0})
    assert town_hall("PUT", path, RULE).json == RULE, "who names no version saves as before"


def test_a_switch_is_not_made_on_a_format_the_program_did_not_see(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    path, body = f"/events/{event.slug}/format", {"format": "digital", "join_url": ROOM, "version": 1}
    first = town_hall("POST", path, body).json
    assert first is not None
    assert (first["changed"], first["version"]) == (True, 2)
    late = town_hall("POST", path, body | {"format": "hybrid", "reason": "Calm"})
    assert (late.status_code, late.json and late.json["reason"]) == (409, "just_switched")
    assert events.get(event.id).format_version == 2


def test_an_automatic_rule_is_authorised_by_the_tokens_organiser(
    town_hall: Caller, clock: Clock, organiser: OrganiserFacts
) -> None:
    event = make_event(clock())
    town_hall("PUT", f"/events/{event.slug}/format-rule", RULE | {"mode": "automatic"})
    rule = formats.find_rule(event.id)
    assert rule is not None
    assert rule.authorised_by == f"organiser:{organiser.id}"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"decision_at": "2026-11-17T00:00:00+01:00"}, {"decision_at"}),
        ({"decision_at": "2026-11-16T12:00:00"}, {"decision_at"}),
        ({"decision_at": "2026-10-06T12:00:00+02:00"}, {"decision_at"}),
        ({"over": None}, {"over"}),
        ({"rise_pct": 0}, {"rise_pct"}),
        ({"kind": "weather"}, {"kind"}),
        ({"under": 1}, {"under"}),
        ({"feed": {"url": "https://example.org"}}, {"feed.key", "feed.format", "feed.value"}),
    ],
)
def test_a_wrong_rule_is_422(town_hall: Caller, clock: Clock, change: dict[str, Any], named: set[str]) -> None:
    event = make_event(clock())
    refused = town_hall("PUT", f"/events/{event.slug}/format-rule", RULE | change)
    assert refused.status_code == 422
    assert refused.json is not None
    assert set(refused.json["errors"]) == named
    assert formats.find_rule(event.id) is None


def test_readings(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    path = f"/events/{event.slug}/readings"
    made = town_hall("POST", path, {"value": 301.5, "as_of": "2026-10-06T12:00:00+02:00"})
    assert (made.status_code, made.json) == (
        201,
        {"value": 301.5, "as_of": "2026-10-06T12:00:00+02:00", "source": "hand"},
    )
    for body, named in (
        ({"value": 1, "as_of": "2026-10-06T12:00:01+02:00"}, "as_of"),
        ({"value": -1, "as_of": "2026-10-06T12:00:00+02:00"}, "value"),
        ({"value": "NaN", "as_of": "2026-10-06T12:00:00+02:00"}, "value"),
        ({"as_of": "2026-10-06T12:00:00+02:00"}, "value"),
    ):
        refused = town_hall("POST", path, body)
        assert (refused.status_code, refused.json and list(refused.json["errors"])) == (422, [named])


def with_proposal(town_hall: Caller, clock: Clock) -> str:
    """An event whose rule proposes to go digital."""
    event = make_event(clock(), join_url=ROOM)
    town_hall("PUT", f"/events/{event.slug}/format-rule", RULE)
    clock.set(formats.find_rule(event.id).decision_at)  # type: ignore[union-attr]
    for days_ago, value in ((8, 200.0), (0, 400.0)):
        as_of = (clock() - timedelta(days=days_ago)).isoformat()
        town_hall("POST", f"/events/{event.slug}/readings", {"value": value, "as_of": as_of})
    formats.decide_due(clock())
    return event.slug


def test_a_proposal_is_decided_once(town_hall: Caller, clock: Clock) -> None:
    slug = with_proposal(town_hall, clock)
    shown = town_hall("GET", f"/events/{slug}/format").json
    assert shown is not None
    assert (shown["proposal"]["outcome"], shown["proposal"]["reading"]["value"]) == ("switch", 400.0)
    path = f"/events/{slug}/format/decision"
    later = town_hall("POST", path, {"decision": "later", "reason": "Rücksprache"}).json
    assert later is not None
    assert later["changed"] is False
    decided = town_hall("POST", path, {"decision": "switch", "reason": "Inzidenz"}).json
    assert decided is not None
    assert (decided["changed"], decided["version"]) == (True, 2)
    again = town_hall("POST", path, {"decision": "stay"})
    assert (again.status_code, again.json and again.json["type"]) == (409, "urn:regservice:problem:no-proposal")
    history = town_hall("GET", f"/events/{slug}/format").json
    assert history is not None
    assert history["history"][0]["reading"]["value"] == 400.0


def test_staying_is_an_answer_too(town_hall: Caller, clock: Clock) -> None:
    slug = with_proposal(town_hall, clock)
    stayed = town_hall("POST", f"/events/{slug}/format/decision", {"decision": "stay", "reason": "sinkt"}).json
    assert stayed is not None
    assert (stayed["changed"], stayed["version"]) == (False, 1)
    assert town_hall("POST", f"/events/{slug}/format/decision", {"decision": "maybe"}).status_code == 422


def test_the_ledger(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    listed = town_hall("GET", f"/events/{event.slug}/messages").json
    assert listed is not None
    assert [(line["kind"], line["state"], line["recipient"]) for line in listed["items"]] == [
        ("optin", "skipped", "ada@example.org"),
        ("optin_again", "skipped", "ada@example.org"),
        ("confirmed", "waiting", "ada@example.org"),
    ]
    assert set(listed["items"][0]) == {
        "kind",
        "recipient",
        "state",
        "uncertain",
        "due_at",
        "sent_at",
        "attempts",
        "reason",
        "message_id",
    }


def test_back_on_site_needs_a_reason_and_happens_once(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    address = f"/events/{event.slug}/format"
    town_hall("POST", address, {"format": "digital", "reason": "Inzidenz", "join_url": ROOM})
    refused = town_hall("POST", address, {"format": "onsite", "reason": " "})
    assert (refused.status_code, (refused.json or {})["errors"].keys()) == (422, {"reason"})
    assert (town_hall("POST", address, {"format": "onsite", "reason": "sinkt"}).json or {})["changed"] is True
    town_hall("POST", address, {"format": "digital", "reason": "steigt"})
    again = town_hall("POST", address, {"format": "hybrid", "reason": "sinkt"})
    assert (again.status_code, (again.json or {})["reason"]) == (409, "back_before")
    dry = town_hall("POST", address, {"format": "hybrid", "reason": "sinkt", "dry_run": True}).json
    assert dry == {"effects": {}, "blocked": ["back_before"]}


def test_back_on_site_after_the_promised_day_is_refused(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    address = f"/events/{event.slug}/format"
    town_hall("POST", address, {"format": "digital", "reason": "Inzidenz", "join_url": ROOM})
    clock.set(STARTS_AT - timedelta(hours=15))
    late = town_hall("POST", address, {"format": "onsite", "reason": "sinkt"})
    assert (late.status_code, (late.json or {})["reason"]) == (409, "back_too_late")
