"""Forty bad feeds: none of them switches an event, each is told in words, and the organiser hears it loudly."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import Format
from regservice.formats import service as formats
from regservice.formats.feeds import polling
from regservice.formats.feeds.service import standing
from regservice.notices.feed import TROUBLE
from regservice.outbox import service as outbox
from tests.conftest import Clock
from tests.feed_server import LOOPBACK, Answer, FeedServer, Handler, fetcher
from tests.formats.feeds.conftest import GOOD, NOON, feed, watched_event

METADATA = "169.254.169.254"


def status(number: int) -> Answer:
    return lambda handler: handler.send(b"" if number == 204 else GOOD, number)


def body(content: bytes, **headers: str) -> Answer:
    return lambda handler: handler.send(content, **headers)


def redirect(location: str) -> Answer:
    return lambda handler: handler.send(b"", 302, Location=location)


def rows(*lines: str, header: str = "day,id,value") -> Answer:
    return body("\n".join([header, *lines, ""]).encode())


def silent(handler: Handler) -> None:
    handler.server.ending.wait(30)


def dripping(handler: Handler) -> None:
    handler.send(b"", Content_Length="1000")
    while not handler.server.ending.wait(0.3):
        handler.wfile.write(b"0")


def endless(handler: Handler) -> None:
    handler.send(b"", Content_Length="")
    while not handler.server.ending.is_set():
        handler.wfile.write(b"2026-11-15,05754,400\n" * 1000)


def broken_pieces(handler: Handler) -> None:
    handler.send(b"", Content_Length="", Transfer_Encoding="chunked")
    handler.wfile.write(f"{len(GOOD):x}\r\n".encode() + GOOD + b"\r\n")


def nonsense(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example.org ESMTP\r\n")


BAD: list[tuple[str, Answer, str]] = [
    ("500", status(500), "http_status"),
    ("503", status(503), "http_status"),
    ("404 with a document", status(404), "http_status"),
    ("403", status(403), "http_status"),
    ("429", status(429), "http_status"),
    ("204", status(204), "http_status"),
    ("206 of a part", status(206), "http_status"),
    ("304 without a question", status(304), "http_status"),
    ("silent", silent, "timeout"),
    ("a byte now and then", dripping, "timeout"),
    ("no HTTP", nonsense, "no_answer"),
    ("ends early", body(GOOD, Content_Length="1000"), "no_answer"),
    ("pieces that do not end", broken_pieces, "no_answer"),
    ("endless", endless, "too_large"),
    ("huge", body(b"0" * 2_000_000), "too_large"),
    ("gzip bomb", body(gzip.compress(GOOD + b"\n" * 50_000_000), Content_Encoding="gzip"), "too_large"),
    ("half a gzip", body(gzip.compress(GOOD)[:-8], Content_Encoding="gzip"), "truncated"),
    ("no gzip", body(GOOD, Content_Encoding="gzip"), "encoding"),
    ("unknown packing", body(GOOD, Content_Encoding="br"), "encoding"),
    ("redirect to the metadata service", redirect(f"https://{METADATA}/latest/meta-data/"), "private_address"),
    ("redirect to http", redirect("http://feeds.example.org/table.csv"), "not_https"),
    ("redirect to another host", redirect("https://evil.example/table.csv"), "host_not_allowed"),
    ("redirect in a circle", redirect("/table.csv"), "too_many_redirects"),
    ("empty", body(b""), "empty"),
    ("only a header", rows(), "nothing_found"),
    ("a web page", body(b"<!DOCTYPE html><title>Wartung</title>"), "html"),
    ("a picture", body(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), "not_text"),
    ("Latin-1", body("day,id,value\n2026-11-15,05754,400\n2026-11-15,Göppingen,7\n".encode("latin-1")), "not_text"),
    ("JSON", body(json.dumps([{"day": "2026-11-15", "value": 400}]).encode()), "column_missing"),
    ("semicolons", rows("2026-11-15;05754;400", header="day;id;value"), "column_missing"),
    ("renamed value", rows("2026-11-15,05754,400", header="day,id,incidence"), "column_missing"),
    ("renamed key", rows("2026-11-15,05754,400", header="day,county,value"), "column_missing"),
    ("half a line", body(GOOD + b"2026-11-16,057"), "row_broken"),
    ("key without its zero", rows("2026-11-15,5754,400"), "nothing_found"),
    ("NaN", rows("2026-11-15,05754,NaN"), "not_finite"),
    ("infinite", rows("2026-11-15,05754,1e999"), "not_finite"),
    ("decimal comma", rows('2026-11-15,05754,"400,5"'), "not_a_number"),
    ("a word", rows("2026-11-15,05754,high"), "not_a_number"),
    ("another unit", rows("2026-11-15,05754,40000"), "implausible"),
    ("negative", rows("2026-11-15,05754,-400"), "implausible"),
    ("no value yet", rows("2026-11-15,05754,NA"), "no_value"),
    ("tomorrow", rows("2026-11-17,05754,400"), "future"),
    ("year 2062", rows("2062-11-15,05754,400"), "future"),
    ("German date", rows("15.11.2026,05754,400"), "no_time"),
    ("a line without an end", body(b"day,id,value\n" + b"2026-11-15,05754," + b"4" * 100_000), "line_too_long"),
]


def at_the_decision(server: FeedServer, clock: Clock, event_id: int) -> tuple[Any, Any]:
    """Poll before the decision, decide, and let the hour of the veto pass. Gives the proposal's outcome and why."""
    asking = fetcher(server.name, METADATA, resolve=lambda host, port: [host if host == METADATA else LOOPBACK])
    clock.set(NOON - timedelta(minutes=10))
    assert polling.poll_due(asking, clock) == 1
    clock.set(NOON)
    formats.decide_due(clock())
    (proposal,) = formats.proposals_of(event_id)
    assert proposal.carries_out_at is None
    clock.advance(hours=2)
    formats.decide_due(clock())
    assert events.get(event_id).format is Format.ONSITE
    assert formats.history(event_id) == []
    mails = [message for message in outbox.ledger(event_id) if message.kind == "proposal"]
    assert [mail.payload["why"] for mail in mails] == [proposal.why]
    return proposal.outcome.value, proposal.why


