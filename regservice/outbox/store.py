"""Queries of the outbox: claims, marks that are fenced by the lease, how the relay stands, and the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Integer, Select, Table, Update, and_, bindparam, exists, false, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from regservice.db import is_postgresql, one_of, session
from regservice.outbox.models import Message, Relay
from regservice.outbox.types import (
    ALL_PRIORITIES,
    UNSENT,
    Circumstances,
    LedgerPage,
    MessageFacts,
    MessageState,
    Priority,
    RelayFacts,
)

RESEND = "no answer after the message was handed over; sent once more with the same Message-ID"
_SENT_ONCE_MORE = and_(Message.state == MessageState.UNCERTAIN, Message.reason == RESEND)
# Not sent, or to be sent once more.
WITHDRAWABLE = or_(one_of(Message.state, UNSENT), _SENT_ONCE_MORE)
# Handed over without an answer so far.
IN_DOUBT = or_(Message.state == MessageState.SENDING, _SENT_ONCE_MORE)
# For the marks of each mail: without what the ORM does around a change.
_MESSAGE = cast("Table", Message.__table__)
# Which leads from the state to what is due without a look at what is not.
BY_PRIORITY = Message.priority.in_(ALL_PRIORITIES)


def add(values: Sequence[dict[str, Any]]) -> int:
    """Insert messages whose dedupe key is new and ignore the others. Returns how many were new."""
    # The rows are given beside the statement: SQLAlchemy keeps it compiled and sends as many at once as may be.
    add_new = _ADD_NEW["postgresql" if is_postgresql() else "sqlite"]
    return len(session().connection().execute(add_new, list(values)).all()) if values else 0


_ADD_NEW = {
    dialect.dialect.name: dialect.insert(_MESSAGE)
    .on_conflict_do_nothing(index_elements=["dedupe_key"])
    .returning(_MESSAGE.c.id)
    for dialect in (postgresql, sqlite)
}


def claim(owner: str, now: datetime, *, lease: timedelta, limit: int) -> list[MessageFacts]:
    """Take due messages for this worker; what is claimed was certainly not sent yet. Part of the caller's transaction.

    A message whose outcome was uncertain is taken once more, and never a third time.
    """
    which = {"owner": owner, "now": now, "until": now + lease, "most": limit}
    rows = list(session().scalars(_CLAIM, which))
    rows.sort(key=lambda row: (row.priority, row.next_attempt_at, row.id))
    return [row.facts() for row in rows]


_FREE = or_(
    Message.state.in_([MessageState.WAITING, MessageState.HELD]),
    and_(Message.state == MessageState.CLAIMED, Message.lease_until < bindparam("now")),
    _SENT_ONCE_MORE,
)
_DUE = (
    select(Message.id)
    .where(
        Message.state.in_([*UNSENT, MessageState.UNCERTAIN]),
        BY_PRIORITY,
        Message.next_attempt_at <= bindparam("now"),
        _FREE,
    )
    .order_by(Message.priority, Message.next_attempt_at, Message.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
# Asked every second: made once, since that takes longer than the answer.
_CLAIM = (
    update(Message)
    .where(Message.id.in_(_DUE))
    .values(state=MessageState.CLAIMED, lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(Message)
    .execution_options(synchronize_session=False)
)


def circumstances(message: MessageFacts, now: datetime) -> Circumstances:
    """What a message that is about to leave depends on, in one statement. Part of the caller's transaction."""
    which = {"registration_id": message.registration_id, "recipient": message.recipient, "now": now}
    *relay, is_urgent, is_refused = session().connection().execute(_CIRCUMSTANCES[message.priority], which).one()
    return Circumstances(relay=_relay_facts(relay), more_urgent_is_due=bool(is_urgent), no_mailbox=is_refused)


_RELAY = select(Relay.failures, Relay.failed_at, Relay.reason, Relay.paused_until, Relay.next_free_at)


