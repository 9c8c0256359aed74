"""Each ready source in its real shape, from a server that answers as the real ones do, through the real fetching.

The server plays the real hosts: the names are looked up, the certificates are checked, and of each address only the
port is another. Documents come packed, in pieces, with an ETag, and are not sent again while they are as they were.
"""

import gzip
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.feeds import polling, ready
from regservice.formats.feeds.counties import COUNTIES
from regservice.formats.feeds.service import standing
from regservice.formats.types import Outcome, RuleMode
from tests.conftest import Clock
from tests.factories import STARTS_AT
from tests.feed_server import FeedServer, Handler, fetcher
from tests.formats.feeds import documents
from tests.formats.feeds.conftest import NOON, watched_event

# Monday, the day of the decision, and the morning of it at which the documents were made.
MORNING = documents.NOW
PIECE = 1000


class Published:
    """One document as the real servers send it; `body` may be changed, and its ETag changes with it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.sent = 0

    @property
    def etag(self) -> str:
        return f'W/"{hashlib.sha256(self.body).hexdigest()}"'

    def __call__(self, handler: Handler) -> None:
        if handler.headers["If-None-Match"] == self.etag:
            handler.send(b"", 304, ETag=self.etag)
            return
        self.sent += 1
        packed = gzip.compress(self.body)
        handler.send(b"", Content_Length="", Transfer_Encoding="chunked", Content_Encoding="gzip", ETag=self.etag)
        for start in range(0, len(packed), PIECE):
            piece = packed[start : start + PIECE]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")


def storm(level: int) -> bytes:
    """A storm warning during the event, and another one on the day before."""
    during, before = (int(at.timestamp() * 1000) for at in (STARTS_AT, STARTS_AT - timedelta(days=1)))
    hour = 3_600_000
    warnings = [
        documents.warning(1, level) | {"start": during, "end": during + hour},
        documents.warning(1, 5) | {"start": before, "end": before + hour},
    ]
    return documents.weather({"105754000": warnings, "106431000": [documents.warning(1, 4)]})


# The description, the document, its newest value with its time, and the number from which on a rule is met.
SOURCES: list[tuple[dict[str, Any], Callable[[], bytes], float, datetime, float]] = [
    (
        ready.incidence("05754"),
        lambda: documents.incidence(days=30, counties=sorted(COUNTIES)),
        312.5,
        datetime(2026, 11, 14, 23, tzinfo=UTC),
        300,
    ),
    (ready.hospitalisation("05"), documents.hospitalisation, 7.75, datetime(2026, 11, 13, 23, tzinfo=UTC), 7),
    (ready.sewage("", "SARS-CoV-2"), documents.sewage, 119000, datetime(2026, 11, 3, 23, tzinfo=UTC), 100_000),
    (
        ready.sewage("Gütersloh-Putzhagen", "SARS-CoV-2"),
        lambda: documents.sewage("Gütersloh-Putzhagen"),
        119000,
        datetime(2026, 11, 3, 23, tzinfo=UTC),
        100_000,
    ),
    (ready.weather("05754", ["1", "2"]), lambda: storm(3), 3, MORNING, 3),
]


def played(server: FeedServer, feed: dict[str, Any], published: Published) -> dict[str, Any]:
    """The description as it is, but for the port."""
    parts = urlsplit(feed["url"])
    assert parts.hostname is not None
    server.answers[parts.path] = published
    return feed | {"url": server.url(parts.path, parts.hostname)}


def poll(server: FeedServer, clock: Clock) -> int:
    return polling.poll_due(fetcher(*server.names), clock)


def newest(event: EventFacts) -> tuple[float, datetime]:
    reading = formats.readings(event.id)[-1]
    return reading.value, reading.as_of


@pytest.mark.parametrize(
    ("feed", "document", "value", "as_of", "over"), SOURCES, ids=[source[0]["key"] for source in SOURCES]
)
def test_a_ready_source_decides_from_what_its_server_sends(
    app: Flask,
    clock: Clock,
    server: FeedServer,
    feed: dict[str, Any],
    document: Callable[[], bytes],
    value: float,
    as_of: datetime,
    over: float,
) -> None:
    published = Published(document())
    event = watched_event(clock, played(server, feed, published), over=over, mode=RuleMode.PROPOSE)
    rule = formats.find_rule(event.id)
    assert rule is not None
    clock.set(MORNING)
    assert (poll(server, clock), newest(event)) == (1, (value, as_of))
    kept = formats.readings(event.id)
    assert kept[-1].raw_sha256 == hashlib.sha256(published.body).hexdigest()
    stands = standing(event.id, rule, clock())
    assert (stands.state, stands.trouble) == ("fresh", None)
    # Half an hour before the decision it is asked again, and has nothing new to say.
    clock.set(NOON - timedelta(minutes=30))
    assert (poll(server, clock), published.sent) == (1, 1)
    assert server.asked[-1][1]["If-None-Match"] == published.etag
    assert formats.readings(event.id) == kept
    assert standing(event.id, rule, clock()).read_at == clock()
    clock.set(NOON)
    formats.decide_due(clock())
    [proposal] = formats.proposals_of(event.id)
    assert (proposal.outcome, proposal.reading) == (Outcome.SWITCH, kept[-1])


def test_a_document_that_changed_meanwhile_is_sent_and_read_anew(app: Flask, clock: Clock, server: FeedServer) -> None:
    published = Published(storm(3))
    event = watched_event(clock, played(server, ready.weather("05754", ["1"]), published), over=3)
    clock.set(MORNING)
    poll(server, clock)
    first = published.etag
    published.body = storm(2).replace(
        str(int(MORNING.timestamp() * 1000)).encode(), str(int(NOON.timestamp() * 1000) - 3_600_000).encode()
    )
    clock.set(NOON - timedelta(minutes=30))
    assert (poll(server, clock), published.sent, server.asked[-1][1]["If-None-Match"]) == (1, 2, first)
    assert newest(event) == (2, NOON - timedelta(hours=1))
    clock.set(NOON)
    formats.decide_due(clock())
    [proposal] = formats.proposals_of(event.id)
    assert proposal.outcome is Outcome.STAY


def test_civil_warnings_have_no_time_of_their_own_and_are_sent_each_time(
    app: Flask, clock: Clock, server: FeedServer
) -> None:
    published = Published(documents.civil(("Severe", "Alert"), ("Cancel", "Cancel")))
    feed = played(server, ready.civil_warnings("05754"), published)
    event = watched_event(clock, feed, over=3, decision_at=STARTS_AT, mode=RuleMode.ALERT)
    for number in (1, 2):
        clock.set(STARTS_AT - timedelta(hours=5) + number * timedelta(minutes=15))
        assert (poll(server, clock), published.sent, newest(event)) == (1, number, (3, clock()))
    assert "If-None-Match" not in server.asked[-1][1]
