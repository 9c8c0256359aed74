"""Upgrades from every released schema with rows in it, and upgrades that are killed in between."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from regservice import schema
from regservice.app import create_app
from regservice.config import load_settings
from regservice.db import db
from regservice.registrations import service as registrations
from tests.cli.running import call, environment
from tests.databases import Postgres
from tests.disk.migration import Rows, differences, fill_old_schema, killed_at, rows

REVISIONS = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]
# One of the steps that `python -m tests.disk` goes through one by one.
STEPS = (9,)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield environment(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield environment(tmp_path, url)


def test_rows_of_every_released_schema_arrive(environ: dict[str, str]) -> None:
    """At once from the first schema, which is every migration in one transaction; then from each of them to the next.

    What was there at any of them is looked for at the end. To go up from each anew would do the same steps again.
    """
    with create_app(load_settings(environ)).app_context():
        fill_old_schema()
        first = rows()
        schema.upgrade()
        assert_current(REVISIONS[:1], [first])
        fill_old_schema()
        held = [rows()]
        for revision in REVISIONS[1:]:
            schema.upgrade(revision)
            held.append(rows())
        assert_current(REVISIONS, held)
        db.engine.dispose()


def assert_current(revisions: Sequence[str], held: Sequence[Rows]) -> None:
    """The schema is the one of the models, and what was held at each revision is there."""
    assert schema.is_current()
    for revision, before in zip(revisions, held, strict=True):
        assert differences(before) == [], revision
    found = registrations.find(1)
    assert found is not None
    assert (found.name, found.state, found.registered_at.isoformat()) == (
        "Ada Old",
        "confirmed",
        "2026-09-02T10:00:00+00:00",
    )
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    db.session.remove()


def test_what_was_killed_in_between_is_done_by_the_next(environ: dict[str, str]) -> None:
    with create_app(load_settings(environ)).app_context():
        for step in STEPS:
            fill_old_schema()
            before = rows()
            db.engine.dispose()
            assert killed_at(environ, step)
            assert (schema.is_current(), rows() == before) == (False, True)
            db.engine.dispose()
            refused = call(environ, "tick")
            assert (refused.returncode, "run `python -m regservice migrate`" in refused.stderr) == (1, True)
            assert call(environ, "migrate").returncode == 0
            assert (schema.is_current(), differences(before)) == (True, [])
            db.engine.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(environ: dict[str, str]) -> None:
    app = create_app(load_settings(environ))
    with app.app_context():
        fill_old_schema(REVISIONS[-1])
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        db.engine.dispose()
        for command in ("migrate", "serve", "worker", "tick"):
            refused = call(environ, command)
            assert (refused.returncode, refused.stdout) == (1, "")
            assert refused.stderr.endswith("migrated by a newer version of regservice: install that version.\n")
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, "newer version" in answer.text) == (503, True)
        db.session.remove()
        db.engine.dispose()
