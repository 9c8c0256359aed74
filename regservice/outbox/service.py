"""What must still be said and what was: rows that are written with their cause and sent once.

`deliver` in steps, which is the part to read slowly:

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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Update, or_
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from regservice.config import current_settings
from regservice.db import db, session, transaction
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
from regservice.outbox.rules import LATER_WAIT, LEASE, next_attempt, paused_until
from regservice.outbox.types import UNSENT, LedgerPage, MessageFacts, MessageState, NewMessage, RelayFacts

BATCH = 50
# The relay said so about an earlier message to the same address; a corrected address is written to again.
NO_MAILBOX = "the mailbox does not exist"


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
    worker knows must not become uncertain, and nothing else is sent meanwhile. Raises the failure in any case.
    """
    try:
        with transaction():
            if before:
                _mark_outcome(before, post, owner, clock())
            yield
    except (SQLAlchemyError, OSError) as error:
        # Counted, since the clock of a rehearsal stands still.
        seconds = int(LEASE.total_seconds())
        while before and is_unavailable(error) and seconds > 0:
            if _marked_late(before, post, owner, clock()):
                break
            time.sleep(1)
            seconds -= 1
        raise


def _marked_late(before: _Attempt, post: Post, owner: str, now: datetime) -> bool:
    try:
        with transaction():
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


def relay_pause(now: datetime) -> RelayFacts | None:
    """How the relay stands while no mail may leave, for organisers and operators; None when mail may."""
    return relays.pause(now)


def follow_set_back(now: datetime) -> None:
    """After the machine's clock was set back: leases, next tries and what was due at once are told by the new time.

    Leases are shortened and not ended, since their worker may be alive and in the middle of a message. Reads every
    message that waits, so it is for the moment after the step, not for every tick.
    """
    with transaction():
        store.shorten_leases(now, LEASE)
        store.call_forward(now, LATER_WAIT)


def hold(now: datetime) -> int:
    """Without a relay, keep what is due where the organiser can read it. Returns how many."""
    with transaction():
        return store.hold_due(now)


def doubt_statement(now: datetime) -> str:
    """SQL for a database that is a copy of an earlier moment: what was due since then may have left already.

    It becomes uncertain and leaves only when an organiser says so. What was kept without a relay stays kept while there
    is none. Works on every schema that was ever released.
    """
    dialect = db.engine.dialect
    return str(_doubt(now).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def doubt_due(now: datetime) -> None:
    """The same for what was planned on such a copy. Part of the caller's transaction."""
    session().execute(_doubt(now))


def _doubt(now: datetime) -> Update:
    kept = (MessageState.HELD,) if current_settings().mail_server else ()
    return store.doubt(now, MessageState.WAITING, MessageState.CLAIMED, *kept)


def count_doubted(event_id: int | None = None) -> int:
    """How many messages wait for an organiser to say whether they are sent again after a copy was brought back."""
    return store.count_doubted(event_id)


def send_doubted_again(event_id: int | None, now: datetime) -> int:
    """Send them once more, with the same Message-ID. Returns how many."""
    with transaction():
        return store.release_doubted(event_id, now)


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


def without_mailbox(addresses: Mapping[int, str]) -> set[int]:
    """The registrations, of those given with their present addresses, that nothing is sent to any more."""
    refused = store.refused_addresses(list(addresses))
    return {registration_id for registration_id, address in addresses.items() if (registration_id, address) in refused}


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


def count_by_state(states: Collection[MessageState] = tuple(MessageState)) -> dict[str, int]:
    """How many messages stand in each of these states; what was sent grows for ever, so few need to ask for all."""
    return store.count_by_state(states)


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
