"""Events in both nights of the clock change, at each quarter of an hour."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from regservice.events.daytime import exists
from tests.time.nights import NIGHTS, instants, walk, wall
from tests.time.town import town_hall

BERLIN = ZoneInfo("Europe/Berlin")
WALL_CLOCKS = [time(hour, minute) for hour in range(5) for minute in (0, 15, 30, 45)]


@pytest.mark.parametrize("night", NIGHTS)
def test_each_quarter_hour_is_told_and_reminded_of_rightly(night: str, tmp_path: Path, sqlite_url: str) -> None:
    change = NIGHTS[night]
    with town_hall(tmp_path, sqlite_url, change - timedelta(days=30)) as hall:
        assert walk(hall, change) == ({"spring": 16, "autumn": 24}[night], [])


@pytest.mark.parametrize("night", NIGHTS)
def test_every_time_of_the_form_is_an_instant_or_refused(night: str) -> None:
    day = wall(NIGHTS[night]).date()
    forty = [(clock, fold) for clock in WALL_CLOCKS for fold in (0, 1)]
    there = [(clock, fold) for clock, fold in forty if exists(day, clock, "Europe/Berlin")]
    left_out = {clock for clock, _ in forty} - {clock for clock, _ in there}
    assert left_out == ({clock for clock in WALL_CLOCKS if clock.hour == 2} if night == "spring" else set())
    found = {datetime.combine(day, clock, BERLIN).replace(fold=fold).astimezone(UTC) for clock, fold in there}
    assert sorted(found) == instants(NIGHTS[night])
