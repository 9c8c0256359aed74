"""Commands for who runs the service: backup, restore, doctor."""

from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy.exc import ProgrammingError

from regservice import backup as copies
from regservice import doctor as looking
from regservice.cli.application import connected, opened, refuse
from regservice.config import current_settings
from regservice.db import db
from regservice.wiring import current_wiring
from regservice.workers import service as workers

ALIVE_WITHIN = timedelta(seconds=60)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the database, also while the service runs. It holds personal data."""
    with opened():
        try:
            copies.write_backup(file)
        except copies.BackupRefused as error:
            refuse(str(error))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also when the database holds events or accounts; they are lost.")
def restore(file: Path, replace: bool) -> None:
    """Bring a copy back. The service must not run."""
    with connected():
        if _worker_is_alive():
            refuse("A worker is running: stop the service first; one that was killed counts as running for a minute.")
        if not replace and not copies.is_empty():
            refuse("The database holds events or accounts: use --replace to lose them for the backup.")
        db.session.remove()
        try:
            copies.read_backup(file)
        except copies.BackupRefused as error:
            refuse(str(error))


def _worker_is_alive() -> bool:
    now = current_wiring().now()
    try:
        heard_at = workers.last_heard_at(now)
    except ProgrammingError:
        return False
    except Exception as error:
        if "no such table" in str(error):
            return False
        raise
    return heard_at is not None and now - heard_at < ALIVE_WITHIN


@click.command()
def doctor() -> None:
    """Check settings, secrets, assets, database, worker and relay: a line each, and what to do."""
    with connected():
        found = list(looking.findings(current_settings(), current_wiring().now()))
    for finding in found:
        click.echo(f"{'ok   ' if finding.well else 'WRONG'} {finding.part}: {finding.text}")
    if not all(finding.well for finding in found):
        raise SystemExit(1)


COMMANDS = (backup, restore, doctor)
