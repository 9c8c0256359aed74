"""Days and times as people read them: over midnight, over the year's end, and in the hour that comes twice."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from regservice.events import wording

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(*parts: int, fold: int = 0) -> datetime:
    """An instant by the clocks of Berlin."""
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("instant", "german", "english"),
    [
        (berlin(2026, 11, 20, 16), "16:00 Uhr", "16:00"),
        # Forward: 02:00 to 03:00 is left out, and no time comes twice.
        (berlin(2027, 3, 28, 1, 59), "01:59 Uhr", "01:59"),
        (berlin(2027, 3, 28, 3), "03:00 Uhr", "03:00"),
        # Back: 02:00 to 03:00 comes twice.
        (berlin(2027, 10, 31, 1, 59), "01:59 Uhr", "01:59"),
        (berlin(2027, 10, 31, 2), "02:00 Uhr (Sommerzeit)", "02:00 (summer time)"),
        (berlin(2027, 10, 31, 2, 59), "02:59 Uhr (Sommerzeit)", "02:59 (summer time)"),
        (berlin(2027, 10, 31, 2, fold=1), "02:00 Uhr (Winterzeit)", "02:00 (winter time)"),
        (berlin(2027, 10, 31, 2, 59, fold=1), "02:59 Uhr (Winterzeit)", "02:59 (winter time)"),
        (berlin(2027, 10, 31, 3), "03:00 Uhr", "03:00"),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart(instant: datetime, german: str, english: str) -> None:
    said = [wording.clock(instant, "Europe/Berlin", language) for language in ("de", "en")]
    assert said == [german, english]


def test_where_no_season_tells_two_times_apart_the_offset_does() -> None:
    back = datetime(2015, 8, 14, 15, 15, tzinfo=UTC)  # North Korea set its clock back by half an hour at midnight.
    assert wording.clock(back, "Asia/Pyongyang", "en") == "23:45 (UTC+08:30)"
    assert wording.clock(datetime(2015, 8, 14, 14, 45, tzinfo=UTC), "Asia/Pyongyang", "en") == "23:45 (UTC+09:00)"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "german", "english"),
    [
        (
            berlin(2027, 10, 31, 1, 30),
            berlin(2027, 10, 31, 2, 30, fold=1),
            "01:30 bis 02:30 Uhr (Winterzeit)",
            "01:30 to 02:30 (winter time)",
        ),
        (
            berlin(2027, 10, 31, 2, 30),
            berlin(2027, 10, 31, 2, 30, fold=1),
            "02:30 (Sommerzeit) bis 02:30 Uhr (Winterzeit)",
            "02:30 (summer time) to 02:30 (winter time)",
        ),
        (
            berlin(2027, 3, 28, 1, 30),
            berlin(2027, 3, 28, 3, 30),
            "01:30 bis 03:30 Uhr",
            "01:30 to 03:30",
        ),
        # Over midnight, over the end of a year, several days, and on 29 February.
        (
            berlin(2026, 11, 20, 22),
            berlin(2026, 11, 21, 1),
            "22:00 Uhr bis Samstag, 21. November 2026, 01:00 Uhr",
            "22:00 to Saturday, 21 November 2026, 01:00",
        ),
        (
            berlin(2026, 12, 31, 20),
            berlin(2027, 1, 1, 2),
            "20:00 Uhr bis Freitag, 1. Januar 2027, 02:00 Uhr",
            "20:00 to Friday, 1 January 2027, 02:00",
        ),
        (
            berlin(2028, 2, 28, 9),
            berlin(2028, 3, 1, 17),
            "09:00 Uhr bis Mittwoch, 1. März 2028, 17:00 Uhr",
            "09:00 to Wednesday, 1 March 2028, 17:00",
        ),
        (berlin(2028, 2, 29, 9), berlin(2028, 2, 29, 24 - 1), "09:00 bis 23:00 Uhr", "09:00 to 23:00"),
    ],
)
def test_from_when_to_when(starts_at: datetime, ends_at: datetime, german: str, english: str) -> None:
    said = [wording.span(starts_at, ends_at, "Europe/Berlin", language) for language in ("de", "en")]
    assert said == [german, english]


@pytest.mark.parametrize(
    ("instant", "german", "english"),
    [
        (berlin(2028, 2, 29, 12), "Dienstag, 29. Februar 2028", "Tuesday, 29 February 2028"),
        (berlin(2026, 12, 31, 23, 59), "Donnerstag, 31. Dezember 2026", "Thursday, 31 December 2026"),
        # Friday of week 53 of 2026: the year is that of the day, not that of the week.
        (berlin(2027, 1, 1, 0), "Freitag, 1. Januar 2027", "Friday, 1 January 2027"),
        (berlin(2027, 1, 3, 12), "Sonntag, 3. Januar 2027", "Sunday, 3 January 2027"),
        (berlin(2029, 12, 31, 12), "Montag, 31. Dezember 2029", "Monday, 31 December 2029"),
    ],
)
def test_days_with_their_weekday(instant: datetime, german: str, english: str) -> None:
    said = [wording.day_of(instant, "Europe/Berlin", language) for language in ("de", "en")]
    assert said == [german, english]
