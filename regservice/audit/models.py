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
    # Filled by the sealing job: SHA-256 over the previous seal and this entry.
    seal: Mapped[str | None]
