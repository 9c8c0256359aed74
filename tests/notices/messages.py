"""Messages that the tests of notices vary."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from regservice.outbox.types import MessageFacts, MessageState

DUE_AT = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)


def message_facts(kind: str, **changes: Any) -> MessageFacts:
    """A message to the person with registration 1 about event 1, on its way."""
    facts = MessageFacts(
        id=1,
        kind=kind,
        occurrence="1.1" if kind in {"remind_7d", "remind_1d", "remind_2h", "thanks"} else "1",
        event_id=1,
        registration_id=1,
        organiser_id=None,
        recipient="ada@example.org",
        language="de",
        payload={},
        message_id="<1@events.example.org>",
        state=MessageState.CLAIMED,
        uncertain=False,
        created_at=DUE_AT,
        due_at=DUE_AT,
        next_attempt_at=DUE_AT,
        sent_at=None,
        attempts=0,
        reason="",
    )
    return replace(facts, **changes)
