"""Real databases for tests: a migrated SQLite file and a migrated PostgreSQL database, copied for each test."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from socket import socket

import psycopg
import pytest

from regservice import schema
from regservice.app import create_app
from regservice.config import Settings, load_settings
from regservice.db import db

SECRET = "a-secret-for-tests-only-0123456789"


def settings_for(instance: Path, database_url: str, **more: str) -> Settings:
    """Settings as an operator would make them, on a database of the test's own."""
    environ = {"REGSERVICE_INSTANCE": str(instance), "REGSERVICE_DATABASE_URL": database_url}
    environ |= {"REGSERVICE_SECRET_KEY": SECRET, "REGSERVICE_BASE_URL": "http://events.example.org"}
    return load_settings(environ | more)


def migrate(database_url: str, instance: Path) -> None:
    """Bring a database to the newest schema."""
    with create_app(settings_for(instance, database_url)).app_context():
        schema.upgrade()
        db.engine.dispose()


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that nobody is connected to, with what is in its log alone."""
    for suffix in ("", "-wal"):
        if Path(f"{source}{suffix}").exists():
            shutil.copy(f"{source}{suffix}", f"{target}{suffix}")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """A server with a migrated template, from which each test gets a database of its own."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url
        self.template = f"template_{os.getpid()}"
        self._held: set[str] = set()
        with psycopg.connect(admin_url) as connection:
            # Twice as fast as through the log, where a server knows both ways.
            self._as_files = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
        self._execute(f"CREATE DATABASE {self.template}")
        with tempfile.TemporaryDirectory() as folder:
            migrate(self.url(self.template), Path(folder))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def url(self, database: str) -> str:
        """The SQLAlchemy address of one database."""
        return self.admin_url.replace("postgresql://", "postgresql+psycopg://").rsplit("/", 1)[0] + f"/{database}"

    @contextmanager
    def database(self, template: str = "") -> Iterator[str]:
        """A fresh database, dropped afterwards. Its name is used again, so that the settings are the same again.

        It is migrated and empty, or a copy of another one, given by its address, that nobody is connected to.
        """
        source = template.rpartition("/")[2] or self.template
        names = (f"test_{os.getpid()}_{number}" for number in count())
        name = next(name for name in names if name not in self._held)
        self._held.add(name)
        self._execute(f"CREATE DATABASE {name} TEMPLATE {source} {self._as_files}")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._held.remove(name)

    def close(self) -> None:
        """Drop the template."""
        self._execute(f"DROP DATABASE IF EXISTS {self.template} WITH (FORCE)")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """The server of TEST_POSTGRES_URL, else one started from Debian's programs on an own folder and port.

    Skips the test where neither is found, or fails it with REQUIRE_POSTGRES=1.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        server = Postgres(given)
        try:
            yield server
        finally:
            server.close()
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        if os.environ.get("REQUIRE_POSTGRES") == "1":
            pytest.fail("REQUIRE_POSTGRES=1, but there is no TEST_POSTGRES_URL and no PostgreSQL on this machine")
        pytest.skip("no PostgreSQL: set TEST_POSTGRES_URL or install Debian's postgresql")
    with started_cluster(programs[-1].parent) as url:
        yield Postgres(url)


@contextmanager
def started_cluster(programs: Path, *, fsync: str = "off") -> Iterator[str]:
    """A PostgreSQL of our own; it refuses to run as root, so root runs it as the user postgres.

    Tests do not wait for the disk; with `fsync="on"` commits survive a power cut, as they do in operation.
    """
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="regservice-postgres-"))
    port = free_port()
    try:
        if as_owner:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        init = [*as_owner, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*init, "--no-sync"], check=True, capture_output=True, cwd=folder)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync={fsync} -c max_connections=200"
        server = subprocess.Popen(
            [*as_owner, str(programs / "postgres"), "-D", str(data), *options.split()],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait_until_it_answers(url)
            yield url
        finally:
            stop = [*as_owner, str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
            subprocess.run(stop, capture_output=True, cwd=folder, check=False)
            server.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_it_answers(url: str) -> None:
    for _ in range(100):
        try:
            psycopg.connect(url, connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start within ten seconds")
