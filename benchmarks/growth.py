"""Whether the same work costs the same in an empty database and in a full one."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from flask import Flask

from benchmarks import mails, pages
from benchmarks.bench import Cost, Database, cost, service
from benchmarks.filling import Size, enter_people, fill
from benchmarks.sink import Sink
from benchmarks.targets import Line
from regservice.clock import utc_now
from regservice.jobs import JOBS, Job
from regservice.wiring import current_wiring


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How full the full one is, and how often each piece of work is done in a round."""

    size: Size
    times: int
    due: int
    # Empty and full by turns: a machine does not run alike before and after the minutes that it takes to fill one.
    rounds: int


WHOLE = Scale(size=Size(events=1_000, registrations=1_000_000, messages=5_000_000), times=100, due=300, rounds=3)
SMALL = Scale(size=Size(events=10, registrations=2_000, messages=5_000), times=3, due=10, rounds=1)
IDLE = "job"
# A difference below this is the clock's.
LEAST_MS = 0.1


@dataclass(frozen=True, kw_only=True)
class Done:
    """What one piece of work cost in a round."""

    cpu_ms: float
    statements: float


def run(make: Callable[[], Database], sink: Sink, scale: Scale) -> Iterator[Line]:
    """Do everything in both databases and say the ratios."""
    with ExitStack() as stack:
        databases = [make(), make()]
        apps = [stack.enter_context(service(database, pages.wiring_to(sink))) for database in databases]
        with apps[1].app_context():
            fill(utc_now(), scale.size)
        rounds = [
            [_round(app, database, sink, scale) for app, database in zip(apps, databases, strict=True)]
            for _ in range(scale.rounds)
        ]
    size, kind = scale.size, databases[0].name
    yield Line(
        text=f"{kind}: {size.events} events, {size.registrations} registrations, {size.messages} messages beside"
        f" none, the medians of {scale.rounds} rounds:"
    )
    for name in rounds[0][0]:
        before, after = (_median([found[which][name] for found in rounds]) for which in (0, 1))
        times = max(after.cpu_ms, LEAST_MS) / max(before.cpu_ms, LEAST_MS)
        cpu = {"idle job CPU": after.cpu_ms} if name.startswith(IDLE) else {"growth": times}
        yield Line(
            text=f"{kind}:   {name} {before.cpu_ms:.2f} to {after.cpu_ms:.2f} ms CPU, {times:.2f} times,"
            f" {before.statements:g} to {after.statements:g} statements",
            values=cpu | {"growth of statements": after.statements - before.statements},
        )


def _median(rounds: list[Done]) -> Done:
    return Done(
        cpu_ms=statistics.median(done.cpu_ms for done in rounds),
        statements=statistics.median(done.statements for done in rounds),
    )


def _round(app: Flask, database: Database, sink: Sink, scale: Scale) -> dict[str, Done]:
    with app.app_context():
        event = pages.new_event()
    browser = app.test_client()
    found = {
        "event page": pages.page(app, database, event, scale.times),
        "calendar": pages.calendar(app, database, event, scale.times),
        "whole registration": pages.registration(app, database, sink, event, scale.times),
        "/readyz": cost(app, database, lambda _: browser.get("/readyz"), times=scale.times),
    }
    jobs = {
        f"{IDLE} {job.name} with nothing to do": _idle(app, database, job, scale.times)
        for job in JOBS
        if job.every_s <= 60
    }
    works = {name: Done(cpu_ms=work.cpu_ms, statements=work.statements) for name, work in (found | jobs).items()}
    return works | {"claim and delivery of a mail that is due": _due(app, database, sink, scale.due)}


def _idle(app: Flask, database: Database, job: Job, times: int) -> Cost:
    def run_once(_: int) -> None:
        with app.app_context():
            job.run(current_wiring())

    return cost(app, database, run_once, times=times)


def _due(app: Flask, database: Database, sink: Sink, number: int) -> Done:
    """Some that are due among all that were sent."""
    with app.app_context():
        # What people who registered are still to be told is not part of it.
        mails.deliver_all(current_wiring())
        sink.contents()
        enter_people(pages.new_event(), number, utc_now())
        sent = mails.deliver_due(app, database, current_wiring())
    assert len(sink.contents()) == sent.mails == number
    return Done(cpu_ms=sent.mean_ms, statements=sent.statements / sent.mails)
