"""How long a mail takes from being due to the relay's 250, and a page meanwhile."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import func, select

from regservice.app import create_app
from regservice.config import PROJECT_ROOT
from regservice.db import db, session
from regservice.workers.models import Heartbeat
from tests.databases import free_port, settings_for
from tests.outages.citizens import ask
from tests.outages.service import open_event, relay_settings, worker
from tests.promptness.due import TimingRelay, enter_people, make_due
from tests.promptness.machine import children, cpu_s, median, slowness
from tests.promptness.visitors import Visitors
from tests.servers import environment


@dataclass(frozen=True, kw_only=True)
class Load:
    """So many mails that fall due over so many seconds; `within_s` is the promise for 99 of 100."""

    mails: int
    over_s: float
    within_s: float


HUNDRED_AT_ONCE = Load(mails=100, over_s=0, within_s=5)
TEN_THOUSAND_IN_A_MINUTE = Load(mails=10_000, over_s=60, within_s=60)
WEB_P95_WITHIN_S = 0.3
# So many times the promised time a run waits before it gives the rest up.
PATIENCE = 12


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Seconds from due to the relay's 250 for each mail that came; seconds of each page.

    `worker_cpu_ms` is the workers' CPU time a mail. `slowed` says how much slower than alone a bare loop was beside the
    service, the people and whatever else the machine did: the promises are for two cores that do nothing else.
    """

    load: Load
    late_s: list[float]
    pages_s: list[float]
    wrong_pages: int
    worker_cpu_ms: float
    slowed: float

    @property
    def missing(self) -> int:
        """Mails that did not come."""
        return self.load.mails - len(self.late_s)

    def late(self, percent: int) -> float:
        """This part of a hundred mails came within this time."""
        return statistics.quantiles(self.late_s, n=100)[percent - 1] if len(self.late_s) > 1 else float("inf")

    @property
    def web_p95_s(self) -> float:
        """19 of 20 answers came within this time."""
        return statistics.quantiles(self.pages_s, n=20)[-1]


def run(folder: Path, database_url: str, loads: list[Load], *, workers: int) -> list[Figures]:
    """`serve` on a migrated database, with more workers beside it; the loads one after the other."""
    event = open_event(folder, database_url)
    enter_people(folder, database_url, event, 0, sum(load.mails for load in loads))
    with ExitStack() as stack:
        relay = stack.enter_context(TimingRelay())
        more = {"REGSERVICE_REHEARSAL": "1", **relay_settings(relay)}
        base, serve = stack.enter_context(_serve(folder, database_url, **more))
        pids = children(serve.pid, "worker")
        pids += [stack.enter_context(worker(folder, database_url, **more)).pid for _ in range(workers - 1)]
        _wait_until_heard(folder, database_url, workers)
        # The first pages after a start take longer; how long is measured by `make bench`.
        for path in ("", "/register"):
            ask(base, "GET", f"/events/{event.slug}{path}")
        return [_measure(folder, database_url, load, relay, Visitors(base, event.slug), pids) for load in loads]


def _measure(
    folder: Path, database_url: str, load: Load, relay: TimingRelay, visitors: Visitors, pids: list[int]
) -> Figures:
    with slowness() as samples, visitors.at_work():
        begin_cpu_s = cpu_s(pids)
        due = make_due(folder, database_url, load.mails, timedelta(seconds=load.over_s))
        deadline = time.monotonic() + load.over_s + PATIENCE * load.within_s
        while time.monotonic() < deadline and not due.at.keys() <= relay.taken_at.keys():
            time.sleep(0.1)
        spent_s = cpu_s(pids) - begin_cpu_s
    taken = dict(relay.taken_at)
    late = [(taken[header] - due.since(header)).total_seconds() for header in due.at if header in taken]
    return Figures(
        load=load,
        late_s=late,
        pages_s=visitors.seconds,
        wrong_pages=len(visitors.wrong),
        worker_cpu_ms=1000 * spent_s / max(len(late), 1),
        slowed=median(samples),
    )


@contextmanager
def _serve(folder: Path, database_url: str, **more: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """`python -m regservice serve`; gives its address and itself once it answers."""
    port = free_port()
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "regservice", "serve"],
            env=environment(folder, database_url, port, **more),
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(timeout=40)


def _wait_until_heard(folder: Path, database_url: str, workers: int) -> None:
    """A worker that starts takes a processor for a second or two, which no town meets at the hour of its reminders."""
    with create_app(settings_for(folder, database_url)).app_context():
        for _ in range(600):
            heard = session().scalar(select(func.count()).select_from(Heartbeat))
            db.session.rollback()
            if heard == workers:
                break
            time.sleep(0.1)
        db.session.remove()
        db.engine.dispose()
    if heard != workers:
        raise RuntimeError(f"{heard} of {workers} workers were heard of within a minute")


def _wait_until_ready(base: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{base}/readyz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the service is not ready within a minute")
