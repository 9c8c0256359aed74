"""The commands of an operator; stdout carries the answer alone, refusals are one line on stderr."""

import sys

import click
from sqlalchemy.exc import OperationalError

from regservice import logs
from regservice.cli import accounts, events, operation, running
from regservice.cli.application import refuse
from regservice.config import SettingsError
from regservice.web.assets import AssetsMissing


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Event registration and reminders for town halls."""


for topic in (running, accounts, events, operation):
    for command in topic.COMMANDS:
        commands.add_command(command)


def main() -> None:
    """Run one command; what an operator can put right ends with status 1 and one line."""
    logs.set_up()
    try:
        commands(prog_name="python -m regservice")
    except (SettingsError, AssetsMissing) as error:
        refuse(str(error))
    except OperationalError:
        refuse("The database cannot be reached: check REGSERVICE_DATABASE_URL and that the server runs.")
    sys.exit(0)
