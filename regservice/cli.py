"""The commands of an operator; stdout carries the answer alone, refusals are one line on stderr."""

import sys
from typing import NoReturn

import click
import flask_migrate
from flask import Flask

from regservice.app import create_app
from regservice.config import PROJECT_ROOT, SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def commands(context: click.Context) -> None:
    """Event registration and reminders for town halls."""


def application() -> Flask:
    """The application of the current settings, or exit status 1 with what is wrong with them."""
    try:
        return create_app()
    except SettingsError as error:
        refuse(str(error))


def refuse(message: str) -> NoReturn:
    """End with exit status 1 and one line that says what to do."""
    click.echo(message, err=True)
    raise SystemExit(1)


@commands.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    with application().app_context():
        flask_migrate.upgrade(directory=str(PROJECT_ROOT / "migrations"))


def main() -> None:
    """Run one command."""
    commands(prog_name="python -m regservice")
    sys.exit(0)
