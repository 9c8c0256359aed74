"""The migrations make the tables that the models describe; otherwise a column is missing only in the town hall."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from regservice import schema
from regservice.db import db


def test_the_migrations_make_what_the_models_describe(each_app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []
    assert schema.is_current()
