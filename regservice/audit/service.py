"""Recording who did what, and sealing the record into a hash chain."""

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from regservice.audit.models import AuditEntry
from regservice.audit.types import Entry
from regservice.db import session, transaction

FIRST_SEAL = "0" * 64


def record(verb: str, subject: str, *, actor: str, now: datetime, **details: Any) -> None:
    """Write one entry. Part of the caller's transaction. `details` must hold no personal data."""
    session().add(AuditEntry(at=now, actor=actor, verb=verb, subject=subject, details=details, seal=None))


def history(subject: str, limit: int = 200) -> list[Entry]:
    """What was done to an object, the newest first."""
    query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id.desc()).limit(limit)
    return [
        Entry(at=row.at, actor=row.actor, verb=row.verb, subject=row.subject, details=row.details)
        for row in session().scalars(query)
    ]


def seal(limit: int = 1000) -> int:
    """Chain the entries that are not sealed yet, so that a later change of any of them shows. Returns how many."""
    with transaction() as active:
        last = active.scalar(
            select(AuditEntry).where(AuditEntry.seal.is_not(None)).order_by(AuditEntry.id.desc()).limit(1)
        )
        previous = str(last.seal) if last else FIRST_SEAL
        query = (
            select(AuditEntry).where(AuditEntry.seal.is_(None)).order_by(AuditEntry.id).limit(limit).with_for_update()
        )
        entries = list(active.scalars(query))
        for entry in entries:
            previous = entry.seal = _seal(previous, entry)
    return len(entries)


def first_broken_seal() -> int | None:
    """The id of the first entry that was changed, removed before, or reordered; None when the chain holds."""
    previous = FIRST_SEAL
    for entry in session().scalars(select(AuditEntry).where(AuditEntry.seal.is_not(None)).order_by(AuditEntry.id)):
        if entry.seal != _seal(previous, entry):
            return entry.id
        previous = entry.seal
    return None


def _seal(previous: str, entry: AuditEntry) -> str:
    content = [previous, entry.at.isoformat(), entry.actor, entry.verb, entry.subject, entry.details]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
