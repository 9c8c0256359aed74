"""The seals of the audit trail: PURE.

Each entry gets a running number and a seal: SHA-256 over the number, the seal before and everything the entry says. So
an entry that is altered, removed, inserted or moved no longer fits the next one. How many there are and the last seal
stand in the head, signed (HMAC-SHA-256) with a key derived from the secret key: who can write to the database but does
not know the key can neither cut off the end nor work the whole chain out anew.

What this cannot show: a forged entry that was added at the end before the job sealed it, and a database that was set
back as a whole to an earlier state of itself, the empty one included. Against the latter note down elsewhere what
`verify-audit` prints: the chain up to there can be compared for ever.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence

from regservice.audit.types import Head, StoredEntry

FIRST_SEAL = "0" * 64
PURPOSE = "audit-head"


def seal_of(previous: str, entry: StoredEntry) -> str:
    """The seal of an entry behind the one with the seal `previous`."""
    content = [
        previous,
        entry.number,
        entry.id,
        entry.at.isoformat(),
        entry.actor,
        entry.verb,
        entry.subject,
        entry.details,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def signature_of(key: str, sealed: int, last_seal: str) -> str:
    """What only those who know the secret key can write below the chain."""
    return hmac.new(key.encode(), f"{PURPOSE}:{sealed}:{last_seal}".encode(), hashlib.sha256).hexdigest()


def is_signed(head: Head, keys: Sequence[str]) -> bool:
    """Whether the head was signed with one of the keys; a chain without entries needs no signature."""
    if head == EMPTY:
        return True
    return any(hmac.compare_digest(head.signature, signature_of(key, head.sealed, head.last_seal)) for key in keys)


EMPTY = Head(sealed=0, last_seal=FIRST_SEAL, signature="")
