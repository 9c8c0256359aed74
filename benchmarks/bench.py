"""A fresh service for one measurement, and how CPU time, statements and memory are counted.

Wall time on a shared machine says little, so every figure is CPU time, of this process and of the database's, and is
printed beside what the same machine needs for a bare piece of work in the same run.
"""

import gc
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy import event

from regservice import schema
from regservice.app import create_app
from regservice.config import load_settings
from regservice.db import db
from regservice.wiring import Wiring
from tests.databases import Postgres, started_cluster

SECRET = "a-secret-for-benchmarks-0123456789"  # noqa: S105 - guards a throw-away database.
WARM_UP, COUNTED = 10, 20
# Calls before those that are timed.
UNTIMED = WARM_UP + COUNTED
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU milliseconds of one call, this process and the database's, with their spread, and its most statements."""

    cpu_ms: float
    low_ms: float
    high_ms: float
    statements: int
    begins: int
    per_second: float

    def beside(self, floor: "Cost") -> str:
        """The figures in words, as a multiple of a bare piece of work."""
        return (
            f"{self.cpu_ms:.2f} ms CPU ({self.low_ms:.2f} to {self.high_ms:.2f}), {self.cpu_ms / floor.cpu_ms:.1f} bare"
            f" views, {self.statements} statements and {self.begins} BEGIN, {self.per_second:.0f}/s"
        )


@dataclass(kw_only=True)
class Counted:
    """What was sent to the database since somebody set these to zero."""

    statements: int = 0
    begins: int = 0


@dataclass(frozen=True, kw_only=True)
class Database:
    """One kind of database to measure on; `cpu_s` reads what its own processes have used so far."""

    name: str
    url: str
    folder: Path
    cpu_s: Callable[[], float] = field(repr=False)


@contextmanager
def databases(only: str | None = None) -> Iterator[list[Callable[[], Database]]]:
    """A fresh database of each kind for every call; PostgreSQL where its programs are found."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kinds: list[Callable[[], Database]] = []
        if only in (None, "sqlite"):
            kinds.append(lambda: _sqlite(folder))
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if programs and only in (None, "postgres"):
            server = Postgres(stack.enter_context(started_cluster(programs[-1].parent, fsync="on")))
            kinds.append(lambda: _postgres(server, stack, folder))
        yield kinds


def _sqlite(folder: Path) -> Database:
    own = Path(tempfile.mkdtemp(dir=folder))
    return Database(name="SQLite", url=f"sqlite:///{own / 'bench.sqlite3'}", folder=own, cpu_s=lambda: 0.0)


def _postgres(server: Postgres, stack: ExitStack, folder: Path) -> Database:
    url = stack.enter_context(server.database())
    own = Path(tempfile.mkdtemp(dir=folder))
    with psycopg.connect(server.admin_url) as connection:
        data = str(connection.execute("SHOW data_directory").fetchone()[0])  # type: ignore[index]
    pid = int((Path(data) / "postmaster.pid").read_text().split()[0])
    return Database(name="PostgreSQL", url=url, folder=own, cpu_s=lambda: _cpu_of(pid))


def _cpu_of(pid: int) -> float:
    """Seconds that a process, its children and those of them that have ended have used."""
    seconds = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if stat.parent.name == str(pid):
                # Of children that ended there are only ticks; they are few.
                seconds += sum(int(number) for number in fields[13:15]) / TICKS_A_SECOND
            elif fields[1] != str(pid):
                continue
            # In nanoseconds: a tick is as long as ten pages.
            seconds += int(stat.with_name("schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue  # It ended meanwhile.
    return seconds


@contextmanager
def service(database: Database, wiring: Wiring | None = None) -> Iterator[Flask]:
    """An application on this database, migrated, without limits of rate."""
    logging.disable(logging.INFO)
    environ = {
        "REGSERVICE_INSTANCE": str(database.folder),
        "REGSERVICE_DATABASE_URL": database.url,
        "REGSERVICE_SECRET_KEY": SECRET,
        "REGSERVICE_REHEARSAL": "1",
    }
    app = create_app(load_settings(environ), wiring)
    with app.app_context():
        schema.upgrade()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def counting(app: Flask) -> Iterator[Counted]:
    """Count what the application sends to its database."""
    counted = Counted()

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        begins = statement.startswith("BEGIN")
        counted.begins += begins
        counted.statements += not begins

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", count)


def cost(app: Flask, database: Database, call: Callable[[int], object], *, times: int) -> Cost:
    """Call with 0, 1, …: after a warm-up the most statements, then the median of the time and the tenths at both ends.

    They are not counted while it is timed, since watching each of them takes time, too.
    """
    spent, statements, begins = [], [], []
    for number in range(WARM_UP):
        call(number)
    with counting(app) as counted:
        for number in range(WARM_UP, UNTIMED):
            counted.begins = counted.statements = 0
            call(number)
            statements.append(counted.statements)
            begins.append(counted.begins)
    gc.collect()
    in_database, since = database.cpu_s(), time.perf_counter()
    for number in range(UNTIMED, UNTIMED + times):
        begin = time.process_time()
        call(number)
        spent.append((time.process_time() - begin) * 1000)
    seconds = time.perf_counter() - since
    database_ms = (database.cpu_s() - in_database) * 1000 / times
    low, high = tenths(spent)
    return Cost(
        cpu_ms=statistics.median(spent) + database_ms,
        low_ms=low + database_ms,
        high_ms=high + database_ms,
        statements=max(statements),
        begins=max(begins),
        per_second=times / seconds,
    )


def tenths(values: Sequence[float]) -> tuple[float, float]:
    """The spread: what nine in ten lie above, and below."""
    cuts = statistics.quantiles(values, n=10)
    return cuts[0], cuts[-1]


def together(*parts: Cost) -> Cost:
    """Several calls as one piece of work."""
    return Cost(
        cpu_ms=sum(part.cpu_ms for part in parts),
        low_ms=sum(part.low_ms for part in parts),
        high_ms=sum(part.high_ms for part in parts),
        statements=sum(part.statements for part in parts),
        begins=sum(part.begins for part in parts),
        per_second=1 / sum(1 / part.per_second for part in parts),
    )
