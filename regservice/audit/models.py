"""The audit trail's rows."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from regservice.db import Base


class AuditEntry(Base):
    """Who did what to which object and when; never the values that citizens typed."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    verb: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]
    # Both filled by the sealing job. The number, and not the id, is the order of the chain: an entry with a lower id
    # may be committed later.
    number: Mapped[int | None] = mapped_column(index=True, unique=True)
    seal: Mapped[str | None]


class AuditHead(Base):
    """The end of the chain of seals: its one row says how many entries are sealed, and is signed."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[int]
    last_seal: Mapped[str]
    signature: Mapped[str]
