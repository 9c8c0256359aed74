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
from dataclasses import dataclass, replace
from pathlib import Path

from xlsxwriter import Workbook

from benchmarks.bench import Database, service
from benchmarks.filling import full_event
from benchmarks.targets import Line
from regservice.adapters.sheets import BYTE_ORDER_MARK
from regservice.clock import utc_now


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
SMALL = tuple(replace(size, people=size.people // 10, runs=1) for size in WHOLE)


@dataclass(frozen=True, kw_only=True)
class Used:
    """What one run of the command used."""

    cpu_s: float
    peak_mb: float


def run(make: Callable[[], Database], sizes: Sequence[Size]) -> Iterator[Line]:
    """Every size in both formats; the longest list may not need more memory than the shortest."""
    short, long = sizes[0], sizes[-1]
    more_mb: dict[tuple[str, Size], float] = {}
    for size in sizes:
        database = make()
        with service(database) as app, app.app_context():
            event = full_event(utc_now(), size.people, columns=size.columns)
            alone = full_event(utc_now(), 1, columns=size.columns)
        with tempfile.TemporaryDirectory() as name:
            table = Path(name) / "table"
            for kind, bare in (("csv", bare_csv), ("xlsx", bare_xlsx)):
                idle = [_export(database, alone.slug, kind, Path(name) / "alone") for _ in range(size.runs)]
                # The file as CSV is what the bare libraries write, too.
                full = [_export(database, event.slug, kind, table.with_suffix(f".{kind}")) for _ in range(size.runs)]
                idle_s, idle_mb = (statistics.median(used.cpu_s for used in idle), max(used.peak_mb for used in idle))
                spent = sorted(used.cpu_s - idle_s for used in full)
                cpu_s, more = statistics.median(spent), max(used.peak_mb for used in full) - idle_mb
                more_mb[kind, size] = more
                bare_s = bare(_read(table.with_suffix(".csv")), Path(name) / "bare", size.runs)
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


def _export(database: Database, slug: str, kind: str, output: Path) -> Used:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    environ |= {"REGSERVICE_INSTANCE": str(database.folder), "REGSERVICE_DATABASE_URL": database.url}
    command = [sys.executable, "-m", "regservice", "attendees", slug, "--format", kind, "--output", str(output)]
    said = subprocess.run(  # noqa: S603 - our own command.
        [sys.executable, "-S", "-m", "benchmarks.usage", *command],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    status, cpu_s, peak_mb = said.stdout.split()
    assert status == "0", said.stderr
    return Used(cpu_s=float(cpu_s), peak_mb=float(peak_mb))


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
