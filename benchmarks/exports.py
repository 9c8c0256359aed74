"""The list of an event as a file, by the command that operators use: CPU seconds and memory beside the bare libraries.

What the command needs for a list of one person is taken off: that is the program itself.
"""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xlsxwriter import Workbook

from benchmarks.bench import Database, service
from benchmarks.filling import full_event
from benchmarks.targets import Line
from regservice.adapters.sheets import BYTE_ORDER_MARK
from regservice.clock import utc_now
from regservice.events.types import EventFacts


@dataclass(frozen=True, kw_only=True)
class Size:
    """A list to write, how often, and which of the targets it is held against."""

    people: int
    columns: int
    runs: int
    targets: str = ""


WHOLE = (
    Size(people=1_000, columns=15, runs=3),
    Size(people=10_000, columns=34, runs=3, targets="wide"),
    Size(people=100_000, columns=15, runs=1, targets="long"),
)
# Twice of what the command reads at once, then four times as many people, whom it may not keep either.
SMALL = (
    Size(people=1_000, columns=34, runs=1, targets="wide"),
    Size(people=4_000, columns=34, runs=1, targets="long"),
)


@dataclass(frozen=True, kw_only=True)
class Used:
    """What the runs of the command used."""

    cpu_s: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)


def run(database: Database, sizes: Sequence[Size]) -> Iterator[Line]:
    """Every size in both formats; the longest list may not need more memory than the shortest."""
    with service(database) as app, app.app_context():
        alone = full_event(utc_now(), 1)
        events = [full_event(utc_now(), size.people, columns=size.columns) for size in sizes]
    short, long = sizes[0], sizes[-1]
    more_mb: dict[tuple[str, Size], float] = {}
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "table"
        idle = {kind: _exports(database, alone, kind, table, runs=short.runs) for kind in ("csv", "xlsx")}
        for size, event in zip(sizes, events, strict=True):
            # The file as CSV is what the bare libraries write, too.
            for kind, bare in (("csv", bare_csv), ("xlsx", bare_xlsx)):
                full = _exports(database, event, kind, table, runs=size.runs)
                bare_s = bare(_read(table.with_suffix(".csv")), Path(name) / "bare", size.runs)
                idle_s, idle_mb = statistics.median(idle[kind].cpu_s), max(idle[kind].peak_mb)
                spent = sorted(cpu_s - idle_s for cpu_s in full.cpu_s)
                cpu_s, more = statistics.median(spent), max(full.peak_mb) - idle_mb
                more_mb[kind, size] = more
                targets = {f"{size.targets} {kind} CPU": cpu_s, f"{size.targets} memory": more} if size.targets else {}
                yield Line(
                    text=f"{database.name}: {size.people} people with {size.columns} columns as {kind}"
                    f" {cpu_s:.2f} s CPU ({spent[0]:.2f} to {spent[-1]:.2f} in {size.runs}), {cpu_s / bare_s:.1f} times"
                    f" the bare library ({bare_s:.2f} s), {more:.0f} MB more than for one person",
                    values=targets,
                )
    for kind in ("csv", "xlsx"):
        more = more_mb[kind, long] - more_mb[kind, short]
        yield Line(
            text=f"{database.name}: {long.people} people as {kind} {more:.1f} MB more than {short.people}",
            values={"constant memory": more},
        )


def _exports(database: Database, event: EventFacts, kind: str, table: Path, *, runs: int) -> Used:
    """Write the list beside `table` several times."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    environ |= {"REGSERVICE_INSTANCE": str(database.folder), "REGSERVICE_DATABASE_URL": database.url}
    output = ["--format", kind, "--output", str(table.with_suffix(f".{kind}"))]
    command = [sys.executable, "-m", "regservice", "attendees", event.slug, *output]
    used = Used()
    for _ in range(runs):
        said = subprocess.run(  # noqa: S603 - our own command.
            [sys.executable, "-S", "-m", "benchmarks.usage", *command],
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        )
        status, cpu_s, peak_mb = said.stdout.split()
        assert status == "0", said.stderr
        used.cpu_s.append(float(cpu_s))
        used.peak_mb.append(float(peak_mb))
    return used


def _read(path: Path) -> list[list[str]]:
    """What the command wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        file.read(len(BYTE_ORDER_MARK))
        return list(csv.reader(file, delimiter=";"))


def bare_csv(table: Sequence[Sequence[str]], path: Path, runs: int) -> float:
    """CPU seconds of the csv module alone for the same table."""

    def write() -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows(table)

    return _median_s(write, runs)


def bare_xlsx(table: Sequence[Sequence[str]], path: Path, runs: int) -> float:
    """CPU seconds of XlsxWriter alone for the same table, row by row as it wants it for constant memory."""

    def write() -> None:
        with Workbook(str(path), {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            for number, row in enumerate(table):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell)

    return _median_s(write, runs)


def _median_s(write: Callable[[], None], runs: int) -> float:
    spent = []
    for _ in range(runs):
        begin = time.process_time()
        write()
        spent.append(time.process_time() - begin)
    return statistics.median(spent)
