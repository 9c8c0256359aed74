"""Berlin's wall clock, and the hours in which people are left in peace."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

BERLIN, NEVER = ZoneInfo("Europe/Berlin"), datetime.max.replace(tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))


def wall(instant: datetime, hour: int, days: int = 0) -> datetime:
    """When Berlin's clocks show this full hour, so many days after the day of this instant."""
    return datetime.combine(instant.astimezone(BERLIN).date() + days * DAY, time(hour), BERLIN).astimezone(UTC)


def morning(instant: datetime) -> datetime:
    """The instant itself from 8 to 20 o'clock, else the next 8 o'clock."""
    return max(instant, wall(instant, 8)) if instant < wall(instant, 20) else wall(instant, 8, 1)


def by_day(earliest: datetime, now: datetime, *starts: datetime) -> datetime:
    """By day, unless a start, old or new, is less than a day away."""
    return earliest if any(now < start < now + DAY for start in starts) else morning(earliest)


def rested(rest: str, instant: datetime, starts: datetime) -> datetime:
    """When a mail that rests like this may reach people, from this instant on."""
    if not rest or (rest == "unless near" and starts - instant < DAY):
        return instant
    at = morning(instant)
    return wall(at, 8, 1) if rest == "Sunday" and at.astimezone(BERLIN).weekday() == 6 else at


def offer_until(begins: datetime, starts: datetime) -> datetime | None:
    """24 hours of daytime; near the start half of what is left until three hours before it, by day. None: too late."""
    mailed, latest = morning(begins), starts - 3 * HOUR
    full = (mailed.astimezone(BERLIN) + 2 * DAY).astimezone(UTC) if mailed > wall(mailed, 8) else wall(mailed, 20, 1)
    half = max(mailed + (latest - mailed) / 2, mailed + 30 * MINUTE)
    by_day = half if half == morning(half) else min(morning(half) + HOUR, latest)
    return None if mailed + 30 * MINUTE > latest else full if full <= latest else by_day
