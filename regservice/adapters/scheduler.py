"""Jobs at intervals by APScheduler, whatever happens to the machine's clock.

APScheduler sleeps until a time of the wall clock, and after a long sleep it counts every run that it missed. So a clock
that was set back by an hour would leave all jobs asleep for an hour (`follow_clock`), and one that was set forward by a
month, or a machine that was suspended, would make it count millions of runs before the first (`SteadyInterval`).
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger

LOOK_EVERY_S = 1.0
log = logging.getLogger(__name__)


class SteadyInterval(BaseTrigger):  # type: ignore[misc] # APScheduler ships no types.
    """Every so many seconds on an even grid; what was missed is one run, and the grid begins again from there."""

    def __init__(self, every: timedelta) -> None:
        self.every = every

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next point of the grid, which is never further ahead than one interval. All instants are in UTC."""
        if previous_fire_time is None:
            return now
        following = previous_fire_time + self.every
        return following if now < following <= now + self.every else now + self.every


def make_scheduler(threads: BaseExecutor) -> BlockingScheduler:
    """A scheduler without memory of its own: jobs ask the database what is due, so one late run is as good as many.

    No misfire grace: by default a job that is more than a second late is dropped. The threads are the caller's, who can
    so wait for them longer than for the scheduler, and not for ever.
    """
    return BlockingScheduler(
        timezone="UTC",
        executors={"default": threads},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


def wake_sleepers(scheduler: BaseScheduler, now: datetime) -> int:
    """Run what would sleep longer than its interval: the clock was set back. Returns how many jobs that were."""
    sleepers = [job for job in scheduler.get_jobs() if job.next_run_time - now > job.trigger.every]
    for job in sleepers:
        job.modify(next_run_time=now)
    return len(sleepers)


def follow_clock(
    scheduler: BaseScheduler,
    clock: Callable[[], datetime],
    stopping: threading.Event,
    after_set_back: Callable[[], None],
) -> None:
    """Look every second, by a clock that cannot be set, whether jobs oversleep; until `stopping` is set.

    `after_set_back` runs then, and once at the start, since the clock may have been set while nothing ran.
    """
    to_do = True
    while not stopping.wait(LOOK_EVERY_S):
        if wake_sleepers(scheduler, clock()):
            log.warning("the clock was set back")
            to_do = True
        if to_do:
            try:
                after_set_back()
                to_do = False
            except Exception as error:
                log.warning("following the clock failed and is tried again in a second: %s", type(error).__name__)
