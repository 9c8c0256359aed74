"""Connections that say nothing, or stop in the middle of a request, while others ask for pages."""

import socket
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.databases import migrate
from tests.outages.citizens import ask
from tests.outages.service import open_event
from tests.servers import web_server

P95_WITHIN_S = 0.5
PAUSE_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Report:
    """Seconds of each page that was asked for meanwhile."""

    idle: int
    stalled: int
    seconds: list[float]
    alone_p95_s: float
    failed: int

    @property
    def p95_s(self) -> float:
        """19 of 20 pages came within this time."""
        return p95(self.seconds)


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else max(values)


def run(folder: Path, *, idle: int, stalled: int, seconds: float) -> Report:
    """Open so many connections, keep that many open for so long, and ask for an event's page meanwhile."""
    url = f"sqlite:///{folder / 'idle.sqlite3'}"
    migrate(url, folder)
    event = open_event(folder, url)
    with web_server(folder, url) as base:
        path = f"/events/{event.slug}"
        alone, _ = _asked(base, path, seconds / 3)
        with ExitStack() as stack:
            for _ in range(idle):
                _open(stack, base)
            for _ in range(stalled):
                _open(stack, base).sendall(f"GET {path} HTTP/1.1\r\nHost: exam".encode())
            taken, failed = _asked(base, path, seconds)
    return Report(idle=idle, stalled=stalled, seconds=taken, alone_p95_s=p95(alone), failed=failed)


def _open(stack: ExitStack, base: str) -> socket.socket:
    parts = urlsplit(base)
    assert parts.hostname
    return stack.enter_context(socket.create_connection((parts.hostname, parts.port or 80), timeout=30))


def _asked(base: str, path: str, seconds: float) -> tuple[list[float], int]:
    taken, failed, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        failed += ask(base, "GET", path).status != 200
        taken.append(time.monotonic() - begin)
        time.sleep(PAUSE_S)
    return taken, failed
