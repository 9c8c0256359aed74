"""What must still be said and what was: rows that are written with their cause; `sending.py` sends them."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Update, func, or_, select

from regservice.config import current_settings
from regservice.db import db, session, transaction
from regservice.outbox import relay as relays
from regservice.outbox import store
from regservice.outbox.models import Message
from regservice.outbox.rules import LATER_WAIT, LEASE
from regservice.outbox.types import UNSENT, LedgerPage, MessageFacts, MessageState, NewMessage, RelayFacts

# Why a message that was sent did not arrive, in the words of the ledger.
RETURNED = "the mail came back"


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
    return store.skip_unsent_of(registration_id, reason, kinds)


def skip_for_registrations(registration_ids: Collection[int], reason: str, *, kinds: Sequence[str]) -> int:
    """The same for many people at once, of these kinds."""
    if not registration_ids:
        return 0
    return store.skip_unsent([Message.registration_id.in_(registration_ids), Message.kind.in_(kinds)], reason)


def skip_for_event(event_id: int, reason: str, *, kinds: Sequence[str]) -> int:
    """Withdraw messages of some kinds about an event. Part of the caller's transaction."""
    return store.skip_unsent([Message.event_id == event_id, Message.kind.in_(kinds)], reason)


def readdress(registration_id: int, recipient: str) -> None:
    """What was not sent yet goes to the corrected address. Part of the caller's transaction."""
    store.readdress(registration_id, recipient)


def ledger(event_id: int, *, after: int = 0, limit: int = 100) -> list[MessageFacts]:
    """What was and will be said about an event."""
    return store.find([Message.event_id == event_id], after=after, limit=limit)


def newest_id() -> int:
    """The message that was made last; 0 without any."""
    return session().scalar(select(func.max(Message.id))) or 0


def without_mailbox(addresses: Mapping[int, str]) -> set[int]:
    """The registrations, of those given with their present addresses, that nothing is sent to any more."""
    refused = store.refused_addresses(list(addresses))
    return {registration_id for registration_id, address in addresses.items() if (registration_id, address) in refused}


def note_returned(registration_id: int, recipient: str) -> bool:
    """Somebody found a mail to this address in the town's mailbox again: as if the relay had refused the address.

    Most relays take every mail at first, so what comes of it is told to the sender's mailbox alone. False when nothing
    was sent there. Part of the caller's transaction.
    """
    return store.note_returned(registration_id, recipient, RETURNED)


def forget_returned(registration_id: int, recipient: str) -> None:
    """Send to this address again, whatever came back or was refused before. Part of the caller's transaction."""
    store.forget_returned(registration_id, recipient)


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


def about(event_id: int, kind: str, occurrence: str) -> list[MessageFacts]:
    """The messages of one kind about one happening."""
    about = [Message.event_id == event_id, Message.kind == kind, Message.occurrence == occurrence]
    return store.find(about, limit=100_000)


def unsent_for_event(event_id: int, kinds: Sequence[str]) -> list[MessageFacts]:
    """Messages of some kinds about an event that did not leave yet."""
    return store.find([Message.event_id == event_id, Message.kind.in_(kinds), Message.state.in_(UNSENT)], limit=100_000)


def in_doubt_for_event(event_id: int, kind: str) -> list[MessageFacts]:
    """Messages of a kind about an event that a relay has, or may have, and of which nobody knows yet."""
    return store.find([Message.event_id == event_id, Message.kind == kind, store.IN_DOUBT], limit=100_000)


def unsent_for_registration(registration_id: int, kinds: Sequence[str]) -> list[MessageFacts]:
    """Messages of some kinds to one person that did not leave yet, the oldest first."""
    of_theirs = [Message.registration_id == registration_id, Message.kind.in_(kinds), Message.state.in_(UNSENT)]
    return store.find(of_theirs, limit=1000)


def is_on_first_try(event_id: int, kind: str, since: datetime) -> bool:
    """Whether a message of this kind, made since then, waits for its first try or is being sent right now."""
    return store.is_on_first_try(event_id, kind, since)


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


def forget_messages_of(event_id: int, kind: str) -> None:
    """Take addresses and words of one kind out of an event's ledger. Part of the caller's transaction."""
    of_kind = (Message.event_id == event_id, Message.kind == kind)
    store.skip_unsent(of_kind, "the person's data was deleted")
    store.forget_where(of_kind)
