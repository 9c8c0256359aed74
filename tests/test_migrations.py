"""The migrations make the tables that the models describe; otherwise a column is missing only in the town hall."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import column, table

from regservice import schema
from regservice.app import create_app
from regservice.audit import service as audit
from regservice.config import PROJECT_ROOT
from regservice.db import db, transaction
from regservice.formats import service as formats
from regservice.formats.feeds import ready
from regservice.formats.types import FormatRule, RuleKind
from tests.conftest import START
from tests.databases import settings_for
from tests.factories import make_event, register

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)


def test_the_migrations_make_what_the_models_describe(each_app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    assert schema.is_current()


def test_files_of_migrations_begin_with_their_revision_and_the_last_is_the_newest() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    chain = [script.revision for script in scripts.walk_revisions()]
    names = sorted((path.name.partition("_")[0] for path in schema.MIGRATIONS.glob("versions/*.py")), reverse=True)
    assert (chain, chain[:1]) == (names, scripts.get_heads())
    assert all(schema.is_known(revision) for revision in chain)


def test_only_an_upgrade_loads_alembic_and_only_postgresql_its_driver() -> None:
    code = "import sys, regservice.cli; print({'alembic', 'flask_migrate', 'psycopg'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert found.stdout.strip() == "set()"


def test_ids_of_people_who_were_deleted_before_the_upgrade_are_not_given_again(tmp_path: Path) -> None:
    with create_app(settings_for(tmp_path, f"sqlite:///{tmp_path / 'old.sqlite3'}")).app_context():
        schema.upgrade("0001")
        with transaction() as active:
            # As a table of that time: the model has more columns by now.
            old = table("audit_entry", *map(column, ("at", "actor", "verb", "subject", "details")))
            values = {"actor": "person", "verb": "registration.erased", "subject": "registration:41", "details": "{}"}
            active.execute(old.insert().values(at="2026-10-06 10:00:00", **values))
        schema.upgrade()
        event = make_event(START)
        assert register(event, "Ada", START).id == 42
        db.engine.dispose()


def test_ids_of_proposals_that_were_deleted_before_the_upgrade_are_not_given_again(tmp_path: Path) -> None:
    with create_app(settings_for(tmp_path, f"sqlite:///{tmp_path / 'old.sqlite3'}")).app_context():
        schema.upgrade("0029")
        with transaction():
            audit.record("format.proposed", "event:7", actor="service", now=START, proposal=41, outcome="switch")
        schema.upgrade()
        event = make_event(START)
        rule = FormatRule(kind=RuleKind.LEVEL, over=3, decision_at=NOON)
        assert isinstance(formats.save_rule(event.id, rule, by="test", now=START), FormatRule)
        formats.decide_due(NOON)
        proposal = formats.find_open_proposal(event.id)
        assert proposal is not None
        assert proposal.id == 42
        db.engine.dispose()


def test_rules_that_read_weather_warnings_from_before_read_the_hours_of_the_event(each_app: Flask) -> None:
    event, other = make_event(START), make_event(START, title="Other")
    weather, incidence = ready.weather("05754", ["1"]), ready.incidence("05754")
    for made, feed in ((event, weather), (other, incidence)):
        rule = FormatRule(kind=RuleKind.LEVEL, over=3, decision_at=NOON, feed=feed)
        assert isinstance(formats.save_rule(made.id, rule, by="test", now=START), FormatRule)

    def feeds() -> list[object]:
        db.session.remove()
        return [getattr(formats.find_rule(made.id), "feed", None) for made in (event, other)]

    db.session.remove()
    flask_migrate.Migrate(each_app, db)
    flask_migrate.downgrade(directory=str(schema.MIGRATIONS), revision="0023")
    old = {name: member for name, member in weather.items() if name not in {"begins", "ends"}}
    assert feeds() == [old, incidence]
    schema.upgrade()
    assert feeds() == [weather, incidence]
