"""From due to the relay's 250, and the web meanwhile: `python -m tests.promptness [--only KIND] [--mails N]`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.databases import migrate
from tests.outages.cluster import started_cluster
from tests.promptness.measure import HUNDRED_AT_ONCE, TEN_THOUSAND_IN_A_MINUTE, WEB_P95_WITHIN_S, Figures, run

WORKERS = {"sqlite": 1, "postgresql": 2}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A migrated database of the run's own, as durable as in real life."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'promptness.sqlite3'}"
        migrate(url, folder)
        yield url
        return
    with started_cluster() as cluster:
        migrate(cluster.url, folder)
        yield cluster.url


def show(kind: str, figures: Figures) -> bool:
    """One line; whether the promise was kept, whatever else this machine did."""
    load = figures.load
    print(
        f"{kind}, {WORKERS[kind]} worker(s), {load.mails} due over {load.over_s:.0f} s: "
        f"median {figures.late(50):.2f} s, p99 {figures.late(99):.2f} s (promised {load.within_s:.0f}), "
        f"{figures.missing} missing; "
        f"web p95 {figures.web_p95_s * 1000:.0f} ms of {len(figures.pages_s)} answers, {figures.wrong_pages} wrong; "
        f"worker {figures.worker_cpu_ms:.1f} ms CPU a mail; a bare loop beside it took {figures.slowed:.1f} times "
        f"as long as alone",
        flush=True,
    )
    kept = figures.late(99) <= load.within_s and figures.web_p95_s < WEB_P95_WITHIN_S
    return kept and not figures.missing and not figures.wrong_pages


def main() -> int:
    """The exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.promptness")
    parser.add_argument("--only", choices=sorted(WORKERS))
    parser.add_argument("--mails", type=int, default=TEN_THOUSAND_IN_A_MINUTE.mails)
    given = parser.parse_args()
    loads = [HUNDRED_AT_ONCE, replace(TEN_THOUSAND_IN_A_MINUTE, mails=given.mails)]
    kept = True
    for kind in [given.only] if given.only else list(WORKERS):
        with TemporaryDirectory() as name, database(kind, Path(name)) as url:
            for figures in run(Path(name), url, loads, workers=WORKERS[kind]):
                kept = show(kind, figures) and kept
    print(f"again: python -m tests.promptness --mails {given.mails}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
