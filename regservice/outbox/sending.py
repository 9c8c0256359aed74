"""Sending what is due, once: the part of the outbox to read slowly.

`deliver` in steps:

1. A batch is claimed with a lease in one transaction; what is claimed was certainly not sent.
2. Then one commit a message: the outcome of the one before, the question whether this one is still wanted, whether the
   relay may be asked (it has failed, it has a pace; `relay.py`) and its mark `sending`, all fenced by the owner of the
   lease. A message withdrawn meanwhile is no longer ours and is left alone. When something more urgent fell due, the
   rest of the batch is given back.
3. Outside of any transaction the letter is made from the facts of this moment and handed to the relay.
4. The outcome says whether the relay certainly has it, certainly has not, or may have it: only the last is uncertain.
5. A worker that dies leaves at most one message `sending`; `recover` turns it uncertain and it is sent once more.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from regservice.db import session, transaction
from regservice.failures import is_unavailable
from regservice.outbox import relay as relays
from regservice.outbox import store
from regservice.outbox.delivery import (
    NotBefore,
    NotTried,
    Outcome,
    Rejected,
    Retry,
    Scope,
    Sent,
    Uncertain,
    Unusable,
)
from regservice.outbox.models import Message
from regservice.outbox.relay import Pace
from regservice.outbox.rules import LEASE, next_attempt, paused_until
from regservice.outbox.types import MessageFacts, MessageState, RelayFacts

BATCH = 50
# The relay said so about an earlier message to the same address; a corrected address is written to again.
NO_MAILBOX = "the mailbox does not exist"


class Post(Protocol):
    """What `deliver` needs from above: whether a message is still wanted, and a way to make and send it."""

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        """None when it is; else the reason for the ledger, or when it may leave."""

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        """Make the letter from the facts of this moment and hand it to the relay."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How one batch went; `more` when there may be more to send right away."""

    sent: int
    more: bool


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """The message is marked as being sent; the relay stood like this."""

    relay: RelayFacts


@dataclass(frozen=True, kw_only=True)
class _Left:
    """There is nothing to send: not wanted, not yet, or not ours any more."""


@dataclass(frozen=True, kw_only=True)
class _Wait:
    """The pace does not allow it yet."""

    length: timedelta


@dataclass(frozen=True, kw_only=True)
class _GiveBack:
    """The rest of the batch is not for now: the relay is left alone, or something more urgent is due (`more`)."""

    more: bool


@dataclass(frozen=True, kw_only=True)
class _Attempt:
    """One message handed over, when, and how the relay stood before."""

    message: MessageFacts
    began_at: datetime
    relay: RelayFacts
    outcome: Outcome


# Whose messages this process is sending at this moment: `recover` keeps them from being given up for dead.
_sending_here: set[str] = set()


def deliver(post: Post, clock: Callable[[], datetime], *, pace: Pace | None = None, limit: int = BATCH) -> Delivered:
    """Send one batch of what is due. `clock` is asked for each message, since a batch takes time."""
    if relays.is_paused(clock()):
        return Delivered(sent=0, more=False)
    owner = secrets.token_hex(8)
    _sending_here.add(owner)
    try:
        return _deliver(post, clock, pace, owner, limit)
    finally:
        _sending_here.discard(owner)


def _deliver(post: Post, clock: Callable[[], datetime], pace: Pace | None, owner: str, limit: int) -> Delivered:
    with transaction():
        batch = store.claim(owner, clock(), lease=LEASE, limit=limit)
    queue, sent, more = deque(batch), 0, len(batch) == limit
    before: _Attempt | None = None
    while queue:
        message, now = queue[0], clock()
        with _outcome_first(before, post, owner, clock):
            # At least one message of a batch gets its turn, so that each batch comes to an end.
            gives_way = len(queue) < len(batch)
            turn = _begin(message, post, pace, owner, now, gives_way=gives_way)
        before = None
        match turn:
            case _Begun(relay=relay):
                before = _Attempt(message=message, began_at=now, relay=relay, outcome=_send(message, post, now))
                sent += isinstance(before.outcome, Sent)
                if _ends_the_batch(before.outcome):
                    more = False
                    break
            case _Wait(length=length):
                if _waited_in_vain(pace, length):
                    more = False
                    break
                continue
            case _GiveBack(more=more):
                break
        queue.popleft()
    with _outcome_first(before, post, owner, clock):
        store.release(owner)
    return Delivered(sent=sent, more=more)


