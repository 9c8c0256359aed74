"""Commands for who runs the service: backup, restore, doctor."""

import time
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from regservice import doctor as looking
from regservice.audit import service as audit
from regservice.audit.types import Broken
from regservice.backup import restoring
from regservice.backup.types import BackupRefused
from regservice.backup.writing import record_backup, write_backup
from regservice.cli.application import ACTOR, connected, opened, refuse
from regservice.config import current_settings
from regservice.db import db
from regservice.wiring import current_wiring
from regservice.workers import service as workers

NO_LIST = (
    "There was no erased.list: people who were deleted after the copy was made are back. "
    "If there is such a list, restore again with --replace --erased FILE."
)
ALIVE_WITHIN = timedelta(seconds=60)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the database, also while the service runs. It holds personal data."""
    with opened():
        try:
            write_backup(file)
        except BackupRefused as error:
            refuse(str(error))
        try:
            record_backup(current_wiring().now())
        except SQLAlchemyError:
            click.echo("The copy is whole; that it was made could not be written into the database.", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also when the database holds events or accounts; they are lost.")
@click.option(
    "--erased",
    "erased_lists",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="The erased.list of another host, or one kept elsewhere; may be given several times.",
)
def restore(file: Path, replace: bool, erased_lists: tuple[Path, ...]) -> None:
    """Bring a copy back, also one of an older version. The service must not run."""
    with connected():
        if _worker_is_alive():
            refuse("A worker is running: stop the service first; one that was killed counts as running for a minute.")
        if not replace and not restoring.is_empty():
            refuse("The database holds events or accounts: use --replace to lose them for the backup.")
        db.session.remove()
        begun = time.monotonic()
        try:
            restored = restoring.restore(file, erased_lists, current_wiring().now())
        except BackupRefused as error:
            refuse(str(error))
    click.echo(
        f"Restored in {time.monotonic() - begun:.1f} s. Deleted again: {restored.erased_again}. "
        f"Mails that may have left since the copy was made: {restored.doubted}; organisers can send them again."
    )
    if not restored.list_was_there:
        click.echo(NO_LIST, err=True)


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


@click.command()
def verify_audit() -> None:
    """Check that nobody changed the record of who did what: every seal, and the signature below the last one."""
    with opened():
        found = audit.verify()
    if isinstance(found, Broken):
        first = f"entry {found.entry_id} is the first that does not hold" if found.entry_id else "no entry is left"
        refuse(f"The audit trail was changed: {first}: {found.why}.")
    click.echo(f"{found.sealed} entries, all seals hold\nlast seal: {found.last_seal}")
    if found.oldest_at is not None:
        since = f"{found.oldest_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"{found.unsealed} not sealed yet, the oldest of {since}: a worker seals them within a minute")


@click.command()
@click.option("--reason", required=True, help="Why, for whoever reads the trail later.")
def seal_audit_anew(reason: str) -> None:
    """Seal all entries anew, when the secret key that signed the trail is lost. The trail says so."""
    with opened():
        audit.seal_anew(reason=reason, actor=ACTOR, now=current_wiring().now())


COMMANDS = (backup, restore, doctor, verify_audit, seal_audit_anew)
