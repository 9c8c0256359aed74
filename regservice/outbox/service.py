"""What must still be said and what was: rows that are written with their cause and sent once.

`deliver` in steps, which is the part to read slowly:

1. A batch is claimed with a lease in one transaction; what is claimed was certainly not sent.
2. Then one commit a message: the outcome of the one before, the question whether this one is still wanted, and its mark
   `sending`, all fenced by the owner of the lease. A message withdrawn meanwhile is no longer ours and is left alone.
3. Outside of any transaction the letter is made from the facts of this moment and handed to the relay.
4. The outcome says whether the relay certainly has it, certainly has not, or may have it: only the last is uncertain.
5. A worker that dies leaves at most one message `sending`; `recover` turns it uncertain and it is sent once more.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import or_

from regservice.config import current_settings
from regservice.db import session, transaction
from regservice.outbox import store
from regservice.outbox.delivery import NotBefore, Outcome, Rejected, Retry, Scope, Sent, Uncertain
from regservice.outbox.models import Message
from regservice.outbox.rules import LEASE, next_attempt
from regservice.outbox.types import UNSENT, LedgerPage, MessageFacts, MessageState, NewMessage

BATCH = 50


class Post(Protocol):
    """What `deliver` needs from above: whether a message is still wanted, and a way to make and send it."""

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        """None when it is; else the reason for the ledger, or when it may leave."""

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        """Make the letter from the facts of this moment and hand it to the relay."""


def enqueue(*messages: NewMessage, now: datetime) -> int:
    """Write messages beside their cause, each happening once; counts the new. Part of the caller's transaction."""
    domain = urlsplit(current_settings().base_url).hostname or "localhost"
    return store.add([_values(message, domain, now) for message in messages])


def _values(message: NewMessage, domain: str, now: datetime) -> dict[str, Any]:
    return {
        "dedupe_key": message.dedupe_key,
        "kind": message.kind,
        "occurrence": message.occurrence,
        "event_id": message.event_id,
        "registration_id": message.registration_id,
        "organiser_id": message.organiser_id,
        "recipient": message.recipient,
        "language": message.language,
        "payload": message.payload or {},
        "message_id": f"<{secrets.token_hex(16)}@{domain}>",
        "state": MessageState.WAITING,
        "uncertain": False,
        "priority": int(message.priority),
        "created_at": now,
        "due_at": message.due_at,
        "next_attempt_at": message.due_at,
        "attempts": 0,
        "reason": "",
    }


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How one batch went; `more` when there may be more to send right away."""

    sent: int
    more: bool


def deliver(post: Post, clock: Callable[[], datetime], *, limit: int = BATCH) -> Delivered:
    """Send one batch of what is due. `clock` is asked for each message, since a batch takes time."""
    owner = secrets.token_hex(8)
    with transaction():
        batch = store.claim(owner, clock(), lease=LEASE, limit=limit)
    before: tuple[MessageFacts, Outcome] | None = None
    sent, relay_answers = 0, True
    for message in batch:
        now = clock()
        with transaction():
            if before:
                _mark_outcome(*before, owner, now)
            ours = _begin(message, post, owner, now)
        before = None
        if not ours:
            continue
        outcome = _send(message, post, now)
        sent += isinstance(outcome, Sent)
        before = (message, outcome)
        relay_answers = not (isinstance(outcome, Retry) and outcome.scope is Scope.ALL)
        if not relay_answers:
            break
    with transaction():
        if before:
            _mark_outcome(*before, owner, clock())
        store.release(owner)
    return Delivered(sent=sent, more=relay_answers and len(batch) == limit)


def _begin(message: MessageFacts, post: Post, owner: str, now: datetime) -> bool:
    """Mark a message as being sent, skip it with the reason why nobody wants it any more, or let it wait."""
    answer = post.still_wanted(message, now)
    if isinstance(answer, NotBefore):
        waits: dict[str, Any] = {"state": MessageState.WAITING, "lease_owner": None, "lease_until": None}
        store.mark(message.id, owner, MessageState.CLAIMED, next_attempt_at=answer.at, **waits)
        return False
    if answer:
        store.mark(message.id, owner, MessageState.CLAIMED, state=MessageState.SKIPPED, reason=answer)
        return False
    return store.mark(
        message.id,
        owner,
        MessageState.CLAIMED,
        state=MessageState.SENDING,
        attempts=message.attempts + 1,
        lease_until=now + LEASE,
    )


def _send(message: MessageFacts, post: Post, now: datetime) -> Outcome:
    """One poisoned message must not stop its neighbours."""
    try:
        return post.send(message, now)
    except Exception as error:
        return Rejected(reason=f"the message could not be made: {type(error).__name__}", address_is_bad=False)


def _mark_outcome(message: MessageFacts, outcome: Outcome, owner: str, now: datetime) -> None:
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    match outcome:
        case Sent():
            values |= {"state": MessageState.SENT, "sent_at": now, "reason": ""}
        case Retry(reason=reason):
            again = next_attempt(message.due_at, message.attempts + 1, now)
            if again is None:
                values |= {"state": MessageState.FAILED, "reason": f"given up after 72 hours: {reason}"}
            else:
                values |= {"state": MessageState.WAITING, "next_attempt_at": again, "reason": reason}
        case Rejected(reason=reason):
            values |= {"state": MessageState.FAILED, "reason": reason}
        case Uncertain():
            values |= _uncertain(message.uncertain, now)
    store.mark(message.id, owner, MessageState.SENDING, **values)


def _uncertain(already: bool, now: datetime) -> dict[str, Any]:
    reason = "no answer twice; it may have arrived once, twice or not at all" if already else store.RESEND
    return {"state": MessageState.UNCERTAIN, "uncertain": True, "reason": reason, "next_attempt_at": now}


def recover(now: datetime) -> int:
    """Turn messages of dead workers uncertain. Returns how many."""
    with transaction():
        ids = store.abandoned(now)
        for message_id in ids:
            row = session().get_one(Message, message_id)
            store.set_values(message_id, lease_owner=None, lease_until=None, **_uncertain(row.uncertain, now))
    return len(ids)


def hold(now: datetime) -> int:
    """Without a relay, keep what is due where the organiser can read it. Returns how many."""
    with transaction():
        return store.hold_due(now)


def skip_for_registration(registration_id: int, reason: str, *, kinds: Sequence[str] = ()) -> int:
    """Withdraw what a person has not been sent yet. Part of the caller's transaction."""
    conditions = [Message.registration_id == registration_id]
    if kinds:
        conditions.append(Message.kind.in_(kinds))
    return store.skip_unsent(conditions, reason)


