"""When a message that could not be delivered is tried again, and how long the relay is left alone."""

from datetime import datetime, timedelta

from regservice.outbox.types import RelayFacts

FIRST_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
LATER_WAIT = timedelta(minutes=60)
GIVE_UP_AFTER = timedelta(hours=72)
LEASE = timedelta(minutes=2)
LONGEST_PAUSE = FIRST_WAITS[-1]
# After idle time so much may leave at once as would have left in this time.
BURST = timedelta(seconds=1)


def next_attempt(first_tried_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """The next try after `attempts` failed ones: 1, 5, 15, then every 60 minutes; None once 72 hours are over.

    They count from the first try: what fell due while nobody worked has its tries before it.
    """
    wait = FIRST_WAITS[attempts - 1] if 0 < attempts <= len(FIRST_WAITS) else LATER_WAIT
    at = now + wait
    return None if at > first_tried_at + GIVE_UP_AFTER else at


def paused_until(relay: RelayFacts, now: datetime) -> datetime | None:
    """Until when no mail may leave; None when one may.

    A pause further ahead than any can be was made by a clock that was set back since, or by a rehearsal: it is over.
    """
    until = relay.paused_until if relay.failures else None
    return until if until is not None and now < until <= now + LONGEST_PAUSE else None


def pause_after(failures: int, now: datetime) -> datetime:
    """When one message tries the relay again after so many failures in a row: in 1, 5, then every 15 minutes."""
    return now + FIRST_WAITS[min(failures, len(FIRST_WAITS)) - 1]


def wait_for_pace(relay: RelayFacts, per_minute: int, now: datetime) -> timedelta | None:
    """How long until the next mail may leave; None when it may now. More than the pace can be is a clock set back."""
    wait = relay.next_free_at - now if relay.next_free_at else timedelta(0)
    return wait if timedelta(0) < wait <= _distance(per_minute) else None


def next_free_at(relay: RelayFacts, per_minute: int, now: datetime) -> datetime:
    """When the mail after the one that leaves now may leave."""
    before = relay.next_free_at if relay.next_free_at and relay.next_free_at <= now else now
    return max(before, now - BURST) + _distance(per_minute)


def _distance(per_minute: int) -> timedelta:
    return timedelta(minutes=1) / per_minute
