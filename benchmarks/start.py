"""From the command to the first page, and how much memory web and worker need together."""

import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.bench import Database, service
from benchmarks.targets import Line
from tests.databases import free_port
from tests.servers import environment


def run(database: Database, *, starts: int) -> list[Line]:
    """On a migrated database, several times."""
    with service(database):
        started = [_start(database) for _ in range(starts)]
    seconds, memory_mb = sorted(first_s for first_s, _ in started), max(most_mb for _, most_mb in started)
    median_s = statistics.median(seconds)
    return [
        Line(
            text=f"{database.name}: the first page {median_s:.2f} s after the command ({seconds[0]:.2f} to"
            f" {seconds[-1]:.2f} in {starts}), web and worker {memory_mb:.0f} MB together",
            values={"start": median_s, "memory": memory_mb},
        )
    ]


def _start(database: Database) -> tuple[float, float]:
    """Seconds to the first page, and megabytes after it."""
    port = free_port()
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "regservice", "serve"],
        env=environment(database.folder, database.url, port),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for_page(process, f"http://127.0.0.1:{port}/")
        seconds = time.perf_counter() - begin
        time.sleep(1)  # The worker has run each of its jobs by then.
        return seconds, _memory_mb(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait_for_page(process: "subprocess.Popen[bytes]", address: str) -> None:
    while process.poll() is None:
        try:
            with urlopen(address, timeout=30):  # noqa: S310 - our own address.
                return
        except (URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError("the service did not start")


def _memory_mb(pid: int) -> float:
    """Of a process and all below it; what several of them share counts once."""
    above = {int(stat.parent.name): _parent(stat) for stat in Path("/proc").glob("[0-9]*/stat")}
    together, grown = {pid}, True
    while grown:
        below = {child for child, parent in above.items() if parent in together}
        grown, together = not below <= together, together | below
    found = [_memory_kb(member) for member in together]
    return (sum(own for own, _ in found) + max(mapped for _, mapped in found)) / 1024


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0  # It ended meanwhile.


def _memory_kb(pid: int) -> tuple[int, int]:
    """A process's share of the memory that it has with its forks, and all that it uses of programs and libraries.

    Programs and libraries lie in memory once, and other programs of this machine that use them make them no cheaper.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return kb["Pss_Anon"] + kb["Pss_Shmem"], kb["Rss"] - kb["Anonymous"]