def test_the_good_feed_would_switch(app: Flask, clock: Clock, server: FeedServer):
    """Else the forty would show nothing."""
    event = watched_event(clock, feed(server))
    server.serve("/table.csv", GOOD)
    clock.set(NOON - timedelta(minutes=10))
    polling.poll_due(fetcher(server.name), clock)
    clock.set(NOON)
    formats.decide_due(clock())
    clock.advance(hours=1)
    formats.decide_due(clock())
    assert events.get(event.id).format is Format.DIGITAL


@pytest.mark.parametrize(("answer", "code"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_feed_switches_nothing_even_after_a_good_one(
    app: Flask, clock: Clock, server: FeedServer, answer: Callable[[Handler], None], code: str
):
    event = watched_event(clock, feed(server))
    server.serve("/table.csv", GOOD)
    clock.set(NOON - timedelta(days=1))
    early = fetcher(server.name)
    assert polling.poll_due(early, clock) == 1
    assert [reading.value for reading in formats.readings(event.id)] == [390, 400]
    server.answers["/table.csv"] = answer
    assert at_the_decision(server, clock, event.id) == ("undecided", "failed")
    rule = formats.find_rule(event.id)
    assert rule is not None
    trouble = standing(event.id, replace(rule, decision_at=clock() + timedelta(days=1)), clock()).trouble
    assert trouble is not None
    assert trouble.code == code
    assert code in TROUBLE


@pytest.mark.parametrize("day", ["2026-11-13", "2024-10-07", "1926-11-15"])
def test_an_old_feed_switches_nothing(app: Flask, clock: Clock, server: FeedServer, day: str):
    event = watched_event(clock, feed(server))
    server.answers["/table.csv"] = rows(f"{day},05754,400")
    assert at_the_decision(server, clock, event.id) == ("undecided", "stale")


def test_they_are_forty():
    assert len(BAD) >= 40
