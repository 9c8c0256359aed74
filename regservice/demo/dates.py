"""Moving announcements to the coming weeks: whole weeks by the wall clock, so weekdays and all distances stay."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

WEEK = timedelta(weeks=1)


def weeks_until(original: date, earliest: date) -> int:
    """How many weeks later the same weekday is, at `earliest` or in the six days after it."""
    return -((original - earliest).days // 7)


def moved(document: Any, weeks: int) -> Any:
    """The document with every date and every local time that many weeks later; text stays as it is."""
    match document:
        case Mapping():
            return {name: moved(part, weeks) for name, part in document.items()}
        case list():
            return [moved(part, weeks) for part in document]
        case date():
            return document + weeks * WEEK
        case str() if (local := _local_time(document)) is not None:
            return (local + weeks * WEEK).isoformat()
        case _:
            return document


def _local_time(text: str) -> datetime | None:
    if len(text) != len("2022-11-18T16:00"):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall-clock time, on purpose.
    except ValueError:
        return None
