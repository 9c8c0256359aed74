"""Limits of rate that hold over all processes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Executable, bindparam, case, delete, literal, update
from sqlalchemy.dialects import postgresql, sqlite

from regservice.config import current_settings
from regservice.db import session, transaction
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
    taken, window_ends_at = _count(_ONE_MORE, limit, subject, now)
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
    taken, window_ends_at = _count(_ONE_MORE_AFTER_BOOKED, limit, subject, now)
    if taken <= limit.count:
        return timedelta()
    if taken <= 2 * limit.count:
        return max(window_ends_at - now, SHORTEST_WAIT)
    give_back((limit, subject))
    return None


def _count(statements: Mapping[str, Executable], limit: Limit, subject: str, now: datetime) -> tuple[int, datetime]:
    """One more, and the end of its window."""
    values = {"of": _bucket(limit, subject), "limit": limit.count, "at": now}
    values |= {"ends": now + limit.window, "before": now - limit.window}
    connection = session().connection()
    taken, window_ends_at = connection.execute(statements[connection.dialect.name], values).one()
    return taken, window_ends_at


# Made once: each registration counts several times, and putting these together takes longer than what they do.
_ROW = LimitCount.__table__.c
_ENDS = bindparam("ends", type_=_ROW.window_ends_at.type)


def _one_more(booked: ColumnElement[int]) -> dict[str, Executable]:
    """For each kind of database: a new window begins with what was `booked` for it in the one before."""
    over = _ROW.window_ends_at <= bindparam("at")
    new = {
        "count": case((over, booked), else_=_ROW.count) + 1,
        "window_ends_at": case((over, _ENDS), else_=_ROW.window_ends_at),
    }
    return {
        kind.dialect.name: kind.insert(LimitCount.__table__)
        .values(bucket=bindparam("of"), window_ends_at=_ENDS, count=1)
        .on_conflict_do_update(index_elements=["bucket"], set_=new)
        .returning(_ROW.count, _ROW.window_ends_at)
        for kind in (postgresql, sqlite)
    }


_HAS_WAITED = (_ROW.count > bindparam("limit")) & (_ROW.window_ends_at > bindparam("before"))
_ONE_MORE = _one_more(literal(0))
_ONE_MORE_AFTER_BOOKED = _one_more(case((_HAS_WAITED, _ROW.count - bindparam("limit")), else_=0))


def give_back(*taken: tuple[Limit, str]) -> None:
    """Count one less of each, where it turned out that it should not count. Part of the caller's transaction."""
    if current_settings().rehearsal:
        return
    buckets = [_bucket(limit, subject) for limit, subject in taken]
    one_less = update(LimitCount).where(_ROW.bucket.in_(buckets), _ROW.count > 0)
    session().execute(one_less.values(count=_ROW.count - 1).execution_options(synchronize_session=False))


def _bucket(limit: Limit, subject: str) -> str:
    key = current_settings().secret_key.encode()[:64]
    return f"{limit.name}:{hashlib.blake2b(subject.encode(), key=key, digest_size=16).hexdigest()}"


def forget_old(now: datetime) -> int:
    """Delete the counts of windows that ended so long ago that nothing booked in them counts. Returns how many."""
    with transaction() as active:
        result = active.execute(delete(LimitCount).where(LimitCount.window_ends_at < now - LONGEST_WINDOW))
    return int(result.rowcount)  # type: ignore[attr-defined]
