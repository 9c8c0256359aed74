"""Who must be told by telephone: people without a mail address, and those whose mailbox does not exist."""

from dataclasses import dataclass

from regservice.outbox import service as outbox
from regservice.registrations import store
from regservice.registrations.sorting import name_key
from regservice.registrations.types import RegistrationState

CONCERNED = (RegistrationState.CONFIRMED, RegistrationState.WAITLISTED, RegistrationState.OFFERED)


@dataclass(frozen=True, kw_only=True)
class CallLine:
    """One person to call; the number is written in by hand, since the service asks for none."""

    name: str
    code: str
    state: RegistrationState


def lines(event_id: int) -> list[CallLine]:
    """Everybody with a place or waiting for one whom no mail reaches, A to Z."""
    people = store.rows(event_id, CONCERNED)
    unreached = outbox.without_mailbox({person.id: person.email for person in people if person.email})
    called = [person for person in people if not person.email or person.id in unreached]
    return [
        CallLine(name=person.name, code=person.code, state=RegistrationState(person.state))
        for person in sorted(called, key=lambda person: name_key(person.name))
    ]
