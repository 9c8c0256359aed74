"""When a value was true, from the ways in which public data say it."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regservice.formats.feeds.types import Unreadable

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
MILLISECONDS = re.compile(r"\d{12,14}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")


def moment(text: str, timezone: str) -> datetime:
    """The instant of a day, a time, an ISO week or milliseconds since 1970. Raises Unreadable.

    A day or a week counts from its beginning in the event's zone, so that a value never looks younger than it is.
    """
    try:
        return _moment(text.strip(), ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable("no_time", text) from None


def end_moment(text: str, timezone: str) -> datetime:
    """The instant at which something ends; "until the 20th" is the end of that local day. Raises Unreadable."""
    at = moment(text, timezone)
    if not DAY.fullmatch(text.strip()):
        return at
    return moment((date.fromisoformat(text.strip()) + timedelta(days=1)).isoformat(), timezone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    if MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if DAY.fullmatch(text):
        return datetime.combine(date.fromisoformat(text), time(), zone)
    if week := WEEK.fullmatch(text):
        return datetime.combine(date.fromisocalendar(int(week[1]), int(week[2]), 1), time(), zone)
    if not INSTANT.fullmatch(text):
        raise ValueError(text)
    told = datetime.fromisoformat(text)
    return told if told.tzinfo else told.replace(tzinfo=zone)
