"""Events and people as tests need them; every value that a test is about is given by the test."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from regservice.events import service as events
from regservice.events.service import slug_from
from regservice.events.types import Contact, EventFacts, EventValues, Format, Venue
from regservice.outbox import service as outbox
from regservice.registrations import registering
from regservice.registrations import service as registrations
from regservice.registrations.types import OptInSent, RegistrationFacts, RegistrationRequest
from regservice.registrations.types import RegistrationState as State

# Friday 20 November 2026, 16:00 to 19:00 in Berlin.
STARTS_AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)

DIALOGUE = EventValues(
    title="Dialogue evening",
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    venue=Venue(name="Town hall", room="Large hall", street="Market 1", postal_code="12345", city="Exampletown"),
    contact=Contact(
        name="Contact office", role="Integration office", email="office@example.org", phone="030 23125 000"
    ),
    capacity=2,
)


def make_event(now: datetime, *, format: Format = Format.ONSITE, join_url: str = "", **changes: Any) -> EventFacts:
    """A published event."""
    values = replace(DIALOGUE, **changes)
    made = events.create(values, by="test", now=now, format=format, join_url=join_url)
    assert isinstance(made, EventFacts)
    published = events.publish(made.id, by="test", now=now)
    assert isinstance(published, EventFacts), published
    return published


def request_for(name: str, **changes: Any) -> RegistrationRequest:
    """What a person of this name types into the form."""
    email = f"{slug_from(name).replace('-', '.')}@example.org"
    return replace(RegistrationRequest(name=name, email=email, language="de"), **changes)


def register(event: EventFacts, name: str, now: datetime, **changes: Any) -> RegistrationFacts:
    """A pending registration."""
    answer = registering.register(event.id, request_for(name, **changes), sender=f"sender of {name}", now=now)
    assert answer == OptInSent(), answer
    return registrations.of_event(event.id, (State.PENDING,))[-1]


def confirm(event: EventFacts, name: str, now: datetime, **changes: Any) -> RegistrationFacts:
    """A person who registered and confirmed: with a place, or on the waiting list."""
    pending = register(event, name, now, **changes)
    registrations.confirm(pending.id, now)
    found = registrations.find(pending.id)
    assert found is not None
    return found


def kinds_sent_to(registration: RegistrationFacts) -> list[tuple[str, str]]:
    """What the ledger holds for a person: kind and state, in order."""
    return [(message.kind, message.state.value) for message in outbox.ledger_for_registration(registration.id)]
