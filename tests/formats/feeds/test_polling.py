"""Polling real servers: once an address, one worker at a time, each reading kept once."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.config import current_settings
from regservice.db import db
from regservice.formats import service as formats
from regservice.formats.feeds import polling, store
from regservice.formats.feeds.service import standing, summary
from regservice.formats.feeds.types import FeedTrouble, NotModified, Request
from regservice.formats.types import FormatRule, Reading
from regservice.wiring import default_wiring
from tests.conftest import Clock
from tests.databases import settings_for
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds.conftest import GOOD, NOON, feed, watched_event

MORNING = NOON - timedelta(hours=4)


def day(number: int) -> datetime:
    """The beginning of a day of November in Berlin."""
    return datetime(2026, 11, number - 1, 23, tzinfo=UTC)


def kept(event_id: int) -> list[tuple[datetime, float]]:
    return [(reading.as_of, reading.value) for reading in formats.readings(event_id)]


def poll(server: FeedServer, clock: Clock) -> int:
    return polling.poll_due(fetcher(server.name), clock)


def rule_of(event_id: int) -> FormatRule:
    rule = formats.find_rule(event_id)
    assert rule is not None
    return rule


def test_nothing_is_fetched_unless_it_was_turned_on(app: Flask, clock: Clock, server: FeedServer, tmp_path):
    watched_event(clock, feed(server))
    wiring = default_wiring(current_settings())
    assert (wiring.feeds, polling.poll_due(wiring.feeds, clock)) == (None, 0)
    assert store.addresses() == []
    more = {"REGSERVICE_FEEDS": "on", "REGSERVICE_FEED_HOSTS": "a.example.org, b.example.org"}
    turned_on = default_wiring(settings_for(tmp_path, current_settings().database_url, **more))
    assert turned_on.feeds is not None
    assert turned_on.feeds.hosts() == ("a.example.org", "b.example.org")


def test_readings_are_kept_with_their_times_their_source_and_the_hash_of_the_bytes(
    each_app: Flask, clock: Clock, server: FeedServer
):
    event = watched_event(clock, feed(server))
    clock.set(MORNING)
    server.serve("/table.csv", GOOD)
    assert poll(server, clock) == 1
    reading = formats.readings(event.id)[-1]
    assert reading == Reading(
        id=reading.id,
        event_id=event.id,
        value=400,
        as_of=day(15),
        fetched_at=MORNING,
        source="table",
        entered_by="service",
        raw_sha256=hashlib.sha256(GOOD).hexdigest(),
    )
    assert kept(event.id) == [(day(14), 390), (day(15), 400)]
    assert standing(event.id, rule_of(event.id), clock()).state == "fresh"
    assert summary(clock()).failures == ()


def test_one_address_is_asked_once_for_all_events(each_app: Flask, clock: Clock, server: FeedServer):
    one = watched_event(clock, feed(server))
    other = watched_event(clock, feed(server, where={"id": "06431"}), title="Other")
    clock.set(MORNING)
    server.serve("/table.csv", GOOD)
    assert (poll(server, clock), len(server.asked)) == (1, 1)
    assert (kept(one.id)[-1][1], kept(other.id)[-1][1]) == (400, 7)
    assert (poll(server, clock), len(server.asked)) == (0, 1)


def test_the_next_morning_only_what_is_new_or_corrected_is_added(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    clock.set(MORNING - timedelta(days=1))
    server.serve("/table.csv", b"day,id,value\n2026-11-13,05754,380\n2026-11-14,05754,389\n")
    poll(server, clock)
    clock.advance(days=1)
    server.serve("/table.csv", GOOD)
    assert poll(server, clock) == 1
    assert kept(event.id) == [(day(13), 380), (day(14), 389), (day(14), 390), (day(15), 400)]
    clock.advance(days=1)
    assert poll(server, clock) == 0, "the decision was made; nobody reads the feed any more"
    assert store.addresses() == []


def test_an_unchanged_document_is_not_sent_again(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    clock.set(MORNING - timedelta(days=1))
    server.serve("/table.csv", GOOD.replace(b"2026-11-15,05754,400\n", b""), ETag='"one"')
    poll(server, clock)
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 304)
    clock.advance(days=1)
    assert poll(server, clock) == 1
    assert server.asked[-1][1]["If-None-Match"] == '"one"'
    stands = standing(event.id, rule_of(event.id), clock())
    assert (stands.read_at, stands.trouble) == (clock(), None)
    # Another description has not read it yet: it needs the whole document.
    formats.save_feed(event.id, feed(server, where={"id": "06431"}), by="test", now=clock())
    server.serve("/table.csv", GOOD)
    assert poll(server, clock) == 1
    assert "If-None-Match" not in server.asked[-1][1]


def test_a_value_without_a_time_is_as_old_as_its_fetching(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server, as_of=None, where={"day": "2026-11-15", "id": "05754"}))
    clock.set(MORNING - timedelta(days=1))
    server.serve("/table.csv", GOOD, ETag='"one"')
    poll(server, clock)
    clock.advance(days=1)
    poll(server, clock)
    assert kept(event.id) == [(MORNING - timedelta(days=1), 400), (MORNING, 400)]
    assert "If-None-Match" not in server.asked[-1][1]


def test_after_failures_it_is_tried_again_and_then_all_is_well(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 500)
    clock.set(MORNING - timedelta(days=3))
    waits = []
    for _ in range(4):
        assert poll(server, clock) == 1
        due_at = store.addresses()[0].due_at
        waits.append(round((due_at - clock()).total_seconds() / 60))
        clock.set(due_at)
    assert [wait // 15 * 15 for wait in waits] == [15, 60, 360, 360]
    stands = standing(event.id, rule_of(event.id), clock())
    assert (stands.state, stands.failed_at, stands.trouble) == (
        "failed",
        MORNING - timedelta(days=3),
        FeedTrouble(code="http_status", detail="500"),
    )
    assert summary(clock()).failures == ("http_status",)
    server.serve("/table.csv", GOOD.replace(b"2026-11-1", b"2026-11-0"))
    poll(server, clock)
    assert standing(event.id, rule_of(event.id), clock()).trouble is None
    assert store.addresses()[0].failures == 0


def test_one_reader_that_fails_leaves_the_others_alone(each_app: Flask, clock: Clock, server: FeedServer):
    good = watched_event(clock, feed(server))
    bad = watched_event(clock, feed(server, value="number"), title="Other")
    clock.set(MORNING)
    server.serve("/table.csv", GOOD, ETag='"one"')
    poll(server, clock)
    assert standing(good.id, rule_of(good.id), clock()).state == "fresh"
    assert standing(bad.id, rule_of(bad.id), clock()).trouble == FeedTrouble(code="column_missing", detail="number")
    # The next time it must come whole.
    assert store.addresses()[0].etag == ""


class Meanwhile:
    """A fetcher during whose fetch something else happens."""

    def __init__(self, happens) -> None:
        self.happens = happens
        self.fetched = 0

    def fetch(self, request: Request) -> FeedTrouble | NotModified:
        self.fetched += 1
        self.happens()
        return FeedTrouble(code="timeout")

    def hosts(self) -> tuple[str, ...]:
        return ()


def test_while_one_worker_fetches_the_others_do_not_and_no_connection_is_held(
    each_app: Flask, clock: Clock, server: FeedServer
):
    watched_event(clock, feed(server))
    second = Meanwhile(lambda: None)
    seen = []

    def happens() -> None:
        seen.append(db.engine.pool.checkedout())  # type: ignore[attr-defined]
        seen.append(polling.poll_due(second, clock))

    assert polling.poll_due(Meanwhile(happens), clock) == 1
    assert (seen, second.fetched) == ([0, 0], 0)


def test_a_worker_that_comes_back_too_late_writes_nothing(each_app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    server.serve("/table.csv", GOOD)

    def happens() -> None:
        clock.set(MORNING)
        assert poll(server, clock) == 1

    polling.poll_due(Meanwhile(happens), clock)
    stands = standing(event.id, rule_of(event.id), clock())
    assert (stands.state, stands.trouble) == ("fresh", None)
    assert store.addresses()[0].failures == 0


def test_a_feed_that_was_changed_while_it_was_fetched_gets_nothing_of_the_old_one(
    each_app: Flask, clock: Clock, server: FeedServer
):
    event = watched_event(clock, feed(server))
    polling.poll_due(
        Meanwhile(lambda: formats.save_feed(event.id, feed(server, key="new"), by="test", now=clock())), clock
    )
    assert standing(event.id, rule_of(event.id), clock()).trouble is None


def test_after_the_clock_was_set_back_it_is_fetched_at_once(each_app: Flask, clock: Clock, server: FeedServer):
    watched_event(clock, feed(server))
    server.serve("/table.csv", GOOD)
    clock.set(MORNING - timedelta(days=1))
    poll(server, clock)
    clock.advance(days=-3)
    assert (poll(server, clock), poll(server, clock)) == (1, 0)


@pytest.mark.parametrize("change", ["removed", "draft"])
def test_only_what_still_waits_for_a_decision_is_polled(app: Flask, clock: Clock, server: FeedServer, change: str):
    event = watched_event(clock, feed(server))
    if change == "removed":
        formats.save_feed(event.id, None, by="test", now=clock())
    else:
        formats.remove_rule(event.id, by="test", now=clock())
    assert poll(server, clock) == 0
    assert store.addresses() == []


def test_a_rule_reads_nothing_of_an_earlier_feed(app: Flask, clock: Clock, server: FeedServer):
    event = watched_event(clock, feed(server))
    clock.set(MORNING)
    server.serve("/table.csv", GOOD)
    poll(server, clock)
    rule = replace(rule_of(event.id), feed=feed(server, key="other"))
    assert standing(event.id, rule, clock()).reading is None
