"""When a message that could not be delivered is tried again."""

from datetime import datetime, timedelta

FIRST_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
LATER_WAIT = timedelta(minutes=60)
GIVE_UP_AFTER = timedelta(hours=72)
LEASE = timedelta(minutes=2)


def next_attempt(first_due_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """The next try after `attempts` failed ones: 1, 5, 15, then every 60 minutes; None once 72 hours are over."""
    wait = FIRST_WAITS[attempts - 1] if 0 < attempts <= len(FIRST_WAITS) else LATER_WAIT
    at = now + wait
    return None if at > first_due_at + GIVE_UP_AFTER else at