def _circumstances(priority: Priority) -> Select[Any]:
    """Made once for each priority: building the statement takes longer than the database needs for it.

    The first of each kind is at an end of the index, whatever else there is. Asked for all kinds at once, PostgreSQL
    reads the whole ledger for each mail: it plans a statement that comes often without looking at the values, guesses
    that many match, and hopes to meet one soon.
    """
    first_of_each = [
        select(func.min(Message.next_attempt_at)).where(Message.state == state, Message.priority == other)
        for state in (MessageState.WAITING, MessageState.HELD)
        for other in ALL_PRIORITIES
        if other < priority
    ]
    # Which is NULL where there is none of a kind.
    urgent = or_(false(), *(first.scalar_subquery() <= bindparam("now") for first in first_of_each))
    refused = exists().where(
        Message.registration_id == bindparam("registration_id"),
        Message.recipient == bindparam("recipient"),
        Message.address_is_bad,
    )
    return _RELAY.add_columns(urgent, refused)


_CIRCUMSTANCES = {priority: _circumstances(priority) for priority in ALL_PRIORITIES}


def _relay_facts(row: Sequence[Any]) -> RelayFacts:
    failures, failed_at, reason, paused_until, next_free_at = row
    return RelayFacts(
        failures=failures, failed_at=failed_at, reason=reason, paused_until=paused_until, next_free_at=next_free_at
    )


def relay() -> RelayFacts:
    """How the relay stands."""
    return _relay_facts(session().execute(_RELAY).one())


def lock_relay() -> RelayFacts:
    """The same, and nobody else changes it meanwhile. Part of the caller's transaction."""
    return _relay_facts(session().execute(_RELAY.with_for_update()).one())


def set_relay(**values: Any) -> None:
    """Change how the relay stands. Part of the caller's transaction."""
    session().execute(update(Relay).values(**values).execution_options(synchronize_session=False))


def mark(message_id: int, owner: str, expected: MessageState, **values: Any) -> bool:
    """Change a message that this worker still holds; False when the lease was lost or the message withdrawn."""
    which = {"which_id": message_id, "which_owner": owner, "which_state": expected}
    changed = session().connection().execute(_marking(tuple(values)), which | values)
    return bool(changed.rowcount == 1)


@lru_cache(maxsize=50)
def _marking(names: tuple[str, ...]) -> Update:
    """The statement that sets these columns, made once."""
    return (
        update(_MESSAGE)
        .where(
            _MESSAGE.c.id == bindparam("which_id"),
            _MESSAGE.c.lease_owner == bindparam("which_owner"),
            _MESSAGE.c.state == bindparam("which_state"),
        )
        .values({name: bindparam(name) for name in names})
    )


def release(owner: str) -> None:
    """Give back what this worker claimed and did not begin to send."""
    session().connection().execute(_RELEASE, {"owner": owner})


_RELEASE = (
    update(_MESSAGE)
    .where(_MESSAGE.c.lease_owner == bindparam("owner"), _MESSAGE.c.state == MessageState.CLAIMED)
    .values(state=MessageState.WAITING, lease_owner=None, lease_until=None)
)


def abandoned(now: datetime) -> list[int]:
    """Messages that a worker began to send and whose lease ran out: nobody knows whether they left."""
    query = select(Message.id).where(Message.state == MessageState.SENDING, Message.lease_until < now)
    return list(session().scalars(query.with_for_update(skip_locked=True)))


def renew(owners: Collection[str], lease_until: datetime) -> None:
    """What these workers are sending stays theirs for longer."""
    session().execute(
        update(Message)
        .where(Message.state == MessageState.SENDING, Message.lease_owner.in_(owners))
        .values(lease_until=lease_until)
        .execution_options(synchronize_session=False)
    )


def shorten_leases(now: datetime, lease: timedelta) -> None:
    """No lease ends further ahead than one that is given now."""
    held = (MessageState.CLAIMED, MessageState.SENDING)
    session().execute(
        update(Message)
        .where(Message.state.in_(held), Message.lease_until > now + lease)
        .values(lease_until=now + lease)
        .execution_options(synchronize_session=False)
    )


