"""Hours in which people may be disturbed, in the zone of the event."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_BEGINS = time(8)
DAY_ENDS = time(20)


def next_daytime(instant: datetime, timezone: str) -> datetime:
    """The instant itself between 8:00 and 20:00 local time, else the next 8:00."""
    local = instant.astimezone(ZoneInfo(timezone))
    if DAY_BEGINS <= local.time() < DAY_ENDS:
        return instant
    day = local.date() if local.time() < DAY_BEGINS else local.date() + timedelta(days=1)
    return at(day, DAY_BEGINS, timezone)


def at(day: date, wall_clock: time, timezone: str) -> datetime:
    """The instant of a wall-clock time on a local day, in UTC."""
    return datetime.combine(day, wall_clock, ZoneInfo(timezone)).astimezone(ZoneInfo("UTC"))


def after_daytime(begin: datetime, length: timedelta, timezone: str) -> datetime:
    """When `length` of daytime has passed since `begin`; nights do not count.

    Raises ValueError when `begin` is not in the daytime.
    """
    if next_daytime(begin, timezone) != begin:
        raise ValueError("the period must begin in the daytime")
    instant = begin
    while True:
        evening = at(instant.astimezone(ZoneInfo(timezone)).date(), DAY_ENDS, timezone)
        if instant + length <= evening:
            return instant + length
        length -= evening - instant
        instant = next_daytime(evening, timezone)


def exists(day: date, wall_clock: time, timezone: str) -> bool:
    """Whether the clock ever shows this time on this day: in the night of spring an hour is left out."""
    there_and_back = at(day, wall_clock, timezone).astimezone(ZoneInfo(timezone))
    return there_and_back.replace(tzinfo=None) == datetime.combine(day, wall_clock)
