"""The working group that a person wished for when they registered: theirs with their place, while it has room.

A wish holds nothing. It is asked for when the place at the event is given, in the same transaction and behind the same
lock, so no place in a group is promised twice.
"""

from datetime import datetime

from regservice.audit import service as audit
from regservice.events.types import EventFacts
from regservice.registrations import group_rules, in_sessions
from regservice.registrations.models import RegistrationRow


def take(event: EventFacts, row: RegistrationRow, now: datetime, *, by: str) -> None:
    """Put who has a place now into the group that they wished for. Part of the caller's transaction (event locked).

    Where others have filled it the wish stays: page and mail say so, until the person chooses another group.
    """
    if row.group_wish is None:
        return
    person = row.facts()
    if row.group_wish in person.session_ids:
        row.group_wish = None  # Staff put them there before: the wish is fulfilled.
        return
    part = group_rules.group_to_take(event, person, now)
    if part is None or group_rules.is_full(part, in_sessions.people_in(event.id)):
        return
    row.group_wish = None
    in_sessions.change(row, joins=part.id)
    audit.record("registration.session_chosen", f"registration:{row.id}", actor=by, now=now, session=part.title)
