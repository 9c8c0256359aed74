"""`python -m tests.disk [--seed N] [--copies N] [--rounds N]`: full disks, power cuts, copies, upgrades."""

import argparse
import os
import random
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from regservice import schema
from regservice.app import create_app
from regservice.clock import utc_now
from regservice.config import load_settings
from regservice.db import db
from tests.cli.running import call, environment
from tests.conftest import Clock
from tests.databases import Postgres, postgres_server
from tests.disk.full_disk import fill_and_heal
from tests.disk.load import move
from tests.disk.migration import differences, fill_old_schema, killed_at, rows
from tests.disk.places import Place
from tests.disk.power_cut import series
from tests.disk.service import prepared, serving, wait_for
from tests.disk.small_disk import small_disk
from tests.disk.writers import writing
from tests.faulty_relay import FaultyRelay

COPIES_UNDER_LOAD = 10


def full_disks(folder: Path, rounds: int, chance: random.Random) -> bool:
    """A disk that fills up and has room again, under the whole service."""
    if os.geteuid() != 0:
        print("full disk: not shown, only root may mount a small disk")
        return True
    with small_disk(folder / "disk", 24) as disk, serving(disk.folder) as service:
        seen = fill_and_heal(service, disk, rounds=rounds, chance=chance)
    print(
        f"full disk: {seen.rounds} times; registrations {seen.taken} taken, {seen.refused} refused with 503, "
        f"{seen.other_answers} otherwise; {seen.not_refused_when_full} times the log on the disk had room for all"
    )
    print(
        f"full disk: mails lost {seen.lost} of {seen.taken}, doubled {seen.doubled}, "
        f"listed uncertain {seen.uncertain}, doubled without being listed {seen.unlisted}"
    )
    print(f"full disk: broken promises afterwards {len(seen.faults)} {seen.faults}")
    return not (seen.other_answers or seen.lost or seen.faults or seen.unlisted or not seen.refused)


def power_cuts(folder: Path, copies: int, chance: random.Random) -> bool:
    """Copies of database and log at random moments."""
    opened = list(series(copies, chance, folder))
    wrong = [copy.faults for copy in opened if copy.faults]
    torn = sum(copy.is_torn for copy in opened)
    print(
        f"power cut: {copies - len(wrong)} of {copies} copies, {torn} of them also torn: all promises hold {wrong[:3]}"
    )
    return not wrong and torn > copies / 2


def copies_under_load(name: str, urls: tuple[str, str], folder: Path) -> bool:
    """Copies made while four processes write, brought back elsewhere."""
    folder.mkdir()
    environ, _ = prepared(folder / "writing", urls[0])
    clock = Clock(utc_now())
    with FaultyRelay() as relay, writing(environ, folder, 1) as writers:
        here = Place(folder / "here", urls[0], clock, relay)
        elsewhere = Place(folder / "elsewhere", urls[1], clock, relay)
        wait_for(writers.all_write)
        moved = [move(here, elsewhere, writers, folder / f"copy{number}") for number in range(COPIES_UNDER_LOAD)]
        resent = len(relay.stored)
    differences = sum(len(each.faults) for each in moved)
    print(
        f"backup while writing, {name}: {differences} differences in {len(moved)} copies of up to {moved[-1].people} "
        f"people; median {statistics.median(each.backup_s for each in moved):.2f} s to copy, "
        f"{statistics.median(each.restore_s for each in moved):.2f} s to bring back; mails sent again {resent}"
    )
    return not differences and not resent


def killed_migrations(name: str, url: str, folder: Path) -> bool:
    """A migration from the first schema, killed at each of its steps."""
    environ = environment(folder, url)
    lost = steps = 0
    with create_app(load_settings(environ)).app_context():
        while True:
            fill_old_schema()
            before = rows()
            db.engine.dispose()
            if not killed_at(environ, steps + 1):
                break
            steps += 1
            whole = (schema.is_current(), rows()) == (False, before)
            db.engine.dispose()
            done = call(environ, "migrate").returncode == 0 and (schema.is_current(), differences(before)) == (True, [])
            lost += not (whole and done)
            db.engine.dispose()
    print(
        f"upgrade killed, {name}: {steps - lost} of {steps} steps left the old schema whole and were done by the next"
    )
    return not lost and steps > 0


def databases(folder: Path, server: Postgres | None) -> Iterator[tuple[str, str, str]]:
    """Each kind with two databases of its own."""
    yield "SQLite", f"sqlite:///{folder / 'here.sqlite3'}", f"sqlite:///{folder / 'elsewhere.sqlite3'}"
    if server is not None:
        with server.database() as here, server.database() as elsewhere:
            yield "PostgreSQL", here, elsewhere


def main() -> int:
    """Print the figures; 1 when a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.disk")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    print(
        f"again: python -m tests.disk --seed {given.seed} --copies {given.copies} --rounds {given.rounds}", flush=True
    )
    kept = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="regservice-disk-")))
        try:
            server = stack.enter_context(postgres_server())
        except pytest.skip.Exception as reason:
            print(f"PostgreSQL: not shown, {reason}")
            server = None
        kept.append(full_disks(folder, given.rounds, chance))
        kept.append(power_cuts(folder / "power", given.copies, chance))
        for name, here, elsewhere in databases(folder, server):
            kept.append(copies_under_load(name, (here, elsewhere), folder / name))
        for name, here, _ in databases(folder, server):
            kept.append(killed_migrations(name, here, folder / f"{name}-upgrade"))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
