"""Copies while everybody writes, and copies that are interrupted."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from regservice.clock import utc_now
from tests.cli.running import call, started
from tests.conftest import Clock
from tests.databases import Postgres
from tests.disk.load import move
from tests.disk.people import add_people
from tests.disk.places import Place
from tests.disk.service import prepared, wait_for
from tests.disk.writers import writing
from tests.faulty_relay import FaultyRelay

COPIES = 2


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Where people write, and where copies are brought back."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'here.sqlite3'}", f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as here, server.database() as elsewhere:
        yield here, elsewhere


def test_a_copy_under_load_is_of_one_instant(urls: tuple[str, str], tmp_path: Path) -> None:
    environ, _ = prepared(tmp_path / "writing", urls[0])
    clock = Clock(utc_now())
    with FaultyRelay() as relay, writing(environ, tmp_path, 1) as writers:
        here = Place(tmp_path / "here", urls[0], clock, relay)
        elsewhere = Place(tmp_path / "elsewhere", urls[1], clock, relay)
        wait_for(writers.all_write)
        moved = [move(here, elsewhere, writers, tmp_path / f"copy{number}") for number in range(COPIES)]
        assert relay.stored == []
    assert [each.faults for each in moved] == [[]] * COPIES
    assert moved[-1].people > moved[0].people > 0


def test_a_copy_that_is_killed_leaves_no_file_of_its_name(tmp_path: Path) -> None:
    environ, _ = prepared(tmp_path / "instance")
    add_people(tmp_path / "instance" / "regservice.sqlite3", 20_000)
    file, unfinished = tmp_path / "copy", tmp_path / "copy.unfinished"
    for _ in range(20):
        with started(environ, "backup", str(file)) as process:
            # Looked for without a pause, since a copy is made within some hundredths of a second.
            while not unfinished.exists() and process.poll() is None:
                pass
            process.kill()
            process.wait(20)
        if unfinished.exists():
            break
        file.unlink()  # It was there before the kill came.
    assert not file.exists()
    assert unfinished.stat().st_mode & 0o077 == 0
    assert call(environ, "backup", str(file)).returncode == 0
    assert not unfinished.exists()
    with closing(sqlite3.connect(file)) as copy:
        assert copy.execute("SELECT count(*) FROM registration").fetchone() == (20_000,)


def test_doctor_names_disk_clock_and_the_age_of_the_copy(tmp_path: Path) -> None:
    environ, _ = prepared(tmp_path)
    told = {line.split()[1]: line for line in call(environ, "doctor").stdout.splitlines()}
    assert "backup:" not in told
    assert "MB are free" in told["disk:"]
    assert "Europe/Berlin" in told["clock:"]
    assert call(environ, "backup", str(tmp_path / "copy")).returncode == 0
    told = {line.split()[1]: line for line in call(environ, "doctor").stdout.splitlines()}
    assert told["backup:"] == "ok    backup: the newest copy is 0 days old"
