"""Messages on their way: what is sent to whom, when, and how it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class MessageState(StrEnum):
    """Where a message stands; `held` waits for a relay, `uncertain` may or may not have arrived."""

    HELD = "held"
    WAITING = "waiting"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"


# What people who run the service should look at.
LOOK_AT = (MessageState.HELD, MessageState.FAILED, MessageState.UNCERTAIN)
UNSENT = (MessageState.HELD, MessageState.WAITING, MessageState.CLAIMED)


class Priority(IntEnum):
    """What leaves first when the relay is slow.

    Those who must know before the public, then that an event is not as announced, links and places, the rest.
    """

    FIRST = 5
    SWITCH = 10
    CONFIRMATION = 20
    REMINDER = 30


ALL_PRIORITIES = tuple(Priority)


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """What a use case wants said; `occurrence` names the one happening that it is about."""

    kind: str
    occurrence: str
    event_id: int | None = None
    registration_id: int | None = None
    organiser_id: int | None = None
    recipient: str
    language: str
    due_at: datetime
    priority: Priority = Priority.CONFIRMATION
    payload: dict[str, Any] | None = None

    @property
    def dedupe_key(self) -> str:
        """The same kind about the same happening goes to the same person once."""
        if self.registration_id is not None:
            who = f"r{self.registration_id}"
        elif self.organiser_id is not None:
            who = f"o{self.organiser_id}"
        else:
            who = self.recipient
        return f"{self.kind}:{who}:{self.occurrence}"


@dataclass(frozen=True, kw_only=True)
class MessageFacts:
    """A message as the ledger knows it."""

    id: int
    kind: str
    occurrence: str
    event_id: int | None
    registration_id: int | None
    organiser_id: int | None
    recipient: str
    language: str
    payload: dict[str, Any]
    message_id: str
    state: MessageState
    uncertain: bool
    created_at: datetime
    due_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    attempts: int
    reason: str
    priority: Priority = Priority.CONFIRMATION
    first_tried_at: datetime | None = None
    # The relay said that there is no such mailbox.
    address_is_bad: bool = False


@dataclass(frozen=True, kw_only=True)
class RelayFacts:
    """How the relay stands for all workers together: whether it fails, until when it is left alone, its pace."""

    # Failures in a row that concerned all mail, the last one and why.
    failures: int = 0
    failed_at: datetime | None = None
    reason: str = ""
    paused_until: datetime | None = None
    # When the next mail may leave, where mails a minute are limited; in real time, also in a rehearsal.
    next_free_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What else must be known before one message may leave."""

    relay: RelayFacts
    more_urgent_is_due: bool
    no_mailbox: bool


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """A part of the ledger, and how many messages there are in all."""

    messages: tuple[MessageFacts, ...]
    total: int
