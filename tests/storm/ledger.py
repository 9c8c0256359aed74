"""What the ledger says against what arrived."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, select

from regservice.clock import utc_now
from regservice.db import session
from regservice.outbox.models import Message
from regservice.outbox.store import RESEND
from regservice.outbox.types import MessageState
from tests.storm.sink import Mailbox

LOOK_EVERY_S = 0.2


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Ledger and mailbox side by side; everything in rows of the ledger, by their Message-ID.

    `lost`: called sent, but not there, or in a state that is no end. `gave_up`: uncertain twice and really not there,
    which the ledger shows. `doubled`: there twice or more. `listed`: shown as uncertain. `strangers`: in no row.
    """

    mails: int
    lost: frozenset[str]
    gave_up: frozenset[str]
    doubled: frozenset[str]
    listed: frozenset[str]
    strangers: frozenset[str]
    most_copies: int

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, and nothing came twice that is not listed."""
        return not self.lost and not self.strangers and self.doubled <= self.listed and self.most_copies <= 2

    def __str__(self) -> str:
        return (
            f"{self.mails} mails: {len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.listed)} listed as "
            f"uncertain, {len(self.doubled - self.listed)} doubled without being listed, {len(self.gave_up)} given up "
            f"as uncertain twice, {len(self.strangers)} unknown"
        )


def _is_due() -> ColumnElement[bool]:
    """What the ledger should settle."""
    return Message.due_at <= utc_now()


def _is_settled(row: Message) -> bool:
    return row.state == MessageState.SENT or (row.state == MessageState.UNCERTAIN and row.reason != RESEND)


def unsettled() -> int:
    """How many due messages came to no end; uncertain for the first time is none, since it is sent once more."""
    twice = and_(Message.state == MessageState.UNCERTAIN, Message.reason != RESEND)
    query = select(func.count()).select_from(Message).where(_is_due(), Message.state != MessageState.SENT, not_(twice))
    return int(_read(query)[0])


def wait_until_settled(timeout_s: float) -> bool:
    """Wait until the ledger has nothing left to do; False when it stands still for so long."""
    deadline, before = time.monotonic() + timeout_s, -1
    while left := unsettled():
        if left != before:
            deadline, before = time.monotonic() + timeout_s, left
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def being_sent() -> frozenset[str]:
    """What stands as being sent at this moment."""
    return frozenset(_read(select(Message.message_id).where(Message.state == MessageState.SENDING)))


def _read(query: Select[Any]) -> list[Any]:
    """Read as things stand now, and let the connection go: an old reader keeps SQLite's log from being emptied."""
    session().expire_all()
    try:
        return list(session().scalars(query))
    finally:
        session().expunge_all()
        session().rollback()


def tally(mailbox: Mailbox) -> Tally:
    """Compare ledger and mailbox."""
    rows, copies = _read(select(Message).where(_is_due())), mailbox.copies
    absent = {row.message_id: row for row in rows if row.message_id not in copies}
    gave_up = frozenset(key for key, row in absent.items() if row.state == MessageState.UNCERTAIN and _is_settled(row))
    return Tally(
        mails=len(rows),
        lost=frozenset(absent) - gave_up | frozenset(row.message_id for row in rows if not _is_settled(row)),
        gave_up=gave_up,
        doubled=frozenset(message_id for message_id, count in copies.items() if count > 1),
        listed=frozenset(row.message_id for row in rows if row.uncertain),
        strangers=frozenset(copies) - frozenset(row.message_id for row in rows),
        most_copies=max(copies.values(), default=0),
    )