def skip_for_event(event_id: int, reason: str, *, kinds: Sequence[str]) -> int:
    """Withdraw messages of some kinds about an event. Part of the caller's transaction."""
    return store.skip_unsent([Message.event_id == event_id, Message.kind.in_(kinds)], reason)


def readdress(registration_id: int, recipient: str) -> None:
    """What was not sent yet goes to the corrected address. Part of the caller's transaction."""
    store.readdress(registration_id, recipient)


def ledger(event_id: int, *, after: int = 0, limit: int = 100) -> list[MessageFacts]:
    """What was and will be said about an event."""
    return store.find([Message.event_id == event_id], after=after, limit=limit)


def ledger_for_registration(registration_id: int) -> list[MessageFacts]:
    """What was and will be said to one person."""
    return store.find([Message.registration_id == registration_id], limit=1000)


def search(
    event_id: int | None, *, kinds: Sequence[str] = (), states: Sequence[MessageState] = (), page: int = 1, size: int
) -> LedgerPage:
    """One page of the ledger of an event, or of all events: what is furthest ahead first, then back in time."""
    conditions: list[Any] = []
    if event_id is not None:
        conditions.append(Message.event_id == event_id)
    if kinds:
        conditions.append(Message.kind.in_(kinds))
    if MessageState.UNCERTAIN in states:
        # A message that was uncertain once is told as such for good, whatever became of it.
        conditions.append(or_(Message.state.in_(states), Message.uncertain))
    elif states:
        conditions.append(Message.state.in_(states))
    return store.page(conditions, page=page, size=size)


def counts_of_event(event_id: int) -> dict[tuple[str, MessageState], int]:
    """How many messages of each kind about an event stand where."""
    return store.count_by_kind(event_id)


def unsent_for_event(event_id: int, kinds: Sequence[str]) -> list[MessageFacts]:
    """Messages of some kinds about an event that did not leave yet."""
    return store.find([Message.event_id == event_id, Message.kind.in_(kinds), Message.state.in_(UNSENT)], limit=100_000)


def find(message_id: int) -> MessageFacts | None:
    """One message, or None."""
    row = session().get(Message, message_id)
    return row.facts() if row else None


def count_by_state() -> dict[str, int]:
    """How many messages stand in each state, for the readiness check."""
    return store.count_by_state()


def oldest_due_age(now: datetime) -> timedelta:
    """How long the oldest due message has been waiting."""
    oldest = store.oldest_due(now)
    return now - oldest if oldest else timedelta(0)


def forget_recipients(registration_ids: Sequence[int]) -> None:
    """Take the addresses and words out of the ledger of deleted people. Part of the caller's transaction."""
    for start in range(0, len(registration_ids), 500):
        chunk = list(registration_ids[start : start + 500])
        store.skip_unsent([Message.registration_id.in_(chunk)], "the person's data was deleted")
        store.forget(chunk)