def call_forward(now: datetime, longest_wait: timedelta) -> None:
    """What was due when it was made is due now; what waits for its next try waits no longer than any try does."""
    made_due = and_(Message.attempts == 0, Message.due_at <= Message.created_at, Message.created_at > now)
    tried = and_(Message.attempts > 0, Message.next_attempt_at > now + longest_wait)
    session().execute(
        update(Message)
        .where(Message.state.in_([*UNSENT, MessageState.UNCERTAIN]), Message.next_attempt_at > now)
        .where(or_(made_due, tried))
        .values(next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )


def set_values(message_id: int, **values: Any) -> None:
    """Change one message without regard to a lease."""
    session().execute(
        update(Message).where(Message.id == message_id).values(**values).execution_options(synchronize_session=False)
    )


def skip_unsent(conditions: Sequence[Any], reason: str) -> int:
    """Withdraw messages that did not leave yet, or would once more; a worker that holds one finds its claim gone."""
    statement = (
        update(Message)
        .where(WITHDRAWABLE, *conditions)
        .values(state=MessageState.SKIPPED, reason=reason, lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


def skip_unsent_of(registration_id: int, reason: str, kinds: Sequence[str]) -> int:
    """The same for one person, of these kinds or of all, since it is done with every answer that somebody gives."""
    which = {"of": registration_id, "why": reason}
    return int(session().connection().execute(_skip_of(tuple(kinds)), which).rowcount)


@lru_cache
def _skip_of(kinds: tuple[str, ...]) -> Update:
    """Made once for each choice of kinds, of which the code names a few."""
    all_of_theirs = (
        update(_MESSAGE)
        .where(WITHDRAWABLE, Message.registration_id == bindparam("of"))
        .values(state=MessageState.SKIPPED, reason=bindparam("why"), lease_owner=None, lease_until=None)
    )
    return all_of_theirs.where(one_of(Message.kind, kinds)) if kinds else all_of_theirs


def hold_due(now: datetime) -> int:
    """Without a relay, what is due is held and can be read by the organiser.

    What somebody else has locked, to withdraw it perhaps, is left for the next time: waiting for it while holding
    others could end in a deadlock.
    """
    due = select(Message.id).where(Message.state == MessageState.WAITING, BY_PRIORITY, Message.next_attempt_at <= now)
    statement = (
        update(Message)
        .where(Message.id.in_(due.with_for_update(skip_locked=True)))
        .values(state=MessageState.HELD)
        .execution_options(synchronize_session=False)
    )
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


RESTORED = "it may have left after the copy was made that was brought back"


def doubt(now: datetime, *states: MessageState) -> Update:
    """The statement after which nothing that was due in these states, or on its way, leaves by itself."""
    due = and_(Message.state.in_(states), Message.next_attempt_at <= now)
    return (
        update(Message)
        .where(or_(due, IN_DOUBT))
        .values(state=MessageState.UNCERTAIN, uncertain=True, reason=RESTORED, lease_owner=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )


_DOUBTED = (Message.state == MessageState.UNCERTAIN, Message.reason == RESTORED)


def count_doubted(event_id: int | None) -> int:
    """How many messages of an event, or of all, may have left before a copy was brought back."""
    about = () if event_id is None else (Message.event_id == event_id,)
    return session().scalar(select(func.count()).select_from(Message).where(*_DOUBTED, *about)) or 0


def release_doubted(event_id: int | None, now: datetime) -> int:
    """Let them leave once more."""
    about = () if event_id is None else (Message.event_id == event_id,)
    statement = (
        update(Message)
        .where(*_DOUBTED, *about)
        .values(reason=RESEND, next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(session().execute(statement).rowcount)  # type: ignore[attr-defined]


def find(conditions: Sequence[Any], *, limit: int, after: int = 0) -> list[MessageFacts]:
    """Messages in the order they were made."""
    query = select(Message).where(Message.id > after, *conditions).order_by(Message.id).limit(limit)
    return [row.facts() for row in session().scalars(query)]


def page(conditions: Sequence[Any], *, page: int, size: int) -> LedgerPage:
    """One page of messages by the time they are due, the latest first."""
    total = session().scalar(select(func.count()).select_from(Message).where(*conditions)) or 0
    query = select(Message).where(*conditions).order_by(Message.due_at.desc(), Message.id.desc())
    rows = session().scalars(query.limit(size).offset((page - 1) * size))
    return LedgerPage(messages=tuple(row.facts() for row in rows), total=total)


def refused_addresses(registration_ids: Sequence[int]) -> set[tuple[int | None, str]]:
    """Registrations with the addresses of which the relay said that there is no such mailbox."""
    query = select(Message.registration_id, Message.recipient)
    rows = session().execute(query.where(Message.registration_id.in_(registration_ids), Message.address_is_bad))
    return {(registration_id, recipient) for registration_id, recipient in rows}


def note_returned(registration_id: int, recipient: str, reason: str) -> bool:
    """The newest message that left for this address came back. False when none left."""
    theirs = [Message.registration_id == registration_id, Message.recipient == recipient, Message.sent_at.is_not(None)]
    newest = session().scalar(select(func.max(Message.id)).where(*theirs))
    if newest is None:
        return False
    set_values(newest, address_is_bad=True, reason=reason)
    return True


def forget_returned(registration_id: int, recipient: str) -> None:
    """Nothing is held against this address any more."""
    session().execute(
        update(Message)
        .where(Message.registration_id == registration_id, Message.recipient == recipient, Message.address_is_bad)
        .values(address_is_bad=False)
        .execution_options(synchronize_session=False)
    )


def count_by_kind(event_id: int) -> dict[tuple[str, MessageState], int]:
    """How many messages of each kind about an event stand in each state."""
    query = select(Message.kind, Message.state, func.count()).where(Message.event_id == event_id)
    rows = session().execute(query.group_by(Message.kind, Message.state))
    return {(kind, MessageState(state)): number for kind, state, number in rows}


def count_by_state(states: Collection[MessageState]) -> dict[str, int]:
    """How many messages stand in each of these states."""
    rows = session().execute(
        select(Message.state, func.count()).where(Message.state.in_(states)).group_by(Message.state)
    )
    return {state: number for state, number in rows}  # noqa: C416 - dict() takes a Result for a mapping.


def oldest_due(now: datetime) -> datetime | None:
    """When the message that waits longest fell due; None when nothing is due."""
    return session().scalar(
        select(func.min(Message.next_attempt_at)).where(
            Message.state.in_((MessageState.WAITING, MessageState.CLAIMED)),
            BY_PRIORITY,
            Message.next_attempt_at <= now,
        )
    )


def is_on_first_try(event_id: int, kind: str, since: datetime) -> bool:
    """Whether such a message, made since then, was not tried yet or is being sent."""
    untried = and_(Message.state.in_(UNSENT), Message.attempts == 0)
    found = exists().where(
        Message.event_id == event_id,
        Message.kind == kind,
        Message.created_at > since,
        or_(untried, Message.state == MessageState.SENDING),
    )
    return bool(session().scalar(select(found)))


def forget(registration_ids: Sequence[int]) -> None:
    """Remove address, words and the tie to the person; kind, times and state stay for the statistics."""
    forget_where([Message.registration_id.in_(registration_ids)])


def forget_where(conditions: Sequence[Any]) -> None:
    """The same for all messages that meet the conditions."""
    session().execute(
        update(Message)
        .where(*conditions)
        .values(recipient="", payload={}, registration_id=None)
        .execution_options(synchronize_session=False)
    )


def readdress(registration_id: int, recipient: str) -> None:
    """Send what did not leave yet, or is sent once more, to another address.

    What a relay has at this moment keeps the address in the ledger to which it was handed over.
    """
    session().execute(
        update(Message)
        .where(Message.registration_id == registration_id, or_(WITHDRAWABLE, and_(*_DOUBTED)))
        .values(recipient=recipient)
        .execution_options(synchronize_session=False)
    )
