"""A part of the crash points in each run, another one each day; `python -m tests.crashes` tries all of them."""

import random
from collections.abc import Iterator

import pytest

from regservice.clock import utc_now
from tests.crashes.boundaries import AFTER_COMMIT, BEFORE_COMMIT
from tests.crashes.driver import Driver, Point
from tests.crashes.running import SHORT, complaint, postgres_driver, sqlite_driver
from tests.crashes.story import STORY, Tick
from tests.databases import Postgres

EVERY = {"sqlite": 13, "postgres": 26}


def chosen(driver: Driver, database: str) -> Iterator[Point]:
    """Every so many-th point from an offset that changes daily; on SQLite also each commit of what people do."""
    offset = random.Random(utc_now().date().isoformat()).randrange(EVERY[database])
    for point in driver.points:
        of_people = not isinstance(STORY[point.step].act, Tick) and point.name in (BEFORE_COMMIT, AFTER_COMMIT)
        if point.number % EVERY[database] == offset or (of_people and database == "sqlite"):
            yield point


def check(driver: Driver, database: str) -> None:
    """The chosen points; those that failed with the commands that try them again."""
    outcomes = [driver.try_point(point, steps=SHORT) for point in chosen(driver, database)]
    wrong = [complaint(database, outcome) for outcome in outcomes if outcome.differences]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(outcomes)} points", *wrong[:5]])


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_wherever_the_process_ends() -> None:
    with sqlite_driver() as driver:
        check(driver, "sqlite")


@pytest.mark.timeout(600)
@pytest.mark.postgres
def test_nothing_is_lost_or_doubled_wherever_the_process_ends_on_postgresql(postgres: Postgres) -> None:
    with postgres_driver(postgres) as driver:
        check(driver, "postgres")
