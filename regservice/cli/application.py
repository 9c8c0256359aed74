"""What every command needs: the application of the current settings on a migrated database, and a way to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

import click
from flask import Flask

from regservice import schema
from regservice.app import create_app
from regservice.config import Settings, load_settings
from regservice.db import db
from regservice.wiring import Wiring

# Who the audit trail names for what an operator does.
ACTOR = "operator"
AHEAD = "The database was migrated by a newer version of regservice: install that version."
NOT_MIGRATED = "The database is not at the newest schema: run `python -m regservice migrate`."


class Instant(click.ParamType[datetime]):
    """A moment with its offset."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read RFC 3339."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail("this is no RFC 3339 time with offset, such as 2026-11-18T16:00:00+01:00", param, ctx)
        return at


INSTANT = Instant()


def refuse(message: str) -> NoReturn:
    """End with exit status 1 and one line that says what to do."""
    click.echo(" ".join(message.split()), err=True)
    raise SystemExit(1)


@contextmanager
def connected(settings: Settings | None = None, wiring: Wiring | None = None) -> Iterator[Flask]:
    """The application inside its context, whatever its database looks like; its connections are closed afterwards."""
    app = create_app(settings or load_settings(), wiring)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def opened(settings: Settings | None = None, wiring: Wiring | None = None) -> Iterator[Flask]:
    """The application inside its context, on a database of the newest schema."""
    with connected(settings, wiring) as app:
        if not schema.is_current():
            refuse(AHEAD if schema.is_ahead() else NOT_MIGRATED)
        yield app
