"""Who must be told by telephone: people without a mail address, and those whose mailbox does not exist."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_

from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import question_rules, rules, store
from regservice.registrations.models import RegistrationRow
from regservice.registrations.sorting import name_key
from regservice.registrations.types import INVOLVED, CallLine, Question, RegistrationFacts, RegistrationState


def lines(event_id: int) -> list[CallLine]:
    """Everybody with a place or waiting for one whom no mail reaches, A to Z."""
    return lines_among([person.facts() for person in store.rows(event_id, INVOLVED)])


def lines_of_parts(event: EventFacts) -> dict[int, list[CallLine]]:
    """By each part's id those with a place who take part in it and whom no mail reaches, A to Z."""
    people = [person.facts() for person in store.rows(event.id, (RegistrationState.CONFIRMED,))]
    reached_by_none = unreached(people)
    to_call = [person for person in in_order(people) if person.id in reached_by_none]
    return {
        part.id: [line_of(person) for person in to_call if part in rules.programme_of(event, person)]
        for part in event.parts
    }


def lines_of_question(event: EventFacts, question: Question, now: datetime) -> list[CallLine]:
    """Everybody who is asked this, has said nothing to it yet, and whom no mail reaches, A to Z."""
    people = [person.facts() for person in store.rows(event.id, INVOLVED)]
    return lines_among(
        [
            person
            for person in people
            if person.question is question and question_rules.is_unanswered(event, person, now)
        ]
    )


def places_held(event_id: int) -> list[tuple[RegistrationFacts, datetime]]:
    """For whom a place is held, and until when, though no mail tells them so; whose time is over first."""
    # Few of many: who has a place already is read only where they have to say something by a certain time.
    to_answer = or_(RegistrationRow.state == RegistrationState.OFFERED, RegistrationRow.answer_by.is_not(None))
    people = [row.facts() for row in store.rows(event_id, INVOLVED, to_answer)]
    held = {person.id: (person, until) for person in people if (until := rules.held_until(person))}
    to_call = unreached(person for person, _ in held.values())
    return sorted((held[number] for number in to_call), key=lambda one: (one[1], one[0].id))


def lines_among(people: Sequence[RegistrationFacts]) -> list[CallLine]:
    """Those of these people whom no mail reaches, A to Z."""
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
