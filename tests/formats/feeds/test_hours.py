"""A weather rule reads the hours of the event: a warning that misses them does not count."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, EventValues
from regservice.formats import service as formats
from regservice.formats.feeds import polling, ready
from regservice.formats.feeds.hours import Hours, about, hours_of
from regservice.formats.feeds.moments import end_moment
from regservice.formats.feeds.reading import read
from regservice.formats.feeds.service import standing, try_feed
from regservice.formats.feeds.types import FeedTrouble, description_of
from regservice.formats.types import Decision, FormatRule, Outcome, RuleMode
from regservice.limits.service import TooMany
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT
from tests.facts import event_facts
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds import documents
from tests.formats.feeds.conftest import NOON, watched_event

BERLIN = "Europe/Berlin"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
EVENT = Hours(begin=STARTS_AT, end=ENDS_AT)
WEATHER = ready.weather("05754", ["1"])


@pytest.mark.parametrize(
    ("begin", "end", "touches"),
    [
        (STARTS_AT - DAY, STARTS_AT - SECOND, False),
        (STARTS_AT - DAY, STARTS_AT, False),
        (STARTS_AT - DAY, STARTS_AT + SECOND, True),
        (STARTS_AT + HOUR, STARTS_AT + HOUR + SECOND, True),
        (ENDS_AT - SECOND, ENDS_AT + DAY, True),
        (ENDS_AT, ENDS_AT + DAY, False),
        (ENDS_AT + SECOND, ENDS_AT + DAY, False),
        (STARTS_AT - DAY, ENDS_AT + DAY, True),
        (None, STARTS_AT, False),
        (None, STARTS_AT + SECOND, True),
        (ENDS_AT, None, False),
        (ENDS_AT - SECOND, None, True),
        (None, None, True),
    ],
)
def test_what_touches_the_hours_of_an_event(begin: datetime | None, end: datetime | None, touches: bool) -> None:
    assert EVENT.touched_by(begin, end) is touches


def test_the_hours_are_those_of_the_event_and_two_where_no_end_is_announced() -> None:
    assert hours_of(event_facts()) == EVENT
    assert hours_of(event_facts(ends_at=None)) == Hours(begin=STARTS_AT, end=STARTS_AT + 2 * HOUR)
    assert hours_of(event_facts(starts_at=None, ends_at=None)) is None
    assert about(WEATHER, event_facts()) == "2026-11-20T15:00Z/2026-11-20T18:00Z"
    assert about(ready.incidence("05754"), event_facts()) == ""


@pytest.mark.parametrize(
    ("text", "end"),
    [
        # A day is meant with all of its hours, in the zone of the event and also where it has 25 of them.
        ("2026-11-20", datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("2026-10-25", datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("2026-11-20T19:00:00+01:00", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        # Without an offset it is the clock of the event's zone: in summer two hours ahead.
        ("2026-07-20T19:00:00", datetime(2026, 7, 20, 17, tzinfo=UTC)),
        (str(int(STARTS_AT.timestamp() * 1000)), STARTS_AT),
    ],
)
def test_when_a_warning_ends(text: str, end: datetime) -> None:
    assert end_moment(text, BERLIN) == end


def warned(level: int, begin: datetime, end: datetime | None) -> dict[str, Any]:
    """A storm warning as the weather service writes it: in milliseconds, without a zone to be mistaken."""
    milliseconds = [None if at is None else int(at.timestamp() * 1000) for at in (begin, end)]
    return documents.warning(1, level) | {"start": milliseconds[0], "end": milliseconds[1]}


def value(*warnings: dict[str, Any], hours: Hours | None = EVENT, feed: dict[str, Any] = WEATHER) -> float | str:
    found = read(
        io.BytesIO(documents.weather({"105754000": list(warnings)})), description_of(feed), BERLIN, documents.NOW, hours
    )
    return found.code if isinstance(found, FeedTrouble) else found[0].value


MORNING_STORM = warned(4, STARTS_AT - 8 * HOUR, STARTS_AT)
EVENING_STORM = warned(3, STARTS_AT + HOUR, None)


def test_only_a_warning_that_holds_during_the_event_counts() -> None:
    assert value(MORNING_STORM, warned(2, STARTS_AT - HOUR, STARTS_AT + HOUR), warned(5, ENDS_AT, None)) == 2
    assert value(MORNING_STORM, EVENING_STORM) == 3
    # None of them is no warning, which is a value, and no doubt.
    assert value(MORNING_STORM) == 0
    # An event without a date could be at any hour.
    assert value(MORNING_STORM, EVENING_STORM, hours=None) == 4
    # A source that does not say how long its warnings hold counts them all.
    assert value(MORNING_STORM, feed={**WEATHER, "begins": None, "ends": None}) == 4


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (MORNING_STORM | {"end": "soon"}, "no_time"),
        (MORNING_STORM | {"start": MORNING_STORM["end"], "end": MORNING_STORM["start"]}, "no_time"),
        ({name: member for name, member in MORNING_STORM.items() if name != "start"}, "member_missing"),
        ({name: member for name, member in MORNING_STORM.items() if name != "end"}, "member_missing"),
    ],
)
def test_a_warning_whose_hours_cannot_be_read_is_never_no_warning(broken: dict[str, Any], code: str) -> None:
    assert value(broken) == code


def test_a_table_can_say_how_long_its_rows_hold() -> None:
    table = b"cell,level,from,to\n1,4,2026-11-19,2026-11-19\n1,2,2026-11-20,\n"
    feed = {
        "key": "table",
        "url": "https://example.org",
        "format": "csv",
        "value": "level",
        "begins": "from",
        "ends": "to",
    }
    found = read(io.BytesIO(table), description_of(feed), BERLIN, documents.NOW, EVENT)
    assert not isinstance(found, FeedTrouble)
    assert found[0].value == 2


def served(server: FeedServer) -> dict[str, Any]:
    return WEATHER | {"url": server.url("/warnings.json")}


def serve(server: FeedServer, clock: Clock, *warnings: dict[str, Any]) -> None:
    server.serve("/warnings.json", documents.weather({"105754000": list(warnings)}, at=clock()))


def poll(server: FeedServer, clock: Clock) -> int:
    return polling.poll_due(fetcher(*server.names), clock)


def storm_watched(clock: Clock, server: FeedServer) -> EventFacts:
    return watched_event(clock, served(server), over=3, mode=RuleMode.PROPOSE)


def outcome(event: EventFacts, clock: Clock) -> tuple[Outcome, str, float | None]:
    clock.set(NOON)
    formats.decide_due(clock())
    [proposal] = formats.proposals_of(event.id)
    return proposal.outcome, proposal.why, proposal.reading.value if proposal.reading else None


def test_a_storm_that_is_over_by_then_proposes_nothing(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = storm_watched(clock, server)
    clock.set(NOON - 10 * timedelta(minutes=1))
    serve(server, clock, MORNING_STORM)
    poll(server, clock)
    assert outcome(event, clock) == (Outcome.STAY, "", 0)


def test_a_storm_during_the_event_is_proposed(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = storm_watched(clock, server)
    clock.set(NOON - 10 * timedelta(minutes=1))
    serve(server, clock, MORNING_STORM, EVENING_STORM)
    poll(server, clock)
    assert outcome(event, clock) == (Outcome.SWITCH, "", 3)
    formats.decide(event.id, Decision.SWITCH, reason="Storm", by="organiser:1", now=clock())
    [switch] = formats.history(event.id)
    assert switch.reading is not None
    assert (switch.reading["value"], switch.reading["about"]) == (3, "2026-11-20T15:00Z/2026-11-20T18:00Z")


def test_a_try_shows_what_the_rule_would_read(app: Flask, clock: Clock, server: FeedServer) -> None:
    event = storm_watched(clock, server)
    serve(server, clock, MORNING_STORM, EVENING_STORM)
    tried = try_feed(fetcher(*server.names), served(server), event, who="organiser:1", now=clock())
    assert not isinstance(tried, TooMany)
    assert tried.value is not None
    assert tried.value.value == 3


def moved(event: EventFacts, by: timedelta, clock: Clock) -> EventValues:
    before = events.values_of(events.get(event.id))
    assert before.starts_at is not None
    assert before.ends_at is not None
    after = replace(before, starts_at=before.starts_at + by, ends_at=before.ends_at + by, registration_closes_at=None)
    assert isinstance(changes.edit(event.id, after, by="test", now=clock()), EventFacts)
    return after


def rule_of(event: EventFacts) -> FormatRule:
    rule = formats.find_rule(event.id)
    assert rule is not None
    return rule


def test_when_the_event_moves_its_weather_is_asked_anew(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = storm_watched(clock, server)
    clock.set(NOON - 3 * HOUR)
    serve(server, clock, MORNING_STORM)
    assert poll(server, clock) == 1
    assert [reading.value for reading in formats.readings(event.id)] == [0]
    moved(event, -6 * HOUR, clock)
    # What was read was about other hours: it says nothing any more.
    assert (formats.readings(event.id), standing(event.id, rule_of(event), clock()).state) == ([], None)
    assert poll(server, clock) == 1
    assert [reading.value for reading in formats.readings(event.id)] == [4]
    # And back: what was read about these hours still stands for them.
    moved(event, 6 * HOUR, clock)
    assert [reading.value for reading in formats.readings(event.id)] == [0]


def test_a_reading_about_other_hours_decides_nothing(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = storm_watched(clock, server)
    clock.set(NOON - 10 * timedelta(minutes=1))
    serve(server, clock, EVENING_STORM)
    poll(server, clock)
    moved(event, DAY, clock)
    assert outcome(event, clock) == (Outcome.UNDECIDED, "missing", None)
