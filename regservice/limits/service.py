"""Limits of rate that hold over all processes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite

from regservice.config import current_settings
from regservice.db import is_postgresql, session, transaction
from regservice.limits.models import LimitCount


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
    insert = postgresql.insert if is_postgresql() else sqlite.insert
    row = LimitCount.__table__.c
    over = row.window_ends_at <= now
    statement = (
        insert(LimitCount)
        .values(bucket=_bucket(limit, subject), window_ends_at=now + limit.window, count=1)
        .on_conflict_do_update(
            index_elements=["bucket"],
            set_={
                "count": case((over, 1), else_=row.count + 1),
                "window_ends_at": case((over, now + limit.window), else_=row.window_ends_at),
            },
        )
        .returning(row.count, row.window_ends_at)
    )
    taken, window_ends_at = session().execute(statement).one()
    if taken <= limit.count:
        return None
    return TooMany(retry_after=max(window_ends_at - now, timedelta(seconds=1)))


def give_back(limit: Limit, subject: str) -> None:
    """Count one less, where it turned out that it should not count. Part of the caller's transaction."""
    row = LimitCount.__table__.c
    one_less = update(LimitCount).where(row.bucket == _bucket(limit, subject), row.count > 0)
    session().execute(one_less.values(count=row.count - 1).execution_options(synchronize_session=False))


def _bucket(limit: Limit, subject: str) -> str:
    key = current_settings().secret_key.encode()[:64]
    return f"{limit.name}:{hashlib.blake2b(subject.encode(), key=key, digest_size=16).hexdigest()}"


def forget_old(now: datetime) -> int:
    """Delete the counts of windows that are over. Returns how many."""
    with transaction() as active:
        result = active.execute(delete(LimitCount).where(LimitCount.window_ends_at < now))
    return int(result.rowcount)  # type: ignore[attr-defined]
