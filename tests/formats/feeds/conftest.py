"""An event whose rule reads a feed from a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind, RuleMode
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.feed_server import FeedServer, feed_server

# The event is on Friday 20 November 2026; it is decided on the Monday before at noon, in Berlin.
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
GOOD = b"day,id,value\n2026-11-14,05754,390\n2026-11-15,05754,400\n2026-11-15,06431,7\n"
RULE = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON, mode=RuleMode.AUTOMATIC)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as running:
        yield running


def feed(server: FeedServer, path: str = "/table.csv", **changes: Any) -> dict[str, Any]:
    """The description of a table on the server."""
    usual: dict[str, Any] = {
        "key": "table",
        "url": server.url(path),
        "format": "csv",
        "where": {"id": "05754"},
        "value": "value",
        "as_of": "day",
        "plausible": [0, 1000],
        "timeout_s": 1,
        "max_mb": 1,
        "stale_after_h": 72,
    }
    return usual | changes


def watched_event(
    clock: Clock, description: dict[str, Any], *, title: str = "Dialogue evening", **rule: Any
) -> EventFacts:
    """An event with a person, its organiser, and a rule that reads this feed."""
    if not accounts.organisers():
        made = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
        assert isinstance(made, OrganiserFacts)
    event = make_event(clock(), title=title, join_url="https://room.example.org/dialogue", capacity=5)
    confirm(event, "Ada", clock())
    saved = formats.save_rule(event.id, replace(RULE, feed=description, **rule), by="organiser:1", now=clock())
    assert isinstance(saved, FormatRule), saved
    return event
