"""The commands of an operator; stdout carries the answer alone, refusals are one line on stderr."""

import sys
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from regservice import failures, logs, storage
from regservice.cli import accounts, events, formats, operation, running
from regservice.cli.application import refuse
from regservice.config import SettingsError
from regservice.web.assets import AssetsMissing


class Commands(click.Group):
    """What an operator can put right ends with status 1 and one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run one command."""
        try:
            return super().invoke(ctx)
        except (SettingsError, AssetsMissing) as error:
            refuse(str(error))
        except (SQLAlchemyError, OSError) as error:
            if not failures.is_unavailable(error):
                raise
            refuse(storage.advice(error))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Event registration and reminders for town halls."""


for topic in (running, accounts, events, formats, operation):
    for command in topic.COMMANDS:
        commands.add_command(command)


def main() -> None:
    """Run one command and end with its status."""
    logs.set_up()
    commands(prog_name="python -m regservice")
    sys.exit(0)
