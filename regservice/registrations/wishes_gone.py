"""A working group that people wished for is taken off the programme: they are told which one, and can choose another.

Who has not confirmed their address yet reads it with the confirmation of their place; everybody has it on their page.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from regservice.db import session
from regservice.events.types import EventFacts, SessionFacts
from regservice.outbox.types import Priority
from regservice.registrations import call_list, own_programme, store
from regservice.registrations.announcing import announce
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import ACTIVE, INVOLVED, CallLine, RegistrationState

KIND = "group_gone"
# Parts are often arranged in several steps; by then people find all that they can choose between.
WAITS = timedelta(minutes=10)


def wishing(event_id: int) -> Counter[int]:
    """How many people wish for each session of an event and are not in it, by its id."""
    query = (
        select(RegistrationRow.group_wish, func.count())
        .where(
            RegistrationRow.event_id == event_id,
            RegistrationRow.group_wish.is_not(None),
            RegistrationRow.state.in_(ACTIVE),
        )
        .group_by(RegistrationRow.group_wish)
    )
    return Counter({wished: int(number) for wished, number in session().execute(query) if wished is not None})


def to_call(before: EventFacts, after: EventFacts, now: datetime) -> list[CallLine]:
    """Who has to be called since the group that they wished for is gone and no mail reaches them, A to Z."""
    gone = {part.title for part in before.parts} - {part.title for part in after.parts}
    if not gone or not own_programme.is_told(after, now):
        return []
    rows = store.rows(after.id, INVOLVED, RegistrationRow.group_gone.in_(gone))
    return call_list.lines_among([row.facts() for row in rows])


def take_back(after: EventFacts, gone: Collection[SessionFacts], now: datetime) -> None:
    """These sessions are gone, and their numbers may be given again; who wished for one is told.

    Part of the caller's transaction, which locked the event.
    """
    titles = {part.id: part.title for part in gone}
    if not titles:
        return
    rows = store.rows(after.id, tuple(RegistrationState), RegistrationRow.group_wish.in_(titles))
    for row in rows:
        row.group_gone, row.group_wish = titles[row.group_wish or 0], None
    session().flush()
    told = [row.facts() for row in rows if row.state in INVOLVED]
    if not own_programme.is_told(after, now):
        return
    announce(
        KIND,
        told,
        occurrence=str(after.version),
        payload_for=lambda _: {},
        due_at=now + WAITS,
        priority=Priority.SWITCH,
        now=now,
    )