@contextmanager
def _outcome_first(before: _Attempt | None, post: Post, owner: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """A transaction that begins with the outcome of the message before.

    While disk or database are away the outcome is kept and tried every second, as long as the lease lasts: what this
    worker knows must not become uncertain, what it has claimed must not wait for the lease to end, and nothing else is
    sent meanwhile. Raises the failure in any case.
    """
    try:
        with transaction():
            if before:
                _mark_outcome(before, post, owner, clock())
            yield
    except (SQLAlchemyError, OSError) as error:
        # Counted, since the clock of a rehearsal stands still.
        seconds = int(LEASE.total_seconds())
        while is_unavailable(error) and seconds > 0:
            if _given_back(before, post, owner, clock()):
                break
            time.sleep(1)
            seconds -= 1
        raise


def _given_back(before: _Attempt | None, post: Post, owner: str, now: datetime) -> bool:
    try:
        with transaction():
            if before:
                _mark_outcome(before, post, owner, now)
            store.release(owner)
    except (SQLAlchemyError, OSError) as error:
        if is_unavailable(error):
            return False
        raise
    return True


def _ends_the_batch(outcome: Outcome) -> bool:
    return isinstance(outcome, NotTried) or (isinstance(outcome, Retry) and outcome.scope is Scope.ALL)


def _waited_in_vain(pace: Pace | None, length: timedelta) -> bool:
    """Wait outside of any transaction; True when the worker is to end meanwhile."""
    return bool(pace and pace.sleep(length.total_seconds()))


def _begin(
    message: MessageFacts, post: Post, pace: Pace | None, owner: str, now: datetime, *, gives_way: bool
) -> _Begun | _Left | _Wait | _GiveBack:
    """Mark a message as being sent, or say why not at this moment."""
    found = store.circumstances(message, now)
    if gives_way and found.more_urgent_is_due:
        return _GiveBack(more=True)
    if not _is_wanted(message, post, owner, now, no_mailbox=found.no_mailbox):
        return _Left()
    relay = store.lock_relay() if pace or found.relay.failures else found.relay
    if paused_until(relay, now):
        return _GiveBack(more=False)
    wait = relays.wait_for_pace(relay, pace)
    if wait:
        return _Wait(length=wait)
    ours = store.mark(
        message.id,
        owner,
        MessageState.CLAIMED,
        state=MessageState.SENDING,
        attempts=message.attempts + 1,
        first_tried_at=message.first_tried_at or now,
        lease_until=now + LEASE,
    )
    if not ours:
        return _Left()
    relays.note_begin(relay, pace, now)
    return _Begun(relay=relay)


def _is_wanted(message: MessageFacts, post: Post, owner: str, now: datetime, *, no_mailbox: bool) -> bool:
    """False once a message was skipped with the reason why nobody wants it any more, or made to wait."""
    match NO_MAILBOX if no_mailbox else _ask(message, post, now):
        case None:
            return True
        case NotBefore(at=at):
            values: dict[str, Any] = {"state": MessageState.WAITING, "next_attempt_at": at}
        case Unusable(reason=reason):
            values = {"state": MessageState.FAILED, "reason": reason}
        case unwanted:
            values = {"state": MessageState.SKIPPED, "reason": unwanted}
    store.mark(message.id, owner, MessageState.CLAIMED, lease_owner=None, lease_until=None, **values)
    return False


def _ask(message: MessageFacts, post: Post, at: datetime) -> str | NotBefore | Unusable | None:
    """One poisoned message must not stop its neighbours."""
    try:
        return post.still_wanted(message, at)
    except Exception as error:
        if isinstance(error, DBAPIError) or is_unavailable(error):
            raise  # That says nothing about the message, and the transaction is lost.
        return _unusable(error)


def _send(message: MessageFacts, post: Post, now: datetime) -> Outcome:
    try:
        return post.send(message, now)
    except Exception as error:
        # The letter is made before a relay hears of it: without a database nobody tried.
        return NotTried() if is_unavailable(error) else _unusable(error)


def _unusable(error: Exception) -> Unusable:
    return Unusable(reason=f"the message could not be made: {type(error).__name__}")


def _mark_outcome(attempt: _Attempt, post: Post, owner: str, now: datetime) -> None:
    message = attempt.message
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    match attempt.outcome:
        case Sent():
            values |= {"state": MessageState.SENT, "sent_at": now, "reason": ""}
        case Retry(reason=reason):
            values |= _try_again(attempt, reason, post, now)
        case Rejected(reason=reason, address_is_bad=bad):
            values |= {"state": MessageState.FAILED, "reason": reason, "address_is_bad": bad}
        case Uncertain():
            values |= _uncertain(message.uncertain, now)
        case NotTried():
            values |= {"state": MessageState.WAITING, "attempts": message.attempts}
            values["first_tried_at"] = message.first_tried_at
    store.mark(message.id, owner, MessageState.SENDING, **values)
    relays.note_outcome(attempt.relay, attempt.outcome, now)


def _try_again(attempt: _Attempt, reason: str, post: Post, now: datetime) -> dict[str, Any]:
    """The next try, if there will be one: the ledger must not promise what will not happen."""
    message = attempt.message
    again = next_attempt(message.first_tried_at or attempt.began_at, message.attempts + 1, now)
    if again is None:
        return {"state": MessageState.FAILED, "reason": f"given up after 72 hours: {reason}"}
    match _ask(message, post, again):
        case str() as unwanted:
            return {"state": MessageState.SKIPPED, "reason": unwanted}
        case NotBefore(at=at):
            again = at
    return {"state": MessageState.WAITING, "next_attempt_at": again, "reason": reason}


def _uncertain(already: bool, now: datetime) -> dict[str, Any]:
    reason = "no answer twice; it may have arrived once, twice or not at all" if already else store.RESEND
    return {"state": MessageState.UNCERTAIN, "uncertain": True, "reason": reason, "next_attempt_at": now}


def recover(now: datetime) -> int:
    """Turn messages of dead workers uncertain. Returns how many.

    What this process is sending is not: a relay may take longer over a message than a lease lasts.
    """
    with transaction():
        if _sending_here:
            store.renew(tuple(_sending_here), now + LEASE)
        ids = store.abandoned(now)
        for message_id in ids:
            row = session().get_one(Message, message_id)
            store.set_values(message_id, lease_owner=None, lease_until=None, **_uncertain(row.uncertain, now))
    return len(ids)
