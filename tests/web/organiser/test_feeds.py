"""The pages of sources: choosing one, describing one, trying it without keeping anything, and how it stands."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.events.types import EventFacts
from regservice.exchange.service import to_yaml
from regservice.formats import service as formats
from regservice.formats.feeds import polling, ready
from regservice.formats.types import FormatRule, RuleKind, RuleMode
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.factories import make_event
from tests.feed_server import FeedServer, feed_server, fetcher
from tests.formats.feeds.conftest import GOOD, feed
from tests.forms import forms_in
from tests.web.organiser.conftest import SignIn

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
PAGE = "/organise/events/dialogue-evening/format/feed"
ENGLISH = {"Accept-Language": "en"}
RULE = FormatRule(kind=RuleKind.LEVEL, over=3, decision_at=NOON)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as running:
        yield running


@pytest.fixture
def turned_on(wiring: Wiring, server: FeedServer) -> None:
    wiring.feeds = fetcher(server.name)


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    made = make_event(clock())
    assert isinstance(formats.save_rule(made.id, RULE, by="test", now=clock()), FormatRule)
    return made


def send(client: FlaskClient, source: str, do: str = "try", **values: str) -> TestResponse:
    """Fill in the form of a source and press one of its buttons."""
    page = f"{PAGE}/{source}"
    hidden = next(fields for address, fields in forms_in(client.get(page).text) if address == page)
    data = {**hidden, "do": do, **{f"feed-{name}": value for name, value in values.items()}}
    return client.post(page, data=data, headers=ENGLISH)


def feed_of(event: EventFacts) -> object:
    rule = formats.find_rule(event.id)
    assert rule is not None
    return rule.feed


@pytest.mark.parametrize(
    ("source", "values", "expected"),
    [
        ("incidence", {"county": "05754"}, ready.incidence("05754")),
        ("hospitalisation", {"state": "05"}, ready.hospitalisation("05")),
        ("sewage", {"virus": "SARS-CoV-2", "site": ""}, ready.sewage("", "SARS-CoV-2")),
        ("sewage", {"virus": "Influenza A", "site": "Bonn"}, ready.sewage("Bonn", "Influenza A")),
        ("weather", {"county": "05754", "types": "1"}, ready.weather("05754", ["1"])),
        ("incidence", {"county": "gütersloh"}, ready.incidence("05754")),
        ("weather", {"county": "Kreis Gütersloh (05754)", "types": "1"}, ready.weather("05754", ["1"])),
    ],
)
def test_a_ready_source_is_chosen_by_its_place(
    organiser: FlaskClient, event: EventFacts, source: str, values: dict[str, str], expected: dict[str, object]
) -> None:
    done = send(organiser, source, "use", **values)
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    assert feed_of(event) == expected
    assert str(expected["key"]) in organiser.get(PAGE).text


def test_a_source_that_can_never_give_the_value_of_the_rule_is_refused(
    organiser: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    formats.save_rule(event.id, replace(RULE, over=300), by="test", now=clock())
    refused = send(organiser, "weather", "use", county="05754", types="1")
    assert (refused.status_code, feed_of(event)) == (409, None)
    assert "can never give this value" in refused.text


def test_civil_warnings_are_the_source_of_a_rule_that_only_alerts(
    organiser: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    refused = send(organiser, "civil", "use", county="05754")
    assert (refused.status_code, feed_of(event)) == (409, None)
    assert "Official warnings never propose a switch: they only tell you." in refused.text
    formats.save_rule(event.id, replace(RULE, mode=RuleMode.ALERT), by="test", now=clock())
    assert send(organiser, "civil", "use", county="05754").status_code == 303
    assert feed_of(event) == ready.civil_warnings("05754")
    refused = send(organiser, "incidence", "use", county="05754")
    assert refused.status_code == 409
    assert "The source of this rule holds no official warnings." in refused.text


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("incidence", {"county": ""}, "Please enter the county, for example Gütersloh or 05754."),
        ("incidence", {"county": "5999"}, "There is no county with this key, or not any more."),
        ("incidence", {"county": "17754"}, "There is no county with this key, or not any more."),
        ("incidence", {"county": "٠٥٧٥٤"}, "There is no county with this key, or not any more."),
        ("incidence", {"county": "Hanau"}, "There is no county with this name."),
        ("weather", {"county": "Kassel", "types": "1"}, "one of these: Stadt Kassel (06611), Landkreis Kassel (06633)"),
        ("incidence", {"county": "05999"}, "There is no county with this key, or not any more."),
        ("weather", {"county": "16056", "types": "1"}, "There is no county with this key, or not any more."),
        ("civil", {"county": "16056"}, "There is no county with this key, or not any more."),
        ("weather", {"county": "05754"}, "Please choose at least one kind of warning."),
        ("text", {"description": ""}, "Please enter a description."),
        ("text", {"description": "a: [b"}, "This is no YAML file"),
        ("text", {"description": "- a"}, "document: This must be an object with members."),
        ("text", {"description": "key: a\nnumber: 5"}, "number: Unknown field."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(
    organiser: FlaskClient, event: EventFacts, source: str, values: dict[str, str], text: str
) -> None:
    for do in ("try", "use"):
        answer = send(organiser, source, do, **values)
        assert answer.status_code == 400
        assert text in answer.text
    assert feed_of(event) is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"url": "http://feeds.example.org/"}, "url: This must begin with https://"),
        ({"where": {"id": 5754}}, "Write this as a text in quotes, so that leading zeros stay."),
        ({"poll": "25:00"}, "poll: "),
        ({"stale_after_h": 0}, "stale_after_h: "),
        ({"max_mb": 201}, "max_mb: "),
        ({"plausible": [1]}, "plausible: "),
    ],
)
def test_a_description_by_hand_is_checked_by_its_shape(
    organiser: FlaskClient, event: EventFacts, server: FeedServer, changes: dict[str, object], text: str
) -> None:
    answer = send(organiser, "text", "use", description=to_yaml(feed(server, **changes)))
    assert answer.status_code == 400
    assert text in answer.text
    assert feed_of(event) is None


def test_counties_are_offered_by_name(organiser: FlaskClient, event: EventFacts) -> None:
    page = organiser.get(f"{PAGE}/civil").text
    assert page.count("<option value=") == 400
    assert page.index("Städteregion Aachen (05334)") > page.index("Kreis Gütersloh (05754)")
    assert 'list="counties"' in page


def test_wherever_a_source_is_named_its_county_is_as_well(
    organiser: FlaskClient, event: EventFacts, clock: Clock, sign_in: SignIn
) -> None:
    send(organiser, "incidence", "use", county="Gütersloh")
    named = "Kreis Gütersloh (05754), rki-incidence-05754"
    format_page = "/organise/events/dialogue-evening/format"
    hidden = next(fields for address, fields in forms_in(organiser.get(format_page).text) if address.endswith("/rule"))
    rule = {"kind": "level", "over": "3", "decision_on": "2026-11-16", "decision_time": "12:00", "notice_days": "3"}
    typed = {f"rule-{name}": value for name, value in (rule | {"mode": "propose", "compare_days": "7"}).items()}
    preview = organiser.post(f"{format_page}/rule/preview", data=hidden | typed)
    assert preview.status_code == 200
    for text in (organiser.get(PAGE).text, organiser.get(format_page).text, preview.text):
        assert named in text
    clock.set(NOON)
    formats.decide_due(clock())
    assert f"Quelle des Werts: {named}" in sign_in().get(format_page).text
    [proposal] = [message for message in outbox.ledger(event.id) if message.kind == "proposal"]
    letter = notices.compose(proposal, clock())
    assert f"Quelle des Werts: {named}" in " ".join(letter.text.split())


@pytest.mark.usefixtures("turned_on")
def test_trying_shows_the_value_and_where_it_stood_and_keeps_nothing(
    organiser: FlaskClient, event: EventFacts, server: FeedServer, clock: Clock
) -> None:
    yesterday = clock().date() - timedelta(days=1)
    server.serve("/table.csv", f"day,id,value\n{yesterday},05754,400\n".encode())
    answer = send(organiser, "text", description=to_yaml(feed(server)))
    assert answer.status_code == 200
    for text in ("A value was read", "400", "36 hours old", f"{yesterday},05754,400", "Nothing was saved."):
        assert text in answer.text
    assert feed_of(event) is None
    assert formats.readings(event.id) == []


@pytest.mark.usefixtures("turned_on")
def test_trying_says_what_is_wrong_in_words(organiser: FlaskClient, event: EventFacts, server: FeedServer) -> None:
    server.serve("/table.csv", b"<script>alert(1)</script>")
    answer = send(organiser, "text", description=to_yaml(feed(server)))
    assert answer.status_code == 200
    assert "The source sent a web page in place of a table." in answer.text
    server.serve("/table.csv", b'day,id,value\n2026-10-05,05754,"<script>alert(1)</script>"\n')
    answer = send(organiser, "text", description=to_yaml(feed(server)))
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.usefixtures("turned_on")
def test_trying_obeys_the_list_of_hosts(organiser: FlaskClient, event: EventFacts, server: FeedServer) -> None:
    answer = send(organiser, "text", description=to_yaml(feed(server, url="https://intranet.example.org/")))
    assert "This server may not fetch anything from intranet.example.org." in answer.text
    assert server.asked == []


@pytest.mark.usefixtures("turned_on")
def test_trying_is_limited(organiser: FlaskClient, event: EventFacts, server: FeedServer) -> None:
    server.serve("/table.csv", GOOD)
    description = to_yaml(feed(server))
    answers = [send(organiser, "text", description=description).status_code for _ in range(21)]
    assert answers == [200] * 20 + [429]
    assert len(server.asked) == 20


def test_while_fetching_is_off_the_pages_say_how_to_turn_it_on(organiser: FlaskClient, event: EventFacts) -> None:
    for page in (PAGE, f"{PAGE}/incidence"):
        text = organiser.get(page).text
        assert "REGSERVICE_FEEDS=on" in text
        assert "REGSERVICE_FEED_HOSTS=raw.githubusercontent.com,warnung.bund.de,www.dwd.de" in text
    answer = send(organiser, "incidence", county="05754")
    assert "Fetching is turned off on this server." in answer.text


@pytest.mark.usefixtures("turned_on")
def test_a_host_that_is_not_allowed_yet_is_named(organiser: FlaskClient, event: EventFacts) -> None:
    text = organiser.get(f"{PAGE}/weather", headers=ENGLISH).text
    assert "Who runs the service adds the name www.dwd.de to REGSERVICE_FEED_HOSTS." in text
    assert "REGSERVICE_FEEDS=on" not in text


def test_without_a_rule_sources_can_be_tried_and_not_used(organiser: FlaskClient, app: Flask, clock: Clock) -> None:
    make_event(clock())
    assert "There is no rule yet" in organiser.get(PAGE, headers=ENGLISH).text
    answer = send(organiser, "incidence", "use", county="05754")
    assert answer.status_code == 409
    assert "This event has no rule yet." in answer.text


@pytest.mark.usefixtures("turned_on")
def test_the_page_shows_how_the_source_stands(
    organiser: FlaskClient, event: EventFacts, server: FeedServer, clock: Clock, wiring: Wiring
) -> None:
    formats.save_feed(event.id, feed(server), by="test", now=clock())
    assert "Not fetched yet" in organiser.get(PAGE, headers=ENGLISH).text
    today = clock().date()
    server.serve("/table.csv", f"day,id,value\n{today - timedelta(days=1)},05754,123.5\n".encode())
    polling.poll_due(wiring.feeds, clock)
    text = organiser.get(PAGE, headers=ENGLISH).text
    for part in ("Fresh", "123.5", "36 hours old", "Last fetched"):
        assert part in text
    # The page of the format names the source as well.
    assert "table" in organiser.get(PAGE.removesuffix("/feed"), headers=ENGLISH).text


@pytest.mark.usefixtures("turned_on")
def test_the_page_says_what_failed(
    organiser: FlaskClient, event: EventFacts, server: FeedServer, clock: Clock, wiring: Wiring
) -> None:
    formats.save_feed(event.id, feed(server), by="test", now=clock())
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 503)
    polling.poll_due(wiring.feeds, clock)
    text = organiser.get(PAGE, headers=ENGLISH).text
    for part in ("The source answered with an error (503).", "Failed", "Failing since"):
        assert part in text


def test_a_source_can_be_removed(organiser: FlaskClient, event: EventFacts, clock: Clock) -> None:
    formats.save_feed(event.id, ready.incidence("05754"), by="test", now=clock())
    [hidden] = [fields for address, fields in forms_in(organiser.get(PAGE).text) if address == f"{PAGE}/remove"]
    done = organiser.post(f"{PAGE}/remove", data=hidden)
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    assert feed_of(event) is None


def test_an_unknown_source_is_not_found(organiser: FlaskClient, event: EventFacts) -> None:
    assert organiser.get(f"{PAGE}/horoscope").status_code == 404
