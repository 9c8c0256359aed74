"""How much a reading is worth at a moment: fresh, stale or failed. PURE."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from regservice.formats.feeds.hours import reads_hours
from regservice.formats.feeds.types import DEFAULT_STALE_AFTER_H, HAND, FeedState
from regservice.formats.types import FormatRule, Reading


def of_source(readings: Iterable[Reading], feed: dict[str, Any] | None) -> list[Reading]:
    """The readings that may be compared with one another: those by hand and those of the feed that the rule has now.

    What a feed said of any hour is none of a feed that reads those of the event, nor the other way round.
    """
    key = feed["key"] if feed else None
    about_hours = reads_hours(feed)
    return [
        reading
        for reading in readings
        if reading.source == HAND or (reading.source == key and bool(reading.about) is about_hours)
    ]


def stale_after(reading: Reading, feed: dict[str, Any] | None) -> timedelta:
    """How long a reading counts after the time it was true at; one by hand always counts for two days."""
    by_feed = reading.source != HAND and feed is not None
    hours = (feed or {}).get("stale_after_h") if by_feed else None
    return timedelta(hours=hours or DEFAULT_STALE_AFTER_H)


def state_of(rule: FormatRule, reading: Reading | None, failure: str, now: datetime) -> FeedState | None:
    """What the newest reading is worth when the last try to fetch one ended with `failure` (empty: it went well).

    None when there is no reading and nothing failed: nobody has entered or fetched one yet. A reading by hand stands
    for itself, whatever became of the feed.
    """
    if failure and rule.feed and (reading is None or reading.source != HAND):
        return FeedState.FAILED
    if reading is None:
        return None
    return FeedState.STALE if now >= reading.as_of + stale_after(reading, rule.feed) else FeedState.FRESH
