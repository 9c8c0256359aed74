"""Trying a description: fetch and read it now, show what comes of it, keep nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from regservice.db import release, transaction
from regservice.events.types import EventFacts
from regservice.formats.feeds import reading
from regservice.formats.feeds.hours import hours_of
from regservice.formats.feeds.polling import request_for
from regservice.formats.feeds.types import (
    FeedState,
    FeedTrouble,
    FeedValue,
    Fetched,
    Fetcher,
    NotModified,
    description_of,
)
from regservice.limits import service as limits
from regservice.limits.service import Limit, TooMany

TRIES = Limit(name="feed_try", count=20, window=timedelta(hours=1))
# A page waits for it, so nobody is as patient as the worker.
LONGEST_S = 10


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a try found: the newest value with its worth, or what is wrong."""

    value: FeedValue | None
    state: FeedState
    trouble: FeedTrouble | None = None
    size: int = 0


def try_feed(
    fetcher: Fetcher | None, document: Mapping[str, Any], event: EventFacts, *, who: str, now: datetime
) -> Tried | TooMany:
    """Fetch and read a checked description for an event now. Nothing is kept but the count of tries of who asks."""
    if fetcher is None:
        return _failed(FeedTrouble(code="off"))
    with transaction():
        if too_many := limits.take(TRIES, who, now):
            return too_many
    release()
    feed = description_of({**document, "timeout_s": min(LONGEST_S, document.get("timeout_s") or LONGEST_S)})
    match fetcher.fetch(request_for([feed])):
        case FeedTrouble() as trouble:
            return _failed(trouble)
        case NotModified():
            return _failed(FeedTrouble(code="no_answer"))
        case Fetched(file=file, size=size):
            with file:
                found = reading.read(file, feed, event.timezone, now, hours_of(event))
    if isinstance(found, FeedTrouble):
        return _failed(found, size)
    is_stale = now >= found[0].as_of + timedelta(hours=feed.stale_after_h)
    return Tried(value=found[0], state=FeedState.STALE if is_stale else FeedState.FRESH, size=size)


def _failed(trouble: FeedTrouble, size: int = 0) -> Tried:
    return Tried(value=None, state=FeedState.FAILED, trouble=trouble, size=size)
