"""`python -m tests.time [--seed N]`: nights, jumping clocks, downtime, moves and machines at full size."""

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from regservice.app import create_app
from regservice.db import db
from tests.databases import migrate, settings_for
from tests.time import clock_steps, downtime, machines, moves, nights, ticking
from tests.time.town import town_hall

WHOLE = {"moves": 1001, "events": 260}


def fresh(folder: Path, name: str) -> tuple[Path, str]:
    """A folder and a migrated database of its own."""
    own = folder / name
    own.mkdir()
    url = f"sqlite:///{own / 'time.sqlite3'}"
    migrate(url, own)
    return own, url


def both_nights(folder: Path, _seed: int) -> bool:
    """Events at each quarter of an hour."""
    count, wrong = 0, []
    for night, change in nights.NIGHTS.items():
        own, url = fresh(folder, night)
        with town_hall(own, url, change - timedelta(days=30)) as hall:
            events, found = nights.walk(hall, change)
            count, wrong = count + events, wrong + found
    print(f"nights: {len(wrong)} wrong of {count} events at each quarter hour of both", *wrong)
    return not wrong


def even_ticks(_folder: Path, _seed: int) -> bool:
    """The scheduler's ticks over both nights."""
    good = True
    for night, change in nights.NIGHTS.items():
        begin, end = change - timedelta(hours=12), change + timedelta(hours=12)
        for job in ticking.ticks_between(begin, end, timedelta(seconds=1), timedelta(seconds=15)):
            wanted = ticking.expected(begin, end, job.every)
            print(f"ticks, {night}: {len(job.at)} of {wanted} in 24 hours at {job.every.total_seconds():.0f} s")
            good = good and len(job.at) == wanted
    return good


def set_clock(folder: Path, _seed: int) -> bool:
    """A real worker whose clock is set."""
    own, url = fresh(folder, "steps")
    with create_app(settings_for(own, url)).app_context():
        walk = clock_steps.walk(own, url)
        db.session.remove()
        db.engine.dispose()
    print(
        f"clock set {walk.steps} times and {len(clock_steps.STEPS_IN_BATCH)} times within a batch: {walk.stuck} stuck,"
        f" slowest mail {walk.slowest_s:.1f} s, {walk.doubled} doubled, {walk.uncertain} uncertain and"
        f" {walk.unsent} unsent of {walk.sent}"
    )
    return not (walk.stuck or walk.doubled or walk.uncertain or walk.unsent)


def down(folder: Path, seed: int) -> bool:
    """The service down around due times."""
    own, url = fresh(folder, "down")
    with town_hall(own, url, downtime.BEGIN) as hall:
        figures = downtime.suffer(hall, seed, WHOLE["events"])
    print(
        f"downtime: {len(figures.wrong)} wrong of {figures.due} due reminders; {figures.late} sent late,"
        f" {figures.skipped} skipped with their reason",
        *figures.wrong,
    )
    return not figures.wrong


def moved(folder: Path, seed: int) -> bool:
    """Events moved with reminders waiting and sent."""
    own, url = fresh(folder, "moves")
    with town_hall(own, url, moves.BEGIN) as hall:
        figures = moves.move_all(hall, seed, WHOLE["moves"])
    print(
        f"moves: {len(figures.wrong)} wrong of {figures.moves}; {figures.reminded_before} guests were reminded before",
        *figures.wrong,
    )
    return not figures.wrong


def zones(folder: Path, _seed: int) -> bool:
    """The same story on machines of other zones."""
    own, url = fresh(folder, "machines")
    machines.prepare(own, url)
    lived = [machines.live(own, own / "time.sqlite3", zone) for zone in machines.ZONES]
    same = sum(machine.returncode == 0 and machine.said == lived[0].said for machine in lived)
    refused = machines.without_zone_data(own, "tick")
    clear = refused.returncode == 1 and len(refused.stderr.splitlines()) == 1
    print(f"machines: {same} of {len(lived)} equal; without zone data: {refused.stderr.strip()}")
    return same == len(lived) and clear


PARTS: tuple[Callable[[Path, int], bool], ...] = (even_ticks, both_nights, zones, set_clock, down, moved)


def main() -> int:
    """Exit status 1 when a promise is broken."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    seed = parser.parse_args().seed
    good = True
    print(f"again: python -m tests.time --seed {seed}", flush=True)
    with TemporaryDirectory() as folder:
        for part in PARTS:
            begin = time.monotonic()
            good = part(Path(folder), seed) and good
            print(f"  ({time.monotonic() - begin:.0f} s)", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
