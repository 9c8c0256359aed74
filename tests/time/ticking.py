"""The worker's scheduler at the speed of the machine: its own loop, with a clock that runs as it sleeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

import apscheduler.schedulers.base
import apscheduler.schedulers.blocking
from apscheduler.executors.debug import DebugExecutor

from regservice.adapters.scheduler import SteadyInterval, make_scheduler

# How much later than asked a thread wakes up.
LATENESS = timedelta(milliseconds=3)


@dataclass
class Ticks:
    """When one job ran, by the machine's clock in UTC."""

    every: timedelta
    at: list[datetime] = field(default_factory=list)

    @property
    def longest_gap(self) -> timedelta:
        return max(later - earlier for earlier, later in zip(self.at, self.at[1:], strict=False))


def ticks_between(begin: datetime, end: datetime, *intervals: timedelta) -> list[Ticks]:
    """Let the worker's scheduler run from `begin` until just before `end`, with one job an interval."""
    clock = _Clock(begin)
    jobs = [Ticks(every) for every in intervals]
    with _instead_of_the_machine(clock) as woken:
        scheduler = make_scheduler(DebugExecutor())
        for job in jobs:
            scheduler.add_job(_note(job, clock), SteadyInterval(job.every), next_run_time=begin)

        def slept() -> None:
            if clock.now >= end:
                scheduler.shutdown(wait=False)

        woken.append(slept)
        scheduler.start()
    return [Ticks(job.every, [at for at in job.at if at < end]) for job in jobs]


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now


def _note(job: Ticks, clock: _Clock) -> Any:
    return lambda: job.at.append(clock.now)


@contextmanager
def _instead_of_the_machine(clock: _Clock) -> Iterator[list[Any]]:
    """APScheduler reads this clock, and sleeping lets it run."""
    woken: list[Any] = []

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return clock.now.astimezone(tz)  # type: ignore[return-value]

    class Sleep:
        def wait(self, seconds: float) -> None:
            # The first wait has no end: `start` wakes the scheduler at once.
            clock.now += timedelta(seconds=seconds) + LATENESS if seconds < 86400 else timedelta(0)
            for call in woken:
                call()

        def set(self) -> None:
            return None

        clear = set

    base, blocking = apscheduler.schedulers.base, apscheduler.schedulers.blocking
    before = base.datetime, blocking.Event
    base.datetime, blocking.Event = Now, Sleep
    try:
        yield woken
    finally:
        base.datetime, blocking.Event = before


def expected(begin: datetime, end: datetime, every: timedelta) -> int:
    """As many ticks as the interval fits into the time that really passes."""
    return int((end.astimezone(UTC) - begin.astimezone(UTC)) / every)
