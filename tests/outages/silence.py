"""A worker is killed: when `/readyz` turns red, and that it turns green again with another one."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.databases import migrate
from tests.outages.citizens import ask
from tests.outages.service import worker
from tests.servers import web_server

# A worker was heard from in the last minute, or not; one second more for asking.
RED_WITHIN_S = 61.0


@dataclass(frozen=True, kw_only=True)
class Death:
    """Seconds from the kill until `/readyz` was red, and from the next worker's start until it was green."""

    red_after_s: float
    green_after_s: float


def run(folder: Path) -> Death:
    """On an SQLite file, with the real clock: it takes a minute."""
    url = f"sqlite:///{folder / 'silence.sqlite3'}"
    migrate(url, folder)
    with web_server(folder, url) as base:
        with worker(folder, url) as process:
            _until(base, 200, 30)
            process.kill()
            process.wait(10)
            red_after_s = _until(base, 503, 90)
        with worker(folder, url):
            green_after_s = _until(base, 200, 30)
    return Death(red_after_s=red_after_s, green_after_s=green_after_s)


def _until(base: str, status: int, seconds: float) -> float:
    begin = time.monotonic()
    while ask(base, "GET", "/readyz").status != status:
        assert time.monotonic() - begin < seconds, f"/readyz did not become {status}"
        time.sleep(0.1)
    return time.monotonic() - begin
