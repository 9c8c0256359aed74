"""Queries of feeds: the addresses to poll, the state of each event's feed, its readings."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from regservice.db import is_postgresql, session
from regservice.formats.feeds.models import FeedAddressRow, FeedStateRow
from regservice.formats.feeds.types import HAND
from regservice.formats.models import FormatRuleRow, ReadingRow
from regservice.formats.types import MEASURING, FormatRule, Reading, RuleMode


def rules_with_feed(now: datetime) -> list[tuple[int, FormatRule]]:
    """The rules with a feed whose decision is still to come, or that only alert, with the events they belong to."""
    reads = (FormatRuleRow.feed.is_not(None), FormatRuleRow.kind.in_(MEASURING))
    waits = or_(FormatRuleRow.decision_at > now, FormatRuleRow.mode == RuleMode.ALERT)
    query = select(FormatRuleRow).where(*reads, waits)
    return [(row.event_id, row.facts()) for row in session().scalars(query.order_by(FormatRuleRow.event_id))]


def addresses() -> list[FeedAddressRow]:
    """Every address that is polled."""
    return list(session().scalars(select(FeedAddressRow)))


def add_address(url_key: str, url: str, described: str, now: datetime) -> None:
    """Poll one more address, at once; another worker may have been first. Part of the caller's transaction."""
    insert = postgresql.insert if is_postgresql() else sqlite.insert
    values = {"url_key": url_key, "url": url, "described": described, "due_at": now}
    usual = {"etag": "", "last_modified": "", "failures": 0, "lease_owner": "", "lease_until": None}
    statement = insert(FeedAddressRow).values(**values, **usual)
    session().execute(statement.on_conflict_do_nothing(index_elements=["url_key"]))


def forget_addresses(url_keys: Collection[str]) -> None:
    """Poll these no longer. Part of the caller's transaction."""
    statement = delete(FeedAddressRow).where(FeedAddressRow.url_key.in_(url_keys))
    session().execute(statement.execution_options(synchronize_session=False))


def due_address(now: datetime) -> FeedAddressRow | None:
    """An address whose time has come and that nobody fetches. Part of the caller's transaction, which takes it."""
    free = or_(FeedAddressRow.lease_until.is_(None), FeedAddressRow.lease_until < now)
    query = select(FeedAddressRow).where(FeedAddressRow.due_at <= now, free).order_by(FeedAddressRow.due_at).limit(1)
    return session().scalars(query.with_for_update(skip_locked=True)).one_or_none()


def is_any_due(now: datetime) -> bool:
    """The same as a question, without taking anything."""
    free = or_(FeedAddressRow.lease_until.is_(None), FeedAddressRow.lease_until < now)
    query = select(FeedAddressRow.url_key).where(FeedAddressRow.due_at <= now, free).limit(1)
    return session().scalar(query) is not None


def leased_address(url_key: str, owner: str) -> FeedAddressRow | None:
    """The address, if this worker still holds it. Part of the caller's transaction, which locks it."""
    query = select(FeedAddressRow).where(FeedAddressRow.url_key == url_key, FeedAddressRow.lease_owner == owner)
    return session().scalars(query.with_for_update()).one_or_none()


def state(event_id: int) -> FeedStateRow | None:
    """How the feed of an event stands."""
    return session().get(FeedStateRow, event_id, populate_existing=True)


def states(event_ids: Collection[int]) -> list[FeedStateRow]:
    """How the feeds of these events stand."""
    return list(session().scalars(select(FeedStateRow).where(FeedStateRow.event_id.in_(event_ids))))


def newest_reading(event_id: int, sources: Collection[str], about: str, now: datetime) -> Reading | None:
    """The newest reading of these sources about these hours that was true by now; of several for one time the last."""
    query = (
        select(ReadingRow)
        .where(ReadingRow.event_id == event_id, ReadingRow.source.in_(sources), ReadingRow.as_of <= now)
        .where(or_(ReadingRow.source == HAND, ReadingRow.about == about))
        .order_by(ReadingRow.as_of.desc(), ReadingRow.id.desc())
        .limit(1)
    )
    row = session().scalars(query).one_or_none()
    return row.facts() if row else None


def values_since(event_id: int, source: str, about: str, since: datetime) -> dict[datetime, float]:
    """The last value of a source about these hours for each time."""
    query = (
        select(ReadingRow.as_of, ReadingRow.value)
        .where(ReadingRow.event_id == event_id, ReadingRow.source == source, ReadingRow.about == about)
        .where(ReadingRow.as_of >= since)
        .order_by(ReadingRow.id)
    )
    return {row.as_of: row.value for row in session().execute(query)}


def lease(row: FeedAddressRow, owner: str, now: datetime, length: timedelta) -> None:
    """Take an address for one fetch. Part of the caller's transaction."""
    row.lease_owner, row.lease_until = owner, now + length
    session().flush()
