"""The commands as processes: what a test starts, it also ends."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.databases import SECRET, free_port
from tests.forked import Forked, command


def environment(instance: Path, database_url: str, port: int, **more: str) -> dict[str, str]:
    """What an operator would set for one process."""
    own = {
        "REGSERVICE_INSTANCE": str(instance),
        "REGSERVICE_DATABASE_URL": database_url,
        "REGSERVICE_SECRET_KEY": SECRET,
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    return {**kept, **own, **more}


@contextmanager
def web_server(instance: Path, database_url: str, **more: str) -> Iterator[str]:
    """`python -m regservice web` on a port of its own; gives its address once it answers."""
    port = free_port()
    with (instance / "web.log").open("w") as log:
        process = Forked(command("web"), environment(instance, database_url, port, **more), stdout=log, stderr=log)
        try:
            _wait_until_it_answers(process, f"http://127.0.0.1:{port}/healthz", instance / "web.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_it_answers(process: Forked, address: str, log: Path) -> None:
    for _ in range(300):
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, OSError):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"the web server did not start: {log.read_text()}")
