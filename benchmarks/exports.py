"""The list of an event as a file, by the command that operators use: seconds, and memory beside the command's own."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Database, service
from benchmarks.filling import full_event
from regservice.clock import utc_now

FORMATS = ("csv", "xlsx")


@dataclass(frozen=True, kw_only=True)
class Export:
    """What one run of the command took."""

    seconds: float
    cpu_s: float
    peak_mb: float


def run(database: Database, people: int) -> list[str]:
    """Write the list in each format; the same command for one person says what the program itself needs."""
    with service(database) as app, app.app_context():
        event, empty = full_event(utc_now(), people), full_event(utc_now(), 1)
    said = []
    for kind in FORMATS:
        idle, full = _export(database, empty.slug, kind), _export(database, event.slug, kind)
        said.append(
            f"{database.name}: {people} people with 15 columns as {kind}: {full.cpu_s - idle.cpu_s:.2f} s CPU,"
            f" {full.seconds - idle.seconds:.2f} s, {full.peak_mb - idle.peak_mb:.0f} MB more than for one person"
        )
    return said


def _export(database: Database, slug: str, kind: str) -> Export:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    environ |= {"REGSERVICE_INSTANCE": str(database.folder), "REGSERVICE_DATABASE_URL": database.url}
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "regservice", "attendees", slug, "--format", kind, "--output", str(Path(folder) / "list")]
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], env=environ)  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return Export(seconds=seconds, cpu_s=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1024)
