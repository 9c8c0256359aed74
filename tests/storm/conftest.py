"""Filled databases on both kinds of database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.storm.filled import Filled, filled, postgres_database, sqlite_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fill(request: pytest.FixtureRequest) -> Iterator[Callable[[int], Filled]]:
    """Makes a service with so many due mails, once on SQLite and once on PostgreSQL."""
    with ExitStack() as stack:

        def make(mails: int) -> Filled:
            on_sqlite = request.param == "sqlite"
            database = sqlite_database() if on_sqlite else postgres_database(request.getfixturevalue("postgres"))
            folder, url = stack.enter_context(database)
            return stack.enter_context(filled(folder, url, mails))

        yield make
