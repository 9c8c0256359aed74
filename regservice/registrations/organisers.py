"""Who looks after an event in the town hall, and the mails that call them to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.outbox.types import NewMessage, Priority

HELP_KIND = "organiser_help"


def organisers_of(event: EventFacts) -> list[OrganiserFacts]:
    """Who decides about an event: its owner and the deputy; where neither can, everybody who organises."""
    active = [organiser for organiser in accounts.organisers() if not organiser.disabled]
    named = (event.owner_id, event.deputy_id)
    return [organiser for organiser in active if organiser.id in named] or active


def message_to(
    organiser: OrganiserFacts,
    kind: str,
    occurrence: str,
    event: EventFacts,
    now: datetime,
    *,
    priority: Priority = Priority.SWITCH,
    payload: dict[str, Any] | None = None,
) -> NewMessage:
    """A message about an event to somebody who organises, to leave at once."""
    return NewMessage(
        kind=kind,
        occurrence=occurrence,
        event_id=event.id,
        organiser_id=organiser.id,
        recipient=organiser.email,
        language=organiser.language,
        due_at=now,
        priority=priority,
        payload=payload,
    )


def caring_for(event: EventFacts, owner_ids: Iterable[int | None]) -> list[OrganiserFacts]:
    """Who hears of requests for help: who has taken them over, and for those of nobody who looks after the event."""
    owners = set(owner_ids)
    named = [one for one in accounts.organisers() if one.id in owners and not one.disabled]
    if None not in owners and len(named) == len(owners):
        return named
    return list({one.id: one for one in [*named, *organisers_of(event)]}.values())


def call_to_clear_needs(event: EventFacts, occurrence: str, *, by: str, now: datetime) -> None:
    """Say that it is open again what people need to take part. Part of the caller's transaction."""
    call_to_help(event, [None], f"{event.id}-access-{occurrence}", {"access": True}, by=by, now=now)


def call_about_place(event: EventFacts, registration_id: int, occurrence: str, *, now: datetime) -> None:
    """Say that a place is held for somebody whom no mail reaches. Part of the caller's transaction."""
    call_to_help(event, [None], occurrence, {"held_for": registration_id}, by="service", now=now)


def call_to_help(
    event: EventFacts,
    owner_ids: Iterable[int | None],
    occurrence: str,
    payload: dict[str, Any],
    *,
    by: str,
    now: datetime,
) -> None:
    """Say that somebody waits for help; not to whoever wrote it down themselves. Part of the caller's transaction.

    The mail says neither who it is nor what they need: that stands on the page alone, behind the sign-in.
    """
    messages = [
        message_to(organiser, HELP_KIND, occurrence, event, now, priority=Priority.CONFIRMATION, payload=payload)
        for organiser in caring_for(event, owner_ids)
        if by != f"organiser:{organiser.id}"
    ]
    outbox.enqueue(*messages, now=now)
