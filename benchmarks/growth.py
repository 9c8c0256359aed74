"""Whether the same work costs the same in an empty database and in a full one."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from benchmarks import pages
from benchmarks.bench import Cost, Database, cost, service
from benchmarks.filling import Size, fill
from benchmarks.sink import Sink
from regservice.clock import utc_now
from regservice.jobs import JOBS
from regservice.wiring import current_wiring

ALLOWED = 1.2


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one kind of work costs, empty and full."""

    name: str
    empty: Cost
    full: Cost

    @property
    def times(self) -> float:
        """Full as a multiple of empty."""
        return self.full.cpu_ms / self.empty.cpu_ms


def run(make: Callable[[], Database], sink: Sink, size: Size) -> list[str]:
    """Measure everything in both databases and print the ratios."""
    empty = _measure(make(), sink, None)
    full = _measure(make(), sink, size)
    said = [f"{size.events} events, {size.registrations} registrations, {size.messages} messages beside none:"]
    for name, before in empty.items():
        work = Work(name=name, empty=before, full=full[name])
        word = "" if work.times <= ALLOWED else "  GROWS"
        said.append(f"  {name}: {before.cpu_ms:.2f} to {work.full.cpu_ms:.2f} ms CPU, {work.times:.2f} times{word}")
    return said


def _measure(database: Database, sink: Sink, size: Size | None) -> dict[str, Cost]:
    with service(database, pages.wiring_to(sink)) as app:
        if size is not None:
            with app.app_context():
                fill(utc_now(), size)
        people = pages.measure(app, database, sink, times=100)
        jobs = {f"job {job.name}": _job(app, database, job.name) for job in JOBS if job.every_s <= 60}
        browser = app.test_client()
        ready = cost(app, database, lambda _: browser.get("/readyz"), times=50)
    return {
        "event page": people.page,
        "calendar": people.calendar,
        "whole registration": people.registration,
        "/readyz": ready,
    } | jobs


def _job(app: Flask, database: Database, name: str) -> Cost:
    """A run that finds nothing to do."""
    job = next(job for job in JOBS if job.name == name)

    def run_once(_: int) -> None:
        with app.app_context():
            job.run(current_wiring())

    return cost(app, database, run_once, times=30)
