"""A part of the crash points in each run, another one each day; `python -m tests.crashes` tries all of them."""

import random

import pytest

from regservice.clock import utc_now
from tests.crashes.driver import Driver
from tests.crashes.running import complaint, postgres_driver, sqlite_driver
from tests.databases import Postgres

EVERY = {"sqlite": 10, "postgres": 20}
# The interrupted step, and the one in which its mails leave.
STEPS = 2


def check(driver: Driver, database: str) -> None:
    """Every so many-th point from an offset that changes daily."""
    offset = random.Random(utc_now().date().isoformat()).randrange(EVERY[database])
    points = driver.points[offset :: EVERY[database]]
    outcomes = [driver.try_point(point, steps=STEPS) for point in points]
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
