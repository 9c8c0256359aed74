"""What every test can ask for: a clock that is moved by saying so, and applications on real databases."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from regservice import db as database
from regservice.app import create_app
from regservice.config import Settings
from regservice.wiring import Wiring
from tests.browser_support import browser
from tests.databases import Postgres, copy_sqlite, migrate, postgres_server, settings_for
from tests.memory import folder_in_memory

__all__ = ["browser"]  # One browser for the run: a second one in the same process cannot start.

# The processes that tests start take it over.
if memory := folder_in_memory():
    os.environ.setdefault("TMPDIR", memory)
    tempfile.tempdir = None  # Pytest has asked for the usual place before, and the answer is kept.

# A Tuesday noon in Berlin, well before every event that the tests make.
START = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)


class Clock:
    """The clock of a test; it moves only when it is told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        """Make it this instant."""
        assert now.tzinfo is not None
        self.now = now

    def advance(self, **length: float) -> None:
        """Let time pass, as in `advance(hours=2)`."""
        self.now += timedelta(**length)


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Applications with other settings than the last find the same templates: compiling them takes longest."""
    folder = tmp_path_factory.mktemp("templates")
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(str(folder))}


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: nothing of it is looked through again for what is not."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.sqlite3"
    migrate(f"sqlite:///{path}", folder)
    return path


@pytest.fixture(scope="session")
def same_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which each test of this process finds itself anew, so that the same application can be used."""
    return tmp_path_factory.mktemp("instance") / "instance"


@pytest.fixture
def instance(same_folder: Path) -> Iterator[Path]:
    """The empty instance folder of a test."""
    same_folder.mkdir()
    yield same_folder
    shutil.rmtree(same_folder)


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, instance: Path) -> str:
    """An SQLite database of the test's own."""
    path = instance / "test.sqlite3"
    copy_sqlite(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the run."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def settings(sqlite_url: str, instance: Path) -> Settings:
    return settings_for(instance, sqlite_url)


@pytest.fixture
def wiring(clock: Clock) -> Wiring:
    return Wiring(now=clock)


@cache
def built(settings: Settings) -> tuple[Flask, dict[str, Any], dict[str, Any]]:
    """An application is built once for the same settings: that takes longer than what most tests do with it."""
    app = create_app(settings, Wiring())
    return app, dict(app.config), dict(app.extensions)


@contextmanager
def application(settings: Settings, wiring: Wiring) -> Iterator[Flask]:
    """An application inside its context, as it was built, with its connections closed afterwards."""
    app, config, extensions = built(settings)
    app.config.clear()
    app.config.update(config)
    app.extensions.clear()
    app.extensions.update(extensions, regservice_wiring=wiring)
    app.test_client_class = None
    with app.app_context():
        yield app
        database.db.session.remove()
        database.db.engine.dispose()


@pytest.fixture
def app(settings: Settings, wiring: Wiring) -> Iterator[Flask]:
    """The application on SQLite."""
    with application(settings, wiring) as running:
        yield running


@pytest.fixture
def postgres_app(postgres: Postgres, instance: Path, wiring: Wiring) -> Iterator[Flask]:
    """The application on PostgreSQL."""
    with postgres.database() as url, application(settings_for(instance, url), wiring) as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def each_app(request: pytest.FixtureRequest) -> Flask:
    """The application, once on SQLite and once on PostgreSQL."""
    running: Flask = request.getfixturevalue({"sqlite": "app", "postgres": "postgres_app"}[request.param])
    return running


class OutsideClient(FlaskClient):
    """A browser without scripts. Each request has a context of its own, as in a server, though the test has one too."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        database.db.session.rollback()  # What the test read before must not hide what the request writes.
        kwargs.setdefault("buffered", True)  # A server, too, reads a streamed answer in the context of its request.
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts and cookies of its own."""
    app.test_client_class = OutsideClient
    return app.test_client()
