"""What the model comes to, in the words in which the database is observed."""

from collections import Counter

from tests.crashes.model import Model
from tests.crashes.story import HALL

# What the database holds, each thing in words, with how often it is there.
Facts = dict[str, Counter[str]]


def expected_facts(model: Model) -> Facts:
    """Everything in words, to be held against the database."""
    return {
        "people": Counter(
            f"{who} {person.state} {person.attendance} c{person.confirmations} SEQUENCE {person.sequence}"
            f" planned {person.planned}"
            for who, person in model.people.items()
        ),
        "events": Counter(
            f"{name} {event.lifecycle} {event.format} v{event.version} schedule {event.schedule}"
            f" {event.starts_at:%d %H:%M}{' erased' * event.erased}"
            for name, event in model.events.items()
        ),
        "sessions": Counter(
            f"{name} {part} {format} {event.room}"
            for name, event in model.events.items()
            for part, format in event.parts.items()
        ),
        "seats": Counter(
            f"{name}: {len(model.names(name, 'confirmed', 'offered'))} taken,"
            f" {len(model.names(name, 'waitlisted'))} waiting"
            for name in model.events
        ),
        "ledger": Counter(f"{mail.event} {mail.kind} {mail.who} {mail.state}" for mail in model.ledger.values()),
        "audit": +model.audit,
        "switches": +model.switches,
        "effects": +model.effects,
        "proposals": Counter([model.events[HALL].proposal] if model.events[HALL].proposal else []),
        "counts": Counter({"readings": model.readings, "unsealed": model.unsealed}),
    }
