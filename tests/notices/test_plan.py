"""When reminders fall due: wall-clock times of the event's zone, one row a boundary."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from regservice.events.types import Format
from regservice.notices.plan import planned
from regservice.registrations.types import Attendance
from tests.facts import event_facts, registration_facts

BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant by the clocks of Berlin."""
    return datetime(year, month, day, hour, minute, second, tzinfo=BERLIN).astimezone(UTC)


def due_times(
    starts_at: datetime, *, confirmed_at: datetime = LONG_AGO, length: timedelta = timedelta(hours=2), **changes: object
) -> dict[str, str]:
    """Kind and local due time of everything planned for a person who takes part digitally."""
    event = event_facts(starts_at=starts_at, ends_at=starts_at + length, **{"format": Format.DIGITAL, **changes})
    person = registration_facts(confirmed_at=confirmed_at, attendance=Attendance.DIGITAL)
    zone = ZoneInfo(event.timezone)
    return {entry.kind: f"{entry.due_at.astimezone(zone):%a %d %b %Y %H:%M %z}" for entry in planned(event, person)}


@pytest.mark.parametrize(
    ("starts_at", "week_before", "day_before", "shortly_before", "thanks"),
    [
        # A Friday in winter.
        (berlin(2026, 11, 20, 16), "Fri 13 Nov 2026 10:00", "Thu 19 Nov 2026 16:00", "Fri 20 Nov 2026 14:00", "Mon 23"),
        # A Sunday: the week before moves to Monday morning.
        (berlin(2026, 11, 22, 16), "Mon 16 Nov 2026 08:00", "Sat 21 Nov 2026 16:00", "Sun 22 Nov 2026 14:00", "Mon 23"),
        # The morning: not before eight.
        (berlin(2026, 11, 19, 10), "Thu 12 Nov 2026 10:00", "Wed 18 Nov 2026 16:00", "Thu 19 Nov 2026 08:00", "Fri 20"),
        (berlin(2026, 11, 19, 9), "Thu 12 Nov 2026 10:00", "Wed 18 Nov 2026 16:00", "Thu 19 Nov 2026 08:00", "Fri 20"),
        # Late in the evening shortly before is late as well.
        (berlin(2026, 11, 19, 23), "Thu 12 Nov 2026 10:00", "Wed 18 Nov 2026 16:00", "Thu 19 Nov 2026 21:00", "Fri 20"),
    ],
)
def test_due_times_by_the_clock(
    starts_at: datetime, week_before: str, day_before: str, shortly_before: str, thanks: str
) -> None:
    found = {kind: time[:-6] for kind, time in due_times(starts_at, length=timedelta(minutes=30)).items()}
    assert found == {
        "remind_7d": week_before,
        "remind_1d": day_before,
        "remind_2h": shortly_before,
        "thanks": f"{thanks} Nov 2026 10:00",
    }


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        # 25 October 2026, the clock goes back: the offset changes between reminder and event, the wall clock does not.
        (
            berlin(2026, 10, 25, 16),
            ["Mon 19 Oct 2026 08:00 +0200", "Sat 24 Oct 2026 16:00 +0200", "Sun 25 Oct 2026 14:00 +0100"],
        ),
        (
            berlin(2026, 10, 27, 16),
            ["Tue 20 Oct 2026 10:00 +0200", "Mon 26 Oct 2026 16:00 +0100", "Tue 27 Oct 2026 14:00 +0100"],
        ),
        # 28 March 2027, the clock goes forward.
        (
            berlin(2027, 3, 28, 16),
            ["Mon 22 Mar 2027 08:00 +0100", "Sat 27 Mar 2027 16:00 +0100", "Sun 28 Mar 2027 14:00 +0200"],
        ),
        (
            berlin(2027, 3, 29, 16),
            ["Mon 22 Mar 2027 10:00 +0100", "Sun 28 Mar 2027 16:00 +0200", "Mon 29 Mar 2027 14:00 +0200"],
        ),
        # 31 October 2027, the clock goes back.
        (
            berlin(2027, 10, 31, 16),
            ["Mon 25 Oct 2027 08:00 +0200", "Sat 30 Oct 2027 16:00 +0200", "Sun 31 Oct 2027 14:00 +0100"],
        ),
        # In the night itself nobody is woken two hours before.
        (berlin(2027, 10, 31, 4), ["Mon 25 Oct 2027 08:00 +0200", "Sat 30 Oct 2027 16:00 +0200"]),
    ],
)
def test_both_nights_of_the_clock_change(starts_at: datetime, expected: list[str]) -> None:
    found = due_times(starts_at)
    assert [time for kind, time in found.items() if kind != "thanks"] == expected


