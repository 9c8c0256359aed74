"""Who must be told by telephone: people without a mail address, and those whose mailbox does not exist."""

from collections.abc import Iterable

from regservice.outbox import service as outbox
from regservice.registrations import store
from regservice.registrations.sorting import name_key
from regservice.registrations.types import CallLine, RegistrationFacts, RegistrationState

CONCERNED = (RegistrationState.CONFIRMED, RegistrationState.WAITLISTED, RegistrationState.OFFERED)


def lines(event_id: int) -> list[CallLine]:
    """Everybody with a place or waiting for one whom no mail reaches, A to Z."""
    people = [person.facts() for person in store.rows(event_id, CONCERNED)]
    reached_by_none = unreached(people)
    return [line_of(person) for person in in_order(people) if person.id in reached_by_none]


def unreached(people: Iterable[RegistrationFacts]) -> set[int]:
    """Whom of these people no mail reaches, by their ids: without an address, or the mailbox does not exist."""
    addresses = {person.id: person.email for person in people}
    refused = outbox.without_mailbox({number: address for number, address in addresses.items() if address})
    return {number for number, address in addresses.items() if not address} | refused


def in_order(people: Iterable[RegistrationFacts]) -> list[RegistrationFacts]:
    """As they stand on every list, A to Z."""
    return sorted(people, key=lambda person: (name_key(person.name), person.id))


def line_of(person: RegistrationFacts) -> CallLine:
    """A person as they stand on the list."""
    return CallLine(registration_id=person.id, name=person.name, code=person.code, state=person.state)
