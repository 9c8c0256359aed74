"""The points on one kind of database, and what is said about them."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.crashes.driver import SWITCHES, Driver, Outcome, Point
from tests.crashes.stores import PostgresStore, SqliteStore
from tests.crashes.story import STORY
from tests.databases import Postgres, migrate, postgres_server
from tests.faulty_relay import FaultyRelay
from tests.memory import folder_in_memory

# How many steps show what became of a point: the interrupted one, and the one in which its mails leave.
SHORT = 2


@contextmanager
def _folder() -> Iterator[Path]:
    """In memory where there is such a place: what ends here is a process, not the machine."""
    with tempfile.TemporaryDirectory(dir=folder_in_memory()) as name:
        yield Path(name)


@contextmanager
def sqlite_driver() -> Iterator[Driver]:
    """The story on an SQLite file."""
    with _folder() as folder, FaultyRelay() as relay:
        template = folder / "template.sqlite3"
        migrate(f"sqlite:///{template}", folder)
        yield Driver(SqliteStore(folder, template), folder, relay)


@contextmanager
def postgres_driver(server: Postgres | None = None) -> Iterator[Driver]:
    """The story on a PostgreSQL database, of this server or of one started for it."""
    if server is None:
        with postgres_server() as started, postgres_driver(started) as driver:
            yield driver
        return
    with _folder() as folder, FaultyRelay() as relay, server.database() as url:
        yield Driver(PostgresStore(url), folder, relay)


def replay(database: str, point: Point) -> str:
    """The command that tries this one point again."""
    return f"python -m tests.crashes --database {database} --from {point.number} --to {point.number}"


def complaint(database: str, outcome: Outcome) -> str:
    """What is wrong after one point."""
    point = outcome.point
    where = f"point {point.number}, step {point.step + 1} ({STORY[point.step].act}), {point.name}"
    return "\n  ".join([f"{where}: not as the model says", *outcome.differences, replay(database, point)])


def figures(outcomes: Sequence[Outcome], points: Sequence[Point]) -> list[str]:
    """One line a figure, each with what it is counted out of."""
    good = [outcome for outcome in outcomes if not outcome.differences]
    doubled = [outcome for outcome in outcomes if outcome.doubled]
    listed = sum(outcome.point.past_the_dot for outcome in doubled)
    within = [outcome for outcome in outcomes if isinstance(STORY[outcome.point.step].act, SWITCHES)]
    whole = sum(not outcome.differences for outcome in within)
    places = Counter(outcome.point.name for outcome in outcomes)
    return [
        f"{len(good)} of {len(outcomes)} points as the model says ({len(points)} in the story of {len(STORY)} steps)",
        "where: " + ", ".join(f"{name} {number}" for name, number in places.most_common()),
        f"switched, called off: {whole} of {len(within)} points all or nothing, then done by asking again",
        f"mails: {_lost(outcomes)} lost; {len(doubled)} doubled, {listed} of them past the final dot and not marked,"
        f" with the same Message-ID and listed as uncertain; {len(outcomes)} processes ended",
    ]


def _lost(outcomes: Sequence[Outcome]) -> int:
    return sum(line.startswith("mails: missing") for outcome in outcomes for line in outcome.differences)
