"""That somebody went into the digital room: the first time they pressed the button, which proves nothing more."""

from datetime import datetime

from sqlalchemy import update

from regservice.db import session, transaction
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import RegistrationFacts, RegistrationState


def note(registration: RegistrationFacts, now: datetime) -> None:
    """Remember when somebody with a place first went in; later clicks change nothing.

    One statement without the event's lock, since hundreds press within a minute. The trail is not told: it is kept for
    longer than who was there.
    """
    if registration.joined_at is not None:
        return
    first = (
        update(RegistrationRow)
        .where(
            RegistrationRow.id == registration.id,
            RegistrationRow.state == RegistrationState.CONFIRMED,
            RegistrationRow.joined_at.is_(None),
        )
        .values(joined_at=now)
    )
    with transaction():
        session().execute(first)
