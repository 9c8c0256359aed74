"""A fresh service for one measurement, and how CPU time and statements are counted."""

import logging
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask
from sqlalchemy import event

from regservice.app import create_app
from regservice.config import PROJECT_ROOT, load_settings
from regservice.db import db
from regservice.wiring import Wiring

SECRET = "a-secret-for-benchmarks-0123456789"  # noqa: S105 - guards a throw-away database.


@contextmanager
def service(wiring: Wiring | None = None) -> Iterator[Flask]:
    """An application on an empty SQLite file of its own, without limits of rate."""
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        environ = {"REGSERVICE_INSTANCE": folder, "REGSERVICE_SECRET_KEY": SECRET, "REGSERVICE_REHEARSAL": "1"}
        app = create_app(load_settings(environ), wiring)
        with app.app_context():
            flask_migrate.upgrade(directory=str(PROJECT_ROOT / "migrations"))
        yield app
        with app.app_context():
            db.engine.dispose()


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Median CPU milliseconds of one call, and the statements of the last one."""

    cpu_ms: float
    statements: int


def cost(app: Flask, call: Callable[[int], object], *, times: int) -> Cost:
    """Call `times` times after a warm-up; what each call costs in CPU time of this process."""
    counted = [0]

    def count(*_: object) -> None:
        counted[0] += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
    spent = []
    for number in range(times + 10):
        counted[0] = 0
        begin = time.process_time()
        call(number)
        spent.append((time.process_time() - begin) * 1000)
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", count)
    return Cost(cpu_ms=statistics.median(spent[10:]), statements=counted[0])


def durable_insert_ms(times: int = 200) -> float:
    """What this machine needs for one committed row that survives a power cut."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
        spent = []
        for _ in range(times):
            begin = time.perf_counter()
            connection.execute("INSERT INTO row (text) VALUES ('x')")
            spent.append((time.perf_counter() - begin) * 1000)
        connection.close()
    return statistics.median(spent)
