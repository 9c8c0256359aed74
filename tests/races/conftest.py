"""The databases that the races are run on, each with an application that prepares and checks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from regservice.app import create_app
from regservice.db import db
from tests.databases import Postgres, settings_for


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application on it, in rehearsal, so that no limit of rate hides a race."""
    app = create_app(settings_for(tmp_path, database_url, REGSERVICE_REHEARSAL="1"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
