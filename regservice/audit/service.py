"""Recording who did what, sealing the record into a chain (see `chain`), and checking that all seals hold."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from regservice.audit import chain, store
from regservice.audit.models import AuditEntry
from regservice.audit.types import Broken, Entry, Head, Holds, StoredEntry, Unreadable
from regservice.config import current_settings
from regservice.db import session, transaction

# Entries that are sealed in one transaction.
BATCH = 1000
log = logging.getLogger(__name__)


def record(verb: str, subject: str, *, actor: str, now: datetime, **details: Any) -> None:
    """Write one entry. Part of the caller's transaction. `details` must hold no personal data."""
    store.add({"at": now, "actor": actor, "verb": verb, "subject": subject, "details": details})


def history(subject: str, limit: int = 200) -> list[Entry]:
    """What was done to an object, the newest first."""
    query = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id.desc()).limit(limit)
    return [
        Entry(at=row.at, actor=row.actor, verb=row.verb, subject=row.subject, details=row.details)
        for row in session().scalars(query)
    ]


def seal() -> int:
    """Put the entries that are not sealed yet at the end of the chain. Returns how many.

    Nothing is sealed behind an end that does not hold: that would cover up what was done to it.
    """
    sealed = 0
    while batch := _seal_batch(current_settings().secret_keys):
        sealed += batch
        if batch < BATCH:
            break
    return sealed


def _seal_batch(keys: Sequence[str]) -> int:
    with transaction():
        head = store.lock_head()
        if not chain.is_signed(head, keys):
            log.error("the audit trail is not sealed any further: run `python -m regservice verify-audit`")
            return 0
        previous, rows = head.last_seal, []
        for entry in store.unsealed(BATCH, from_number=head.sealed + 1):
            previous = chain.seal_of(previous, entry)
            rows.append({"id": entry.id, "number": entry.number, "seal": previous})
        if rows:
            store.write_seals(rows)
        # Signed anew with the present key, so that an older one may go.
        signed = _signed(keys[0], head.sealed + len(rows), previous)
        if signed.sealed and signed != head:
            store.move_head(signed)
        return len(rows)


def _signed(key: str, sealed: int, last_seal: str) -> Head:
    return Head(sealed=sealed, last_seal=last_seal, signature=chain.signature_of(key, sealed, last_seal))


def seal_anew(*, reason: str, actor: str, now: datetime) -> None:
    """Begin a new chain over all entries, when the key of the old one is lost. The trail says so."""
    with transaction():
        store.lock_head()
        store.forget_seals()
        store.move_head(chain.EMPTY)
        record("audit.sealed_anew", "audit", actor=actor, now=now, reason=reason)
    seal()


def verify() -> Holds | Broken:
    """Compare every sealed entry with its seal, and the end with its signature. Needs little memory for any number."""
    head, beyond = store.find_ends()
    previous, number, entry_id = chain.FIRST_SEAL, 0, None
    for entry in store.in_order(head.sealed):
        if wrong := _what_is_wrong(previous, number + 1, entry):
            return Broken(entry_id=entry.id, why=wrong)
        assert isinstance(entry, StoredEntry)
        previous, number, entry_id = str(entry.seal), entry.number, entry.id
    if number < head.sealed:
        return Broken(entry_id=entry_id, why=f"{head.sealed - number} behind it were removed")
    if beyond is not None:
        return Broken(entry_id=beyond, why="it stands behind the signed end")
    if previous != head.last_seal or not chain.is_signed(head, current_settings().secret_keys):
        return Broken(entry_id=entry_id, why="the end behind it is not signed with a key of this service")
    unsealed, oldest_at = store.count_unsealed()
    return Holds(sealed=number, last_seal=previous, unsealed=unsealed, oldest_at=oldest_at)


def _what_is_wrong(previous: str, number: int, entry: StoredEntry | Unreadable) -> str | None:
    if isinstance(entry, Unreadable):
        return "it cannot be read"
    if entry.number != number:
        return "entries before it were removed"
    if entry.seal != chain.seal_of(previous, entry):
        return "it is not what was sealed, or not behind what it was sealed behind"
    return None
