"""Those who speak or moderate hear of a decision before the participants do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regservice.config import current_settings
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.outbox.types import NewMessage, Priority

KIND = "speaker_decision"
# The event is moved, postponed or cancelled.
CHANGE_KIND = "speaker_change"
EVERY_KIND = (KIND, CHANGE_KIND)


def addresses(event: EventFacts) -> list[str]:
    """Where speakers can be told, each once."""
    return list(dict.fromkeys(speaker.email for speaker in event.speakers if speaker.email))


def to_call(event: EventFacts) -> list[str]:
    """The names of those who can only be told by telephone."""
    return [speaker.name for speaker in event.speakers if not speaker.email]


def tell(event: EventFacts, occurrence: str, payload: Mapping[str, Any], *, now: datetime) -> dict[str, int]:
    """Mail the decision to everybody who speaks, at once; what did not leave yet is replaced.

    `payload` says what the participants are told; whoever was not told of the switch before hears the difference from
    what they know. Part of the caller's transaction. Returns how many are told, and how many must be called.
    """
    unheard = {message.recipient: message.payload for message in outbox.unsent_for_event(event.id, (KIND,))}
    outbox.skip_for_event(event.id, "a newer switch replaced it", kinds=(KIND,))
    payloads = {address: _from_what_they_know(payload, unheard.get(address)) for address in addresses(event)}
    mail(event, KIND, occurrence, payloads, due_at=now, now=now)
    return effects(event, len(payloads))


def effects(event: EventFacts, told: int) -> dict[str, int]:
    """The counts that a preview shows: how many of those who speak are told, and how many must be called."""
    found = {"speakers": told, "speakers_to_call": len(to_call(event))}
    return {effect: number for effect, number in found.items() if number}


def mail(
    event: EventFacts,
    kind: str,
    occurrence: str,
    payloads: Mapping[str, dict[str, Any]],
    *,
    due_at: datetime,
    now: datetime,
) -> None:
    """Write to speakers, each payload to its address, before everybody else. Part of the caller's transaction."""
    messages = [
        NewMessage(
            kind=kind,
            # The address alone does not say which event is meant.
            occurrence=f"{event.id}-{occurrence}",
            event_id=event.id,
            recipient=address,
            language=current_settings().locale,
            due_at=due_at,
            priority=Priority.FIRST,
            payload=payload,
        )
        for address, payload in payloads.items()
    ]
    outbox.enqueue(*messages, now=now)


def _from_what_they_know(payload: Mapping[str, Any], unheard: Mapping[str, Any] | None) -> dict[str, Any]:
    if unheard is None or unheard.get("outcome") != "switched":
        return dict(payload)
    outcome = "stays" if unheard["from"] == payload["to"] else "switched"
    return {**payload, "outcome": outcome, "from": unheard["from"], "before_place": unheard["before_place"]}
