"""The worker's scheduler ticks evenly through both nights, and follows a clock that is set."""

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.executors.debug import DebugExecutor

from regservice.adapters.scheduler import SteadyInterval, make_scheduler, wake_sleepers
from tests.time.nights import NIGHTS
from tests.time.ticking import LATENESS, expected, ticks_between

SECOND, QUARTER = timedelta(seconds=1), timedelta(seconds=15)


@pytest.mark.timeout(20)  # By the clock of Berlin the scheduler never gets out of the hour that comes twice.
@pytest.mark.parametrize("night", NIGHTS)
def test_both_nights_have_as_many_ticks_as_seconds(night: str) -> None:
    begin, end = NIGHTS[night] - timedelta(minutes=70), NIGHTS[night] + timedelta(minutes=70)
    jobs = ticks_between(begin, end, SECOND, QUARTER)
    assert [len(job.at) for job in jobs] == [expected(begin, end, job.every) for job in jobs] == [8400, 560]
    assert [job.longest_gap <= job.every + 2 * LATENESS for job in jobs] == [True, True]


NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("planned_in", "woken"),
    [(timedelta(0), 0), (SECOND, 0), (SECOND + timedelta(microseconds=1), 1), (timedelta(hours=1), 1)],
)
def test_a_job_that_would_oversleep_is_woken(planned_in: timedelta, woken: int) -> None:
    scheduler = make_scheduler(DebugExecutor())
    scheduler.add_job(print, SteadyInterval(SECOND), id="job", next_run_time=NOW + planned_in)
    assert wake_sleepers(scheduler, NOW) == woken
    assert scheduler.get_job("job").next_run_time == (NOW if woken else NOW + planned_in)


@pytest.mark.parametrize(
    ("previous", "following"),
    [
        (timedelta(0), SECOND),
        (timedelta(milliseconds=-3), SECOND - timedelta(milliseconds=3)),
        # A month without ticks is one tick; a tick in the future belongs to a clock that was set back.
        (timedelta(days=-30), SECOND),
        (timedelta(hours=1), SECOND),
    ],
)
def test_the_next_tick_is_never_further_away_than_the_interval(previous: timedelta, following: timedelta) -> None:
    assert SteadyInterval(SECOND).get_next_fire_time(NOW + previous, NOW) == NOW + following
