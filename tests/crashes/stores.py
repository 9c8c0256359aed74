"""The story's database: its state before each step is kept and can be brought back, on SQLite and on PostgreSQL."""

import shutil
import time
from pathlib import Path
from typing import Protocol

import psycopg

from regservice.db import db

SUFFIXES = ("", "-wal", "-shm")


class Store(Protocol):
    """A database that nobody is connected to while it is kept or brought back."""

    name: str
    url: str

    def keep(self, number: int) -> None:
        """Remember the present state under this number."""

    def bring_back(self, number: int) -> None:
        """Make it the present state again."""

    def wait_until_alone(self) -> None:
        """Until nothing of a dead process moves any more."""

    def still_holds(self, people: list[str]) -> list[str]:
        """Whose address stands anywhere in it, deleted or not, as far as that can be seen."""


class SqliteStore:
    """Files beside each other."""

    name = "sqlite"

    def __init__(self, folder: Path, template: Path) -> None:
        self._path = folder / "story.sqlite3"
        self.url = f"sqlite:///{self._path}"
        self._copy(template, self._path)

    def _copy(self, source: Path, target: Path) -> None:
        for suffix in SUFFIXES:
            Path(f"{target}{suffix}").unlink(missing_ok=True)
        for suffix in SUFFIXES[:2]:
            if Path(f"{source}{suffix}").exists():
                shutil.copy(f"{source}{suffix}", f"{target}{suffix}")

    def keep(self, number: int) -> None:
        """As files."""
        self._copy(self._path, self._path.with_name(f"{number}.sqlite3"))

    def bring_back(self, number: int) -> None:
        """What a dead process left goes first."""
        self._copy(self._path.with_name(f"{number}.sqlite3"), self._path)

    def wait_until_alone(self) -> None:
        """A file has nobody behind it."""

    def still_holds(self, people: list[str]) -> list[str]:
        """As bytes in the files."""
        paths = [Path(f"{self._path}{suffix}") for suffix in SUFFIXES]
        content = b"".join(path.read_bytes() for path in paths if path.exists())
        return [who for who in people if f"{who}@ex".encode() in content]


class PostgresStore:
    """The rows of every table and where each sequence stands, kept in this process."""

    name = "postgres"

    def __init__(self, url: str) -> None:
        self.url = url
        self._address = url.replace("+psycopg", "")
        self._tables = [table.name for table in db.metadata.sorted_tables]
        self._kept: dict[int, tuple[dict[str, bytes], list[tuple[str, int]]]] = {}

    def keep(self, number: int) -> None:
        """As the server copies them out."""
        with psycopg.connect(self._address) as connection:
            rows = {table: self._rows(connection, table) for table in self._tables}
            sequences = connection.execute("SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences").fetchall()
        self._kept[number] = rows, sequences

    def _rows(self, connection: psycopg.Connection, table: str) -> bytes:
        with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
            return b"".join(copy)

    def bring_back(self, number: int) -> None:
        """Parents before children."""
        self.wait_until_alone()
        rows, sequences = self._kept[number]
        with psycopg.connect(self._address) as connection:
            connection.execute(f"TRUNCATE {', '.join(self._tables)}")
            for table in self._tables:
                with connection.cursor().copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows[table])
            for name, last in sequences:
                connection.execute("SELECT setval(%s, greatest(%s, 1), %s > 0)", (name, last, last))

    def wait_until_alone(self) -> None:
        """Until the server noticed that a dead process is gone and gave up what it had not committed."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(self._address, autocommit=True) as connection:
            for _ in range(2000):
                # The server's own helpers, such as autovacuum, come and go.
                if connection.execute(f"{query} AND backend_type = 'client backend'").fetchone() == (0,):
                    return
                time.sleep(0.002)
        raise TimeoutError("a dead process still has a connection")

    def still_holds(self, people: list[str]) -> list[str]:
        """The server's files are not ours to read."""
        return []
