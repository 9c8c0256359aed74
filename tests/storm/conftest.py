"""Filled databases on both kinds of database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.storm.filled import Filled, filled, postgres_database


@pytest.fixture
def fill_sqlite(sqlite_url: str, instance: Path) -> Iterator[Callable[[int], Filled]]:
    """Makes a service on SQLite with so many due mails."""
    with ExitStack() as stack:
        yield lambda mails: stack.enter_context(filled(instance, sqlite_url, mails))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fill(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Filled]]:
    """The same, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("fill_sqlite")
        return
    with ExitStack() as stack:

        def make(mails: int) -> Filled:
            folder, url = stack.enter_context(postgres_database(request.getfixturevalue("postgres")))
            return stack.enter_context(filled(folder, url, mails))

        yield make
