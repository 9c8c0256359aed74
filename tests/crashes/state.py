"""What the model keeps: people, events, and rows of the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.crashes.story import ROOM

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
    in_group: bool = False


@dataclass(kw_only=True)
class Event:
    """One event; `parts` are its sessions with their formats."""

    starts_at: datetime
    parts: dict[str, str]
    room: str = ROOM
    lifecycle: str = "published"
    version: int = 1
    schedule: int = 1
    changed_at: datetime = NEVER
    proposal: str = ""
    erased: bool = False

    @property
    def format(self) -> str:
        """That of its parts, or mixed where they differ."""
        formats = set(self.parts.values())
        return formats.pop() if len(formats) == 1 else "mixed"


@dataclass(kw_only=True)
class Mail:
    """One row of the ledger."""

    kind: str
    who: str
    event: str
    due_at: datetime
    state: str = "waiting"
