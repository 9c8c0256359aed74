"""A PostgreSQL of a run's own that can be stopped and started again, with `fsync` on as in real life."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.databases import free_port


def programs() -> Path:
    """Where Debian keeps PostgreSQL's programs; without them the test is skipped, or fails with REQUIRE_POSTGRES=1."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    if os.environ.get("REQUIRE_POSTGRES") == "1":
        pytest.fail("REQUIRE_POSTGRES=1, but Debian's PostgreSQL is not on this machine")
    pytest.skip("no PostgreSQL on this machine: install Debian's postgresql")


class Cluster:
    """One server; `command` stands before each of its programs, as to run them on another host."""

    def __init__(self, folder: Path, *, host: str, port: int, command: Sequence[str]) -> None:
        self.folder, self.host, self.port = folder, host, port
        # PostgreSQL refuses to run as root.
        as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._command = [*command, *as_owner]
        self.url = f"postgresql+psycopg://postgres@{host}:{port}/postgres"

    def create(self, trusted_network: str = "127.0.0.0/8") -> None:
        """Make an empty cluster that trusts everybody in the network."""
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {trusted_network} trust\n")

    def start(self) -> None:
        """Returns once it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses={self.host} -c max_connections=200"
        # After a crash every file is made durable once; one call for the whole disk is as good and takes no minutes.
        options += " -c recovery_init_sync_method=syncfs"
        self._run("pg_ctl", "-D", self._data, "-w", "-l", f"{self.folder}/log", "-o", options, "start")

    def restart(self, mode: str) -> None:
        """Ends every session (`fast`) or dies without a word (`immediate`); returns once it answers again."""
        self._run("pg_ctl", "-D", self._data, "-w", "-l", f"{self.folder}/log", "-m", mode, "restart")

    def stop(self) -> None:
        """Whatever state it is in."""
        command = [*self._command, str(programs() / "pg_ctl"), "-D", self._data, "-m", "immediate", "stop"]
        subprocess.run(command, capture_output=True, cwd=self.folder, check=False, timeout=60)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._command, str(programs() / program), *arguments]
        # Not through pipes: the server keeps what it inherits open.
        subprocess.run(
            command, cwd=self.folder, check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextmanager
def started_cluster(
    *, host: str = "127.0.0.1", command: Sequence[str] = (), trusted_network: str = "127.0.0.0/8"
) -> Iterator[Cluster]:
    """A running, empty cluster on a folder of its own."""
    programs()
    folder = Path(tempfile.mkdtemp(prefix="regservice-postgres-"))
    cluster = Cluster(folder, host=host, port=free_port(), command=command)
    try:
        cluster.create(trusted_network)
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
