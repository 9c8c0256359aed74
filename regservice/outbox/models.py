"""The outbox's rows: one a message, kept as the ledger of what was said to whom, and one about the relay."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base
from regservice.outbox.types import MessageFacts, MessageState, Priority


class Message(Base):
    """One message to one person."""

    __tablename__ = "message"
    __table_args__ = (
        # Each message asks whether one that is more urgent is due; the claim asks for all that are.
        Index("ix_message_claim", "state", "priority", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    occurrence: Mapped[str]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    registration_id: Mapped[int | None] = mapped_column(index=True)
    organiser_id: Mapped[int | None] = mapped_column(index=True)
    recipient: Mapped[str]
    language: Mapped[str]
    payload: Mapped[dict[str, Any]]
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    # True for good once an attempt ended without an answer.
    uncertain: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    address_is_bad: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]

    def facts(self) -> MessageFacts:
        """The row as plain facts."""
        return MessageFacts(
            id=self.id,
            kind=self.kind,
            occurrence=self.occurrence,
            event_id=self.event_id,
            registration_id=self.registration_id,
            organiser_id=self.organiser_id,
            recipient=self.recipient,
            language=self.language,
            payload=self.payload,
            message_id=self.message_id,
            state=MessageState(self.state),
            uncertain=self.uncertain,
            created_at=self.created_at,
            due_at=self.due_at,
            next_attempt_at=self.next_attempt_at,
            first_tried_at=self.first_tried_at,
            sent_at=self.sent_at,
            attempts=self.attempts,
            reason=self.reason,
            priority=Priority(self.priority),
            address_is_bad=self.address_is_bad,
        )


class Relay(Base):
    """The one row on how the relay stands, which all workers share."""

    __tablename__ = "relay"

    id: Mapped[int] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime | None]
    reason: Mapped[str]
    paused_until: Mapped[datetime | None]
    next_free_at: Mapped[datetime | None]
