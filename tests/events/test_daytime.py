"""Hours in which people may be disturbed, over both nights of the clock change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from regservice.events.daytime import after_daytime, at, next_daytime

BERLIN = "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (utc(2026, 11, 18, 6, 59, 59), utc(2026, 11, 18, 7, 0)),
        (utc(2026, 11, 18, 7, 0), utc(2026, 11, 18, 7, 0)),
        (utc(2026, 11, 18, 18, 59, 59), utc(2026, 11, 18, 18, 59, 59)),
        (utc(2026, 11, 18, 19, 0), utc(2026, 11, 19, 7, 0)),
        # The night of 25 October 2026 has an hour more, that of 28 March 2027 one less.
        (utc(2026, 10, 24, 18, 0), utc(2026, 10, 25, 7, 0)),
        (utc(2027, 3, 27, 19, 0), utc(2027, 3, 28, 6, 0)),
    ],
)
def test_the_night_is_kept(instant: datetime, expected: datetime) -> None:
    assert next_daytime(instant, BERLIN) == expected


@pytest.mark.parametrize(
    ("begin", "hours", "expected"),
    [
        (utc(2026, 11, 18, 7, 0), 12, utc(2026, 11, 18, 19, 0)),
        (utc(2026, 11, 18, 9, 0), 12, utc(2026, 11, 19, 9, 0)),
        (utc(2026, 11, 18, 9, 0), 24, utc(2026, 11, 20, 9, 0)),
        (utc(2026, 10, 24, 17, 0), 2, utc(2026, 10, 25, 8, 0)),
        (utc(2027, 3, 27, 18, 0), 2, utc(2027, 3, 28, 7, 0)),
    ],
)
def test_nights_do_not_count(begin: datetime, hours: int, expected: datetime) -> None:
    assert after_daytime(begin, timedelta(hours=hours), BERLIN) == expected


def test_a_period_does_not_begin_at_night() -> None:
    with pytest.raises(ValueError, match="daytime"):
        after_daytime(utc(2026, 11, 18, 19, 0), timedelta(hours=1), BERLIN)


def test_wall_clock_times_follow_the_zone() -> None:
    assert at(date(2026, 7, 1), time(16), BERLIN) == utc(2026, 7, 1, 14, 0)
    assert at(date(2026, 12, 1), time(16), BERLIN) == utc(2026, 12, 1, 15, 0)
