"""Limits of rate that hold over all processes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, literal, update
from sqlalchemy.dialects import postgresql, sqlite

from regservice.config import current_settings
from regservice.db import is_postgresql, session, transaction
from regservice.limits.models import LimitCount

SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `count` in a window that begins with the first."""

    name: str
    count: int
    window: timedelta


@dataclass(frozen=True, kw_only=True)
class TooMany:
    """The limit is reached; it opens again after `retry_after`."""

    retry_after: timedelta


def take(limit: Limit, subject: str, now: datetime) -> TooMany | None:
    """Count one more for this subject and refuse it above the limit. Part of the caller's transaction.

    The subject is stored hashed with the service's secret, since it may be an address. No limit holds in a rehearsal.
    """
    if current_settings().rehearsal:
        return None
    taken, window_ends_at = _count(limit, subject, now, booked=literal(0))
    if taken <= limit.count:
        return None
    return TooMany(retry_after=max(window_ends_at - now, SHORTEST_WAIT))


def book(limit: Limit, subject: str, now: datetime) -> timedelta | None:
    """Count one more for this subject, and say how long it has to wait: not at all, or until the window is over.

    What waits counts in the window after this one, which takes no more of it than its limit: None beyond that, and
    nothing is counted. Part of the caller's transaction. No limit holds in a rehearsal.
    """
    if current_settings().rehearsal:
        return timedelta()
    row = LimitCount.__table__.c
    has_waited = (row.count > limit.count) & (row.window_ends_at > now - limit.window)
    booked = case((has_waited, row.count - limit.count), else_=0)
    taken, window_ends_at = _count(limit, subject, now, booked=booked)
    if taken <= limit.count:
        return timedelta()
    if taken <= 2 * limit.count:
        return max(window_ends_at - now, SHORTEST_WAIT)
    give_back((limit, subject))
    return None


def _count(limit: Limit, subject: str, now: datetime, *, booked: ColumnElement[int]) -> tuple[int, datetime]:
    """One more, and the end of its window. A new window begins with what was `booked` for it in the one before."""
    insert = postgresql.insert if is_postgresql() else sqlite.insert
    row = LimitCount.__table__.c
    over = row.window_ends_at <= now
    statement = (
        insert(LimitCount)
        .values(bucket=_bucket(limit, subject), window_ends_at=now + limit.window, count=1)
        .on_conflict_do_update(
            index_elements=["bucket"],
            set_={
                "count": case((over, booked), else_=row.count) + 1,
                "window_ends_at": case((over, now + limit.window), else_=row.window_ends_at),
            },
        )
        .returning(row.count, row.window_ends_at)
    )
    taken, window_ends_at = session().execute(statement).one()
    return taken, window_ends_at


def give_back(*taken: tuple[Limit, str]) -> None:
    """Count one less of each, where it turned out that it should not count. Part of the caller's transaction."""
    if current_settings().rehearsal:
        return
    row = LimitCount.__table__.c
    buckets = [_bucket(limit, subject) for limit, subject in taken]
    one_less = update(LimitCount).where(row.bucket.in_(buckets), row.count > 0)
    session().execute(one_less.values(count=row.count - 1).execution_options(synchronize_session=False))


def _bucket(limit: Limit, subject: str) -> str:
    key = current_settings().secret_key.encode()[:64]
    return f"{limit.name}:{hashlib.blake2b(subject.encode(), key=key, digest_size=16).hexdigest()}"


def forget_old(now: datetime) -> int:
    """Delete the counts of windows that ended so long ago that nothing booked in them counts. Returns how many."""
    with transaction() as active:
        result = active.execute(delete(LimitCount).where(LimitCount.window_ends_at < now - LONGEST_WINDOW))
    return int(result.rowcount)  # type: ignore[attr-defined]
