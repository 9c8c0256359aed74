"""What the model keeps: people, events, and rows of the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Person:
    """One registration."""

    event: str
    registered_at: datetime
    state: str = "pending"
    attendance: str = "onsite"
    confirmations: int = 0
    sequence: int = 0
    planned: int = 0
    since: datetime = NEVER


@dataclass(kw_only=True)
class Event:
    """One event."""

    starts_at: datetime
    lifecycle: str = "published"
    format: str = "onsite"
    version: int = 1
    schedule: int = 1
    changed_at: datetime = NEVER
    proposal: str = ""
    erased: bool = False


@dataclass(kw_only=True)
class Mail:
    """One row of the ledger."""

    kind: str
    who: str
    event: str
    due_at: datetime
    state: str = "waiting"
