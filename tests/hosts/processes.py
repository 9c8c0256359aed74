"""The service's processes, each on its host."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regservice.config import PROJECT_ROOT
from tests.databases import SECRET
from tests.hosts.network import Network

WEB_PORT, RELAY_PORT = 8000, 2525


class Town:
    """Starts what a town runs; each process is ended when its context ends, and its log is in the folder."""

    def __init__(self, network: Network, folder: Path, database_url: str) -> None:
        self._network, self._folder = network, folder
        self.base = f"http://{network.address('web')}:{WEB_PORT}"
        self.relay_file, self.journal_file = folder / "relay.jsonl", folder / "journal.jsonl"
        self._own = {
            "REGSERVICE_DATABASE_URL": database_url,
            "REGSERVICE_SECRET_KEY": SECRET,
            "REGSERVICE_BASE_URL": self.base,
            "REGSERVICE_INSTANCE": str(folder),
        }

    @contextmanager
    def web(self) -> Iterator[None]:
        """Two processes; without limits of rate."""
        own = {"HOST": self._network.address("web"), "PORT": str(WEB_PORT)}
        with self._running(
            "web", self._own | own | {"REGSERVICE_REHEARSAL": "1", "WEB_CONCURRENCY": "2"}, "regservice", "web"
        ):
            yield

    @contextmanager
    def worker(self, host: str) -> Iterator[None]:
        """One worker, which sends to the relay."""
        relay = {
            "REGSERVICE_MAIL_SERVER": self._network.address("relay"),
            "REGSERVICE_MAIL_PORT": str(RELAY_PORT),
            "REGSERVICE_MAIL_DEFAULT_SENDER": "events@example.org",
        }
        with self._running(host, self._own | relay, "regservice", "worker"):
            yield

    @contextmanager
    def relay(self) -> Iterator[None]:
        """The relay, which writes down what it took."""
        address = [self._network.address("relay"), str(RELAY_PORT), str(self.relay_file)]
        with self._running("relay", {}, "tests.hosts.relay", *address):
            yield

    @contextmanager
    def people(self, slug: str) -> Iterator[None]:
        """People who register and confirm; at the end they finish what they began."""
        files = [str(self.relay_file), str(self.journal_file)]
        with self._running("people", {}, "tests.hosts.people", self.base, slug, *files):
            yield

    @contextmanager
    def _running(self, host: str, environ: dict[str, str], *module: str) -> Iterator[None]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
        with (self._folder / f"{host}.log").open("w") as log:
            process = subprocess.Popen(
                [*self._network.on(host), sys.executable, "-m", *module],
                env={**kept, **environ},
                cwd=PROJECT_ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                yield
            finally:
                process.terminate()
                try:
                    process.wait(timeout=90)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
