"""The organisers hear of a feed that gives nothing fresh: once a day, by day, as long as it is so."""

from datetime import timedelta

import pytest
from flask import Flask

from regservice.formats import service as formats
from regservice.formats.feeds import polling
from regservice.formats.feeds.service import tell_of_trouble
from regservice.formats.feeds.trying import try_feed
from regservice.formats.feeds.types import FeedState, FeedTrouble
from regservice.limits.service import TooMany
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from tests.conftest import Clock
from tests.facts import event_facts
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds.conftest import GOOD, NOON, feed, watched_event

MORNING = NOON - timedelta(days=5, hours=4)


def told(event_id: int) -> list[MessageFacts]:
    messages = outbox.ledger(event_id)
    return [message for message in messages if message.kind == "organiser_feed"]


def tick(server: FeedServer, clock: Clock) -> int:
    asking = fetcher(server.name)
    polling.poll_due(asking, clock)
    return tell_of_trouble(asking, clock())


def test_organisers_hear_of_a_failure_once_a_day(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 500)
    # Weeks before the decision nobody is troubled.
    clock.set(NOON - timedelta(days=21, seconds=1))
    assert tick(server, clock) == 0
    # At night neither.
    clock.set(MORNING.replace(hour=3))
    assert tick(server, clock) == 0
    clock.set(MORNING)
    assert [tick(server, clock) for _ in range(2)] == [1, 0]
    clock.advance(hours=8)
    assert tick(server, clock) == 0
    clock.set(MORNING + timedelta(days=1))
    assert tick(server, clock) == 1
    assert [message.recipient for message in told(event.id)] == ["office@example.org"] * 2


def test_the_mail_says_what_is_wrong_and_what_to_do(app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 500)
    clock.set(MORNING)
    tick(server, clock)
    (message,) = told(event.id)
    letter = notices.compose(message, clock())
    assert letter.subject == "Der Wert ließ sich nicht abrufen: Dialogue evening"
    assert "Die Quelle antwortete mit einem Fehler (500)." in letter.text
    assert "http://events.example.org/organise/events/dialogue-evening/format/feed" in letter.text.splitlines()
    # It leaves only while it is true.
    assert notices.still_wanted(message, clock()) is None
    server.serve("/table.csv", b"day,id,value\n2026-11-10,05754,5\n")
    clock.advance(hours=1)
    polling.poll_due(fetcher(server.name), clock)
    assert notices.still_wanted(message, clock()) == "the value is fresh again, or no longer needed"


def test_a_value_that_became_too_old_is_told_as_well(app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    clock.set(MORNING)
    server.serve("/table.csv", b"day,id,value\n2026-11-09,05754,5\n")
    assert tick(server, clock) == 0
    clock.set(MORNING + timedelta(days=1))
    assert tick(server, clock) == 1
    letter = notices.compose(told(event.id)[0], clock())
    assert letter.subject == "Der Wert ist zu alt: Dialogue evening"
    # A reading by hand ends it.
    formats.add_reading(event.id, 5, clock(), by="organiser:1", now=clock())
    assert notices.still_wanted(told(event.id)[0], clock()) == "the value is fresh again, or no longer needed"


def test_without_fetching_nobody_is_told(app: Flask, clock: Clock, server: FeedServer):
    watched_event(clock, feed(server))
    clock.set(MORNING)
    assert tell_of_trouble(None, clock()) == 0


def test_a_try_shows_and_keeps_nothing(app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    server.serve("/table.csv", GOOD)
    clock.set(NOON)
    tried = try_feed(fetcher(server.name), feed(server), event_facts(), who="organiser:1", now=clock())
    assert not isinstance(tried, TooMany)
    assert tried.value is not None
    assert (tried.value.value, tried.value.raw, tried.state, tried.size) == (
        400,
        "day,id,value\n2026-11-15,05754,400",
        FeedState.FRESH,
        len(GOOD),
    )
    assert formats.readings(event.id) == []
    clock.advance(days=3)
    tried = try_feed(fetcher(server.name), feed(server), event_facts(), who="organiser:1", now=clock())
    assert not isinstance(tried, TooMany)
    assert tried.state is FeedState.STALE


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"where": {"id": "1"}}, "nothing_found"), ({"url": "https://elsewhere.example.org/"}, "host_not_allowed")],
)
def test_a_try_says_what_is_wrong(app: Flask, clock: Clock, server: FeedServer, changes: dict[str, object], code: str):
    server.serve("/table.csv", GOOD)
    tried = try_feed(fetcher(server.name), feed(server, **changes), event_facts(), who="organiser:1", now=clock())
    assert not isinstance(tried, TooMany)
    assert tried.trouble is not None
    assert (tried.state, tried.trouble.code) == (FeedState.FAILED, code)


def test_tries_are_limited_for_each_organiser(app: Flask, clock: Clock, server: FeedServer):
    server.serve("/table.csv", GOOD)
    asking = fetcher(server.name)
    tries = [try_feed(asking, feed(server), event_facts(), who="organiser:1", now=clock()) for _ in range(21)]
    assert [isinstance(tried, TooMany) for tried in tries] == [False] * 20 + [True]
    assert len(server.asked) == 20
    assert not isinstance(try_feed(asking, feed(server), event_facts(), who="organiser:2", now=clock()), TooMany)
    assert try_feed(None, feed(server), event_facts(), who="organiser:1", now=clock()).trouble == FeedTrouble(
        code="off"
    )
