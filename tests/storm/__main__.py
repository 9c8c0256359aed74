"""`python -m tests.storm`: the whole storm, a line a figure; the exit status is 1 when a promise was broken."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.databases import Postgres, postgres_server
from tests.storm.ends import silent_relay, web_ends, worker_ends
from tests.storm.filled import Filled, filled, postgres_database, sqlite_database
from tests.storm.kills import storm
from tests.storm.pauses import pauses
from tests.storm.several import Several, several

PARTS = ("storm", "workers", "pauses", "ends")


@contextmanager
def on(kind: str, server: Postgres, mails: int) -> Iterator[Filled]:
    """A filled service on one kind of database."""
    database = sqlite_database() if kind == "SQLite" else postgres_database(server)
    with database as (folder, url), filled(folder, url, mails) as service:
        yield service


def bound(trials: int) -> str:
    """The rule of three: after none in so many, the true share is below this with a certainty of 95 %."""
    return f"{300 / trials:.2g} %"


class Run:
    """The parts that were asked for, and whether every promise held."""

    def __init__(self, options: argparse.Namespace, server: Postgres) -> None:
        self.options = options
        self.server = server
        self.kept = True

    def say(self, what: str, result: object, *, kept: bool, begun: float) -> None:
        """One figure."""
        self.kept &= kept
        word = "kept" if kept else "BROKEN"
        print(f"{word:6}  {what}: {result} ({time.monotonic() - begun:.0f} s)", flush=True)

    def storm(self) -> None:
        """Workers killed at random."""
        mails, kills = self.options.mails, self.options.kills
        for kind, count in (("SQLite", 1), ("PostgreSQL", 2)):
            begun = time.monotonic()
            with on(kind, self.server, mails) as service:
                result = storm(service, seed=self.options.seed, kills=kills, count=count)
            self.say(f"kill storm, {kind}, {count} worker(s)", result, kept=result.kept, begun=begun)
        print(
            f"        none lost of {mails} mails: below {bound(mails)}; of {kills} kills: below {bound(kills)} a kill"
        )

    def workers(self) -> None:
        """One, two and four workers on PostgreSQL, one and two on SQLite."""
        for kind, counts, web_processes in (("PostgreSQL", (1, 2, 4), 2), ("SQLite", (1, 2), 0)):
            alone: Several | None = None
            for count in counts:
                begun = time.monotonic()
                with on(kind, self.server, self.options.mails) as service:
                    result = several(service, count=count, web_processes=web_processes)
                alone = alone or result
                ratio = result.per_second / alone.per_second
                self.say(f"{kind}, {ratio:.2f} times one worker", result, kept=result.kept, begun=begun)
        print(f"        none doubled of {self.options.mails} mails: below {bound(self.options.mails)}")

    def pauses(self) -> None:
        """Workers stopped past their lease."""
        for kind in ("SQLite", "PostgreSQL"):
            begun = time.monotonic()
            times = self.options.pauses // 2
            with on(kind, self.server, 60 * times) as service:
                result = pauses(service, seed=self.options.seed, times=times)
            self.say(f"pauses past the lease, {kind}, 2 workers", result, kept=result.kept, begun=begun)

    def ends(self) -> None:
        """Workers and web servers asked to end."""
        times = self.options.ends
        for kind in ("SQLite", "PostgreSQL"):
            begun = time.monotonic()
            with on(kind, self.server, 20 * times) as service:
                worker = worker_ends(service, seed=self.options.seed, times=times)
            self.say(f"ends, {kind}", worker, kept=worker.kept, begun=begun)
            begun = time.monotonic()
            with on(kind, self.server, 10) as service:
                waiting = silent_relay(service)
            self.say(f"ends, {kind}", waiting, kept=waiting.kept, begun=begun)
            begun = time.monotonic()
            with on(kind, self.server, 0) as service:
                web = web_ends(service, seed=self.options.seed, times=times)
            self.say(f"ends, {kind}", web, kept=web.kept, begun=begun)


def main() -> int:
    """Run the parts; the last line replays them."""
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--pauses", type=int, default=200)
    parser.add_argument("--ends", type=int, default=20)
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    with postgres_server() as server:
        run = Run(options, server)
        for part in PARTS:
            if options.only in (None, part):
                getattr(run, part)()
    only = f" --only {options.only}" if options.only else ""
    numbers = " ".join(f"--{name} {getattr(options, name)}" for name in ("seed", "mails", "kills", "pauses", "ends"))
    print(
        f"{'every promise kept' if run.kept else 'A PROMISE WAS BROKEN'}; again: python -m tests.storm {numbers}{only}"
    )
    return 0 if run.kept else 1


if __name__ == "__main__":
    sys.exit(main())
