"""One relay for all workers: who may use it at this moment, and what an attempt says about it.

A relay that takes nothing is left alone by everybody; when the pause is over one message tries it, whoever is first,
and the others wait for what comes of it. So an outage costs one attempt a pause and not one a message.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from regservice.clock import utc_now
from regservice.db import release
from regservice.outbox import rules, store
from regservice.outbox.delivery import NotTried, Outcome, Retry, Scope, Unusable
from regservice.outbox.types import RelayFacts


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Mails a minute over all workers together; in real time, since the relay knows no other.

    `sleep` takes seconds and returns True when it was ended early, since the worker is to stop.
    """

    per_minute: int
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], bool | None] = time.sleep


def pause(now: datetime) -> RelayFacts | None:
    """How the relay stands when no mail may leave at this moment."""
    relay = store.relay()
    return relay if rules.paused_until(relay, now) else None


def is_paused(now: datetime) -> bool:
    """The same as a question of one statement, holding no connection afterwards."""
    try:
        return pause(now) is not None
    finally:
        release()


def wait_for_pace(relay: RelayFacts, pace: Pace | None) -> timedelta | None:
    """How long the next mail has to wait for the pace; None when it may leave."""
    return rules.wait_for_pace(relay, pace.per_minute, pace.clock()) if pace else None


def note_begin(relay: RelayFacts, pace: Pace | None, now: datetime) -> None:
    """Take the turn; after a pause that is also to be the one who tries, while the others wait a lease's time."""
    if relay.failures:
        store.set_relay(paused_until=now + rules.LEASE)
    if pace:
        store.set_relay(next_free_at=rules.next_free_at(relay, pace.per_minute, pace.clock()))


def note_outcome(seen: RelayFacts, outcome: Outcome, now: datetime) -> None:
    """What came of an attempt that began when the relay stood like this. Part of the caller's transaction.

    Who began before the pause was made says nothing new: several workers that fail at once make one pause.
    """
    match outcome:
        case Retry(scope=Scope.ALL, reason=reason):
            if store.lock_relay().failures == seen.failures:
                failures = seen.failures + 1
                until = rules.pause_after(failures, now)
                store.set_relay(failures=failures, failed_at=now, reason=reason, paused_until=until)
        case NotTried() | Unusable():
            if seen.failures:
                store.set_relay(paused_until=now)
        case _:
            if seen.failures:
                store.set_relay(failures=0, failed_at=None, reason="", paused_until=None)
