"""Reading and changing the town's own name, look and texts."""

from dataclasses import asdict
from datetime import datetime

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.town.models import Town
from regservice.town.types import TownFacts

THE_ROW = 1


def current() -> TownFacts:
    """The town as it is set up, or with everything at its default."""
    row = session().get(Town, THE_ROW)
    if row is None:
        return TownFacts()
    return TownFacts(
        name=row.name,
        sender_name=row.sender_name,
        logo=row.logo,
        logo_type=row.logo_type,
        colour=row.colour,
        imprint=row.imprint,
        privacy=row.privacy,
        accessibility=row.accessibility,
        version=row.version,
    )


def save(town: TownFacts, *, by: str, now: datetime) -> TownFacts:
    """Change the town's name, look and texts; every page shows them from the next request on."""
    with transaction() as active:
        row = active.get(Town, THE_ROW, with_for_update=True)
        version = (row.version if row else 0) + 1
        active.merge(Town(id=THE_ROW, changed_at=now, **(asdict(town) | {"version": version})))
        audit.record("town.changed", "town", actor=by, now=now)
        active.flush()
        return current()
