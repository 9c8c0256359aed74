"""The only place that reads the clock; everything else is given `now`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant in UTC, so that rules and services can be told any other."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one clock read that everything else is given.
