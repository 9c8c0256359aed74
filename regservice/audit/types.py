"""The audit trail as facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who did what to which object and when."""

    at: datetime
    actor: str
    verb: str
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StoredEntry(Entry):
    """An entry as the database holds it, with its place in the chain of seals."""

    id: int
    number: int
    seal: str | None


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An entry in whose columns stands what the service never writes."""

    id: int


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of the chain."""

    sealed: int
    last_seal: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The first entry at which the trail is not what was sealed; None for the id when no entry is left to name."""

    entry_id: int | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Holds:
    """Every seal holds; `unsealed` entries are younger than the last run of the sealing job, since `oldest_at`."""

    sealed: int
    last_seal: str
    unsealed: int
    oldest_at: datetime | None
