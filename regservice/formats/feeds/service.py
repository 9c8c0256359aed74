"""What pages, jobs and checks may ask about feeds."""

from dataclasses import dataclass
from datetime import datetime

from regservice.formats.feeds import store
from regservice.formats.feeds.alerts import KIND as WARNING
from regservice.formats.feeds.alerts import is_of_use as warning_is_of_use
from regservice.formats.feeds.polling import poll_due, watched
from regservice.formats.feeds.standing import Standing, standing
from regservice.formats.feeds.telling import KIND, tell_of_trouble, trouble_of
from regservice.formats.feeds.trying import Tried, try_feed

__all__ = [
    "KIND",
    "WARNING",
    "Standing",
    "Tried",
    "poll_due",
    "standing",
    "summary",
    "tell_of_trouble",
    "trouble_of",
    "try_feed",
    "warning_is_of_use",
]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How many events read a feed, and why those of them failed that did."""

    events: int
    failures: tuple[str, ...]


def summary(now: datetime) -> Summary:
    """How the feeds of all events stand, for who runs the service."""
    event_ids = [one.event_id for one in watched(now)]
    codes = sorted({row.code for row in store.states(event_ids) if row.code})
    return Summary(events=len(event_ids), failures=tuple(codes))
