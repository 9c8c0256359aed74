"""Every row of a database as plain values, so that two databases can be compared."""

from typing import Any

from sqlalchemy import inspect, text

from regservice.db import db

# What goes on behind a gap after a copy was brought back.
COUNTED_ON = ("version", "calendar_sequence")


def every_row(*, without: tuple[str, ...] = (), blind_to: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The rows of each table of the current application's database, in an order of their own."""
    found: dict[str, list[str]] = {}
    with db.engine.connect() as connection:
        for table in sorted(set(inspect(connection).get_table_names()) - {"alembic_version", *without}):
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings()
            found[table] = sorted(repr(_plain(dict(row), blind_to)) for row in rows)
    return found


def _plain(row: dict[str, Any], blind_to: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in sorted(row) if name not in blind_to}


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> int:
    """How many rows are in only one of them."""
    return sum(len(set(one.get(name, [])) ^ set(other.get(name, []))) for name in {*one, *other})
