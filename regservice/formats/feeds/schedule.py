"""When an address is asked next. PURE."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regservice.formats.feeds.types import DEFAULT_POLL

AFTER_FAILURES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
# Before a decision its value is fetched once more, and again where that failed.
LAST_LOOKS = (timedelta(minutes=30), timedelta(minutes=10))
# Not everybody asks at the same second of the morning.
LONGEST_JITTER_S = 600


def next_poll(
    clocks: Iterable[tuple[str, str]],
    decisions: Iterable[datetime],
    *,
    failures: int,
    now: datetime,
    jitter: timedelta,
    every: timedelta | None = None,
) -> datetime:
    """The next moment to ask: after a failure soon, else at the next of the wall-clock times with their zones.

    `every` is for what may change within the hour: it is asked again after so long, by day and by night.
    """
    if failures:
        regular = now + AFTER_FAILURES[min(failures, len(AFTER_FAILURES)) - 1] + jitter / 10
    elif every:
        regular = now + every
    else:
        regular = min(_next_time(clock, zone, now - jitter) for clock, zone in clocks) + jitter
    looks = [at - before for at in decisions for before in LAST_LOOKS if at - before > now]
    return min([regular, *looks])


def _next_time(clock: str, zone: str, after: datetime) -> datetime:
    """The next instant at which clocks of the zone show this time."""
    local = after.astimezone(ZoneInfo(zone))
    at = time.fromisoformat(clock or DEFAULT_POLL)
    for days in (0, 1, 2):
        moment = datetime.combine(local.date() + timedelta(days=days), at, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        if moment > after:
            return moment
    raise AssertionError("a day has every time, or the next one has")


def fingerprint(*documents: Mapping[str, Any]) -> str:
    """What tells descriptions apart."""
    texts = sorted(json.dumps(document, sort_keys=True) for document in documents)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
