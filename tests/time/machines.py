"""The same story on machines of different zones, and on one without zone data."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from regservice.config import PROJECT_ROOT
from regservice.events.types import Format
from tests.cli.running import environment
from tests.factories import make_event
from tests.time.nights import AUTUMN
from tests.time.town import town_hall

# None: the variable is not set, and the machine's own file says what the zone is.
ZONES = ("UTC", "Europe/Berlin", "Pacific/Kiritimati", None)
NO_SYSTEM_DATA = {"PYTHONTZPATH": ""}
STARTS_AT = AUTUMN + timedelta(hours=3)
# Seven days, one day and two hours before, and the morning after; once just before.
TIMES = [
    at.isoformat()
    for at in (
        datetime(2027, 10, 25, 6, tzinfo=UTC),
        datetime(2027, 10, 30, 13, 59, 59, tzinfo=UTC),
        datetime(2027, 10, 30, 14, tzinfo=UTC),
        datetime(2027, 10, 31, 8, tzinfo=UTC),
        datetime(2027, 11, 1, 9, tzinfo=UTC),
    )
]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a machine made of the story."""

    name: str
    returncode: int
    said: str
    complained: str


def prepare(folder: Path, database_url: str) -> None:
    """An event on the morning of the night in which the clock goes back, with two people."""
    with town_hall(folder, database_url, AUTUMN - timedelta(days=20)) as hall:
        join = {"format": Format.DIGITAL, "join_url": "https://rooms.example.org/1"}
        event = make_event(hall.clock(), starts_at=STARTS_AT + timedelta(hours=6), ends_at=None, **join)  # type: ignore[arg-type]
        for name, language in (("Ada", "de"), ("Ben", "en")):
            hall.person(event, name, language)


def live(folder: Path, template: Path, zone: str | None, **more: str) -> Machine:
    """One machine's story, on a copy of the prepared database."""
    name = f"{zone or 'unset'}{''.join(more)}".replace("/", "-")
    own = folder / name
    own.mkdir()
    for suffix in ("", "-wal"):
        source = template.with_name(template.name + suffix)
        if source.exists():
            shutil.copy(source, own / f"story.sqlite3{suffix}")
    environ = {key: value for key, value in os.environ.items() if key != "TZ"} | more | ({"TZ": zone} if zone else {})
    command = [sys.executable, "-m", "tests.time.machine", str(own), f"sqlite:///{own / 'story.sqlite3'}", *TIMES]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    return Machine(name=name, returncode=done.returncode, said=done.stdout, complained=done.stderr)


def without_zone_data(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command on a machine that has no zone data, nor our own package of it."""
    program = "import sys; sys.modules['tzdata'] = None; from regservice.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=PROJECT_ROOT,
        env=environment(folder) | NO_SYSTEM_DATA,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
