"""Reading and changing the town's own name, look and texts."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import update

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.kept import Kept
from regservice.town.models import Town
from regservice.town.types import Logo, TownFacts

THE_ROW = 1
VERSIONS_SKIPPED = 1000
_kept: Kept[TownFacts] = Kept("town", most=2)


def current() -> TownFacts:
    """The town as it is set up, or with everything at its default."""
    row = session().get(Town, THE_ROW)
    if row is None:
        return TownFacts()
    return TownFacts(
        name=row.name,
        sender_name=row.sender_name,
        logo_type=row.logo_type,
        colour=row.colour,
        imprint=row.imprint,
        privacy=row.privacy,
        accessibility=row.accessibility,
        version=row.version,
    )


def skip_versions() -> None:
    """Leave a gap before the next version, after an earlier copy was brought back. Part of the caller's transaction."""
    session().execute(update(Town).values(version=Town.version + VERSIONS_SKIPPED))


def of_version(version: int) -> TownFacts:
    """The town, read from the database only when this version of it is not in memory."""
    return _kept.get(version, current)


def find_logo() -> Logo | None:
    """The town's logo, if it has one."""
    row = session().get(Town, THE_ROW)
    return Logo(content=row.logo, media_type=row.logo_type) if row is not None and row.logo else None


def save(town: TownFacts, *, by: str, now: datetime) -> TownFacts:
    """Change name, look and texts; every page shows them from the next request on. The logo stays."""
    with transaction():
        row = _row(now)
        for name, value in asdict(town).items():
            if name not in {"version", "logo_type"}:
                setattr(row, name, value)
        return _changed(row, by, now)


def set_logo(logo: Logo | None, *, by: str, now: datetime) -> TownFacts:
    """Show this logo from the next request on, or none."""
    with transaction():
        row = _row(now)
        row.logo, row.logo_type = (logo.content, logo.media_type) if logo else (None, "")
        return _changed(row, by, now)


def _row(now: datetime) -> Town:
    """The one row, locked, or a new one with everything at its default. Part of the caller's transaction."""
    row = session().get(Town, THE_ROW, with_for_update=True)
    if row is None:
        row = Town(id=THE_ROW, changed_at=now, logo=None, **asdict(TownFacts()))
        session().add(row)
    return row


def _changed(row: Town, by: str, now: datetime) -> TownFacts:
    row.version += 1
    row.changed_at = now
    audit.record("town.changed", "town", actor=by, now=now)
    session().flush()
    return current()
