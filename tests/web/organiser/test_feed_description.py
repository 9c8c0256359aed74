"""A source described field by field: what is wrong stands at its field, and nothing that was typed is lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.events.document import checked
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.feeds import ready
from regservice.formats.shapes import FeedShape
from regservice.formats.types import FormatRule, RuleMode
from regservice.web.organiser.feed_description import as_fields
from regservice.web.organiser.feed_forms import form_of
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.factories import make_event
from tests.feed_server import FeedServer, feed_server, fetcher
from tests.forms import forms_in
from tests.web.organiser.test_feeds import ENGLISH, PAGE, RULE, feed_of, send

FIELDS = {
    "key": "our-table",
    "url": "https://data.example.org/table.csv",
    "format": "csv",
    "value": "incidence",
    "as_of": "day",
    "where": "county = 05754\r\ncounty = 05755\r\nage = 00+",
    "unless": "note=provisional",
    "plausible_from": "0",
    "plausible_to": "10000",
    "stale_after_h": "72",
    "poll": "07:45",
    "timeout_s": "20",
    "max_mb": "80",
}
DOCUMENT = {
    "key": "our-table",
    "url": "https://data.example.org/table.csv",
    "format": "csv",
    "value": "incidence",
    "as_of": "day",
    "where": {"county": ["05754", "05755"], "age": "00+"},
    "unless": {"note": "provisional"},
    "plausible": [0.0, 10000.0],
    "stale_after_h": 72,
    "poll": "07:45",
    "timeout_s": 20,
    "max_mb": 80,
}
WARNINGS = {
    "key": "warnings",
    "url": "https://data.example.org/w.json",
    "format": "json",
    "value": "payload.severity",
    "items": "*",
    "probe": "payload",
    "empty": "0",
    "scale": "Minor = 1\nSevere = 3,5",
}


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    made = make_event(clock())
    formats.save_rule(made.id, RULE, by="test", now=clock())
    return made


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as running:
        yield running


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (FIELDS, DOCUMENT),
        (
            WARNINGS,
            {**WARNINGS, "empty": 0.0, "scale": {"Minor": 1.0, "Severe": 3.5}},
        ),
        # What is left empty is as usual.
        (
            {"key": "k", "url": "https://data.example.org/", "format": "tsv", "value": "v"},
            {"key": "k", "url": "https://data.example.org/", "format": "tsv", "value": "v"},
        ),
    ],
)
def test_what_is_typed_is_kept_as_a_file_would_say_it(
    organiser: FlaskClient, event: EventFacts, typed: dict[str, str], expected: dict[str, object]
) -> None:
    done = send(organiser, "own", "use", **typed)
    assert (done.status_code, done.headers["Location"]) == (303, PAGE)
    assert feed_of(event) == expected


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("key", "", "Please enter a short name."),
        ("url", "", "Please enter a web address that begins with https://"),
        ("url", "http://data.example.org/", "Please enter a web address that begins with https://"),
        ("url", "javascript:alert(1)", "Please enter a web address that begins with https://"),
        ("format", "xml", "Not a valid choice"),
        ("value", "", "Please enter where the value stands."),
        ("where", "county = 05754\nage", "Line 2: please write a column, an equals sign and a text"),
        ("where", "= 05754", "Line 1: please write a column, an equals sign and a text"),
        ("unless", "note =", "Line 1: please write a column, an equals sign and a text"),
        ("scale", "Minor = one", "Line 1: please write a word, an equals sign and a number"),
        ("scale", "Minor = nan", "This is not possible here."),
        ("empty", "none", "Please enter a number such as 300."),
        ("plausible_from", "", "Please enter both, the lowest and the highest value."),
        ("plausible_to", "1.000", "Please write the number without a separator for thousands"),
        ("stale_after_h", "0", "Please enter a number between 1 and 8,784."),
        ("stale_after_h", "two days", "Please enter a whole number."),
        ("poll", "25:00", "Please enter a time such as 16:00."),
        ("timeout_s", "61", "Please enter a number between 1 and 60."),
        ("max_mb", "201", "Please enter a number between 1 and 200."),
    ],
)
def test_each_error_stands_at_its_field_and_what_was_typed_stays(
    organiser: FlaskClient, event: EventFacts, field: str, typed: str, words: str
) -> None:
    answer = send(organiser, "own", "use", **(FIELDS | {field: typed}))
    assert answer.status_code == 400
    wrong, _, rest = answer.text.partition(f'id="feed-{field}-error"')
    assert words in rest.partition("</p>")[0]
    assert wrong.count('href="#feed-') == 1
    assert f'href="#feed-{field}"' in wrong
    for line in typed.splitlines():
        assert line in answer.text
    assert 'value="our-table"' in answer.text or field == "key"
    assert feed_of(event) is None


def test_everything_that_is_wrong_is_said_at_once(organiser: FlaskClient, event: EventFacts) -> None:
    wrong = {"key": "", "url": "http://data.example.org/", "where": "age", "max_mb": "0"}
    answer = send(organiser, "own", "use", **(FIELDS | wrong))
    assert [name for name in FIELDS if f'id="feed-{name}-error"' in answer.text] == list(wrong)


def test_trying_keeps_nothing_but_what_was_typed(
    organiser: FlaskClient, event: EventFacts, server: FeedServer, wiring: Wiring, clock: Clock
) -> None:
    wiring.feeds = fetcher(server.name)
    yesterday = clock().date() - timedelta(days=1)
    server.serve("/table.csv", f"day,county,age,incidence\n{yesterday},05755,00+,400\n".encode())
    typed = FIELDS | {"url": server.url("/table.csv"), "unless": ""}
    answer = send(organiser, "own", **typed)
    assert (answer.status_code, "A value was read" in answer.text) == (200, True)
    assert feed_of(event) is None
    again = {name: shown for name, shown in _typed_in(answer.text).items() if name in typed}
    assert again == {name: text for name, text in typed.items() if text and name != "where" and name != "format"}
    assert "county = 05754\r\ncounty = 05755\r\nage = 00+" in answer.text
    assert '<option selected value="csv">' in answer.text


def _typed_in(html: str) -> dict[str, str]:
    """The lines of a form as they are shown."""
    found = {}
    for part in html.split("<input ")[1:]:
        marks = dict(mark.partition("=")[::2] for mark in part.partition(">")[0].split('" '))
        name, value = marks.get("name", "").strip('"'), marks.get("value", "").strip('"')
        if name.startswith("feed-") and value:
            found[name.removeprefix("feed-")] = value
    return found


@pytest.mark.parametrize(
    "kept",
    [
        ready.incidence("05754"),
        ready.hospitalisation("05"),
        ready.sewage("Bonn", "RSV A/B"),
        ready.weather("05754", ["1", "2"]),
        ready.civil_warnings("05754"),
        DOCUMENT,
    ],
    ids=lambda kept: str(kept["key"]),
)
def test_every_description_there_is_comes_back_from_the_fields(
    organiser: FlaskClient, event: EventFacts, clock: Clock, kept: dict[str, Any]
) -> None:
    if ready.is_civil(kept):
        formats.save_rule(event.id, replace(RULE, mode=RuleMode.ALERT), by="test", now=clock())
    assert isinstance(formats.save_feed(event.id, kept, by="test", now=clock()), FormatRule)
    page = organiser.get(f"{PAGE}/own", headers=ENGLISH)
    assert page.status_code == 200
    # What a browser would send back without anybody having touched it.
    form = form_of("own", kept)
    assert form is not None
    with organiser.application.test_request_context():
        sent = {field.short_name: field._value() for field in form if hasattr(field, "_value")}
        sent["format"] = str(kept["format"])
    done = send(organiser, "own", "use", **sent)
    assert done.status_code == 303
    meant = {name: value for name, value in checked(kept, FeedShape()).items() if value is not None}
    assert _as_meant(feed_of(event)) == _as_meant(meant)
    assert as_fields(None) == {}


def _as_meant(feed: Any) -> dict[str, Any]:
    """One text or a list of one is the same."""
    lists = {
        name: {column: [text] if isinstance(text, str) else list(text) for column, text in feed[name].items()}
        for name in ("where", "unless")
        if name in feed
    }
    return {**feed, **lists}


def test_both_ways_in_are_the_same_parser(organiser: FlaskClient, event: EventFacts) -> None:
    assert send(organiser, "own", "use", **FIELDS).status_code == 303
    text = organiser.get(f"{PAGE}/text").text
    assert f"{PAGE}/text" in organiser.get(f"{PAGE}/own").text
    assert [line in text for line in ("key: our-table", "- &#39;05755&#39;", "poll: 07:45")] == [True] * 3
    [hidden] = [fields for address, fields in forms_in(text) if address == f"{PAGE}/text"]
    assert hidden
