"""Who is in which session that is not for everyone: counted, put in, taken out."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import delete, func, select

from regservice.db import session
from regservice.registrations.models import RegistrationRow, SessionPlace
from regservice.registrations.types import ACTIVE, SEATED, RegistrationFacts

# Who gave up or never confirmed takes no chair in a session.
COUNTED = tuple({*ACTIVE, *SEATED})


def people_in(event_id: int) -> Counter[int]:
    """How many people are in each session of an event that is not for everyone."""
    query = (
        select(SessionPlace.session_id, func.count())
        .join(RegistrationRow, RegistrationRow.id == SessionPlace.registration_id)
        .where(RegistrationRow.event_id == event_id, RegistrationRow.state.in_(COUNTED))
        .group_by(SessionPlace.session_id)
    )
    return Counter({int(session_id): int(number) for session_id, number in session().execute(query)})


def people_of(session_id: int) -> list[RegistrationFacts]:
    """The people who were put into a session, in the order they registered."""
    query = (
        select(RegistrationRow)
        .join(SessionPlace, SessionPlace.registration_id == RegistrationRow.id)
        .where(SessionPlace.session_id == session_id, RegistrationRow.state.in_(COUNTED))
    )
    return [row.facts() for row in session().scalars(query.order_by(RegistrationRow.id))]


def change(row: RegistrationRow, *, joins: int | None = None, leaves: Collection[int] = ()) -> None:
    """Put a person into a session and take them out of others. Part of the caller's transaction (event locked)."""
    for left in leaves:
        place = (SessionPlace.registration_id == row.id, SessionPlace.session_id == left)
        session().execute(delete(SessionPlace).where(*place))
    if joins is not None:
        session().add(SessionPlace(registration_id=row.id, session_id=joins))
    session().flush()
    session().refresh(row, ["session_list"])
