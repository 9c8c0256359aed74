"""What the database says happened at one event: the trail in its order, the rows as they stand, the messages."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from regservice.audit.models import AuditEntry
from regservice.db import session
from regservice.events import service as events
from regservice.outbox import service as outbox
from regservice.registrations.models import RegistrationRow


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One entry of the trail. `subject` is a registration's id; None for the event itself."""

    at: datetime
    verb: str
    actor: str
    subject: int | None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything the checker needs; `deeds` stand in the order of the event's lock."""

    capacity: int | None
    deeds: tuple[Deed, ...]
    states: dict[int, str]
    emails: dict[int, str]
    messages: Counter[tuple[int, str]] = field(default_factory=Counter)


def of_event(event_id: int, first_capacity: int | None) -> History:
    """Read it all. The trail's ids rise with the event's lock, behind which every entry about it is written."""
    session().rollback()
    rows = session().execute(
        select(RegistrationRow.id, RegistrationRow.state, RegistrationRow.email_key).where(
            RegistrationRow.event_id == event_id
        )
    )
    found = {number: (state, email or "") for number, state, email in rows}
    about = {f"registration:{number}": number for number in found}
    deeds = []
    for entry in session().scalars(select(AuditEntry).order_by(AuditEntry.id)):
        if entry.subject not in about and entry.subject != f"event:{event_id}":
            continue
        until = entry.details.get("until")
        deeds.append(
            Deed(
                at=entry.at,
                verb=entry.verb,
                actor=entry.actor,
                subject=about.get(entry.subject),
                until=datetime.fromisoformat(until) if until else None,
            )
        )
    messages = Counter(
        (message.registration_id, message.kind)
        for message in outbox.ledger(event_id, limit=1_000_000)
        if message.registration_id is not None
    )
    return History(
        capacity=first_capacity,
        deeds=tuple(deeds),
        states={number: state for number, (state, _) in found.items()},
        emails={number: email for number, (_, email) in found.items()},
        messages=messages,
    )


def capacity_of(event_id: int) -> int | None:
    """How many seats there are now."""
    session().rollback()
    return events.get(event_id).capacity