def test_the_zone_is_the_events_own() -> None:
    starts_at = datetime(2026, 11, 20, 16, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    found = due_times(starts_at, timezone="America/New_York")
    assert (found["remind_7d"], found["remind_1d"]) == ("Fri 13 Nov 2026 10:00 -0500", "Thu 19 Nov 2026 16:00 -0500")


@pytest.mark.parametrize(
    ("starts_at", "kinds"),
    [
        (berlin(2026, 11, 20, 8, 0, 1), {"remind_7d", "remind_1d", "remind_2h", "thanks"}),
        (berlin(2026, 11, 20, 8), {"remind_7d", "remind_1d", "thanks"}),
        (berlin(2026, 11, 20, 7, 59, 59), {"remind_7d", "remind_1d", "thanks"}),
        # Two hours before is still the evening before.
        (berlin(2026, 11, 20, 1), {"remind_7d", "remind_1d", "remind_2h", "thanks"}),
    ],
)
def test_nobody_is_woken_for_an_early_start(starts_at: datetime, kinds: set[str]) -> None:
    assert set(due_times(starts_at)) == kinds


STARTS_AT = berlin(2026, 11, 20, 10)
WEEK, DAY = berlin(2026, 11, 13, 10), berlin(2026, 11, 19, 16)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("confirmed_at", "kinds"),
    [
        (WEEK - SECOND, {"remind_7d", "remind_1d", "remind_2h", "thanks"}),
        (WEEK, {"remind_7d", "remind_1d", "remind_2h", "thanks"}),
        (WEEK + SECOND, {"remind_1d", "remind_2h", "thanks"}),
        # Who confirms less than 24 hours before has just read everything that the day's reminder says.
        (STARTS_AT - timedelta(hours=24) - SECOND, {"remind_1d", "remind_2h", "thanks"}),
        (STARTS_AT - timedelta(hours=24), {"remind_1d", "remind_2h", "thanks"}),
        (STARTS_AT - timedelta(hours=24) + SECOND, {"remind_2h", "thanks"}),
        (DAY, {"remind_2h", "thanks"}),
        (STARTS_AT - timedelta(hours=2), {"remind_2h", "thanks"}),
        (STARTS_AT - timedelta(hours=2) + SECOND, {"thanks"}),
        (STARTS_AT - SECOND, {"thanks"}),
    ],
)
def test_late_registrants_get_what_is_still_ahead(confirmed_at: datetime, kinds: set[str]) -> None:
    assert set(due_times(STARTS_AT, confirmed_at=confirmed_at)) == kinds


@pytest.mark.parametrize(
    ("changed_at", "kinds"),
    [
        (WEEK, {"remind_7d", "remind_1d", "remind_2h", "thanks"}),
        (WEEK + SECOND, {"remind_1d", "remind_2h", "thanks"}),
        (DAY + SECOND, {"remind_2h", "thanks"}),
    ],
)
def test_a_moved_event_makes_no_reminder_of_the_past(changed_at: datetime, kinds: set[str]) -> None:
    assert set(due_times(STARTS_AT, schedule_version=2, calendar_changed_at=changed_at)) == kinds


def test_without_a_date_or_a_place_there_is_nothing_to_remind_of() -> None:
    assert planned(event_facts(starts_at=None, ends_at=None), registration_facts()) == []
    assert planned(event_facts(), registration_facts(confirmed_at=None)) == []


@pytest.mark.parametrize(
    ("ends_at", "thanks"),
    [
        (berlin(2026, 11, 19, 23, 59, 59), "Fri 20 Nov 2026 10:00"),
        (berlin(2026, 11, 20, 0), "Mon 23 Nov 2026 10:00"),
        (berlin(2026, 11, 22, 18), "Mon 23 Nov 2026 10:00"),
        (berlin(2026, 11, 23, 18), "Tue 24 Nov 2026 10:00"),
    ],
)
def test_thanks_on_the_next_working_day(ends_at: datetime, thanks: str) -> None:
    starts_at = berlin(2026, 11, 19, 16)
    assert due_times(starts_at, length=ends_at - starts_at)["thanks"][:-6] == thanks


@pytest.mark.parametrize(
    ("starts_at", "length", "expected"),
    [
        # 29 February, and the day after it.
        (
            berlin(2028, 2, 29, 16),
            timedelta(hours=2),
            ["Tue 22 Feb 2028 10:00", "Mon 28 Feb 2028 16:00", "Tue 29 Feb 2028 14:00", "Wed 01 Mar 2028 10:00"],
        ),
        (
            berlin(2028, 3, 1, 16),
            timedelta(hours=2),
            ["Wed 23 Feb 2028 10:00", "Tue 29 Feb 2028 16:00", "Wed 01 Mar 2028 14:00", "Thu 02 Mar 2028 10:00"],
        ),
        # Over midnight and the year's end, in week 53.
        (
            berlin(2026, 12, 31, 20),
            timedelta(hours=6),
            ["Thu 24 Dec 2026 10:00", "Wed 30 Dec 2026 16:00", "Thu 31 Dec 2026 18:00", "Mon 04 Jan 2027 10:00"],
        ),
        (
            berlin(2027, 1, 1, 16),
            timedelta(hours=2),
            ["Fri 25 Dec 2026 10:00", "Thu 31 Dec 2026 16:00", "Fri 01 Jan 2027 14:00", "Mon 04 Jan 2027 10:00"],
        ),
        # Several days, over both changes of the clock.
        (
            berlin(2027, 3, 26, 16),
            timedelta(days=4),
            ["Fri 19 Mar 2027 10:00", "Thu 25 Mar 2027 16:00", "Fri 26 Mar 2027 14:00", "Wed 31 Mar 2027 10:00"],
        ),
        (
            berlin(2027, 10, 30, 16),
            timedelta(days=2),
            ["Sat 23 Oct 2027 10:00", "Fri 29 Oct 2027 16:00", "Sat 30 Oct 2027 14:00", "Tue 02 Nov 2027 10:00"],
        ),
    ],
)
def test_days_that_calendars_get_wrong(starts_at: datetime, length: timedelta, expected: list[str]) -> None:
    assert [due_at[:-6] for due_at in due_times(starts_at, length=length).values()] == expected


def test_the_reminder_shortly_before_is_for_digital_people_only() -> None:
    event = event_facts(format=Format.HYBRID)
    kinds = {
        attendance: {entry.kind for entry in planned(event, registration_facts(attendance=attendance))}
        for attendance in Attendance
    }
    assert kinds == {
        Attendance.ONSITE: {"remind_7d", "remind_1d", "thanks"},
        Attendance.DIGITAL: {"remind_7d", "remind_1d", "remind_2h", "thanks"},
    }
