"""Nights and Sundays: when a message may reach people, in the zone of the event."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from regservice.events.daytime import DAY_BEGINS, at, next_daytime
from regservice.events.types import EventFacts
from regservice.notices.kinds import Kind, Rest

NEAR = timedelta(hours=24)
SUNDAY = 6


def next_allowed(kind: Kind, instant: datetime, event: EventFacts) -> datetime:
    """The instant itself, or the next one at which people may get a message of this kind.

    Public holidays differ by state and are not known here; only Sundays are kept.
    """
    if kind.rest is Rest.NONE:
        return instant
    if kind.rest is Rest.NIGHT_UNLESS_NEAR and event.starts_at is not None and event.starts_at - instant < NEAR:
        return instant
    allowed = next_daytime(instant, event.timezone)
    local = allowed.astimezone(ZoneInfo(event.timezone))
    if kind.rest is Rest.NIGHT_AND_SUNDAY and local.weekday() == SUNDAY:
        return at(local.date() + timedelta(days=1), DAY_BEGINS, event.timezone)
    return allowed
