"""Polling: each address once for all the events that read it, by one worker at a time.

The lease decides who fetches. While a document is fetched no transaction is open and no connection is held; what came
of it is written in one transaction, if the lease is still ours.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from regservice.db import release, session, transaction
from regservice.events import service as events
from regservice.events.types import EventStatus
from regservice.formats import alerting
from regservice.formats import store as formats_store
from regservice.formats.feeds import alerts, reading, store
from regservice.formats.feeds.hours import Hours, about, described, hours_of
from regservice.formats.feeds.models import FeedAddressRow, FeedStateRow
from regservice.formats.feeds.schedule import LONGEST_JITTER_S, fingerprint, next_poll
from regservice.formats.feeds.types import (
    FeedDescription,
    FeedTrouble,
    FeedValue,
    Fetched,
    Fetcher,
    NotModified,
    Request,
    description_of,
)
from regservice.formats.models import ReadingRow

# Longer than any fetch may take, so that nobody else begins one meanwhile.
LEASE = timedelta(minutes=10)
# What is planned further ahead than this was planned before the clock was set back.
FARTHEST = timedelta(days=2)
MEGABYTE = 1024 * 1024
# Beside the newest value, those of this many days more than the rule compares with.
DAYS_BEFORE = 8
log = logging.getLogger(__name__)

Found = list[FeedValue] | FeedTrouble | NotModified


@dataclass(frozen=True, kw_only=True)
class Watched:
    """An event whose rule reads a feed, with its decision still to come or as long as it is to be warned."""

    event_id: int
    timezone: str
    document: Mapping[str, Any]
    feed: FeedDescription
    until: datetime
    compare_days: int
    hours: Hours | None
    # The hours that a reading is about, and what tells this description of these hours from others.
    about: str
    described: str


def watched(now: datetime) -> list[Watched]:
    """The events that are watched at this moment."""
    found = []
    for event_id, rule in store.rules_with_feed(now):
        event = events.get(event_id)
        since, until = alerting.watched_between(rule, event)
        is_time = (since is None or now >= since) and now < until
        if rule.feed and is_time and event.lifecycle is EventStatus.PUBLISHED:
            found.append(
                Watched(
                    event_id=event_id,
                    timezone=event.timezone,
                    document=rule.feed,
                    feed=description_of(rule.feed),
                    until=until,
                    compare_days=rule.compare_days,
                    hours=hours_of(event),
                    about=about(rule.feed, event),
                    described=fingerprint(described(rule.feed, event)),
                )
            )
    return found


def poll_due(fetcher: Fetcher | None, clock: Callable[[], datetime]) -> int:
    """Fetch every address whose time has come. Returns how many; none without a fetcher, which is the default."""
    if fetcher is None:
        return 0
    by_address: dict[str, list[Watched]] = {}
    for one in watched(clock()):
        by_address.setdefault(one.feed.url, []).append(one)
    _follow(by_address, clock())
    done = 0
    while claimed := _claim(clock()):
        readers = by_address.get(claimed.url, [])
        found = _fetch_and_read(fetcher, claimed, readers, clock)
        _write(claimed, readers, found, clock())
        done += 1
    return done


@dataclass(frozen=True, kw_only=True)
class _Claimed:
    url_key: str
    url: str
    owner: str
    etag: str
    last_modified: str


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What came of one fetch for each of the events, in their order."""

    found: Sequence[Found]
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""


def _follow(by_address: Mapping[str, Sequence[Watched]], now: datetime) -> None:
    """Make the rows fit what is watched now: new addresses and descriptions are due at once, old ones are forgotten."""
    wanted = {
        fingerprint({"url": url}): (url, fingerprint(*({"reads": one.described} for one in readers)))
        for url, readers in by_address.items()
    }
    rows = {row.url_key: row for row in store.addresses()}
    known = {url_key: row.described for url_key, row in rows.items() if row.due_at <= now + FARTHEST}
    if len(known) == len(rows) and known == {url_key: described for url_key, (_, described) in wanted.items()}:
        return
    with transaction():
        rows = {row.url_key: row for row in store.addresses()}
        store.forget_addresses(rows.keys() - wanted.keys())
        for url_key, (url, described) in wanted.items():
            if url_key not in rows:
                store.add_address(url_key, url, described, now)
            elif known.get(url_key) != described:
                row = rows[url_key]
                row.lease_owner, row.lease_until = "", None
                row.described, row.due_at, row.failures, row.etag, row.last_modified = described, now, 0, "", ""


def _claim(now: datetime) -> _Claimed | None:
    if not store.is_any_due(now):
        return None
    with transaction():
        row = store.due_address(now)
        if row is None:
            return None
        store.lease(row, secrets.token_hex(8), now, LEASE)
        return _Claimed(
            url_key=row.url_key, url=row.url, owner=row.lease_owner, etag=row.etag, last_modified=row.last_modified
        )


def request_for(feeds: Sequence[FeedDescription], etag: str = "", last_modified: str = "") -> Request:
    """What to ask for when these descriptions read one address; the most patient of them decides."""
    return Request(
        url=feeds[0].url,
        timeout_s=max(feed.timeout_s for feed in feeds),
        max_bytes=max(feed.max_mb for feed in feeds) * MEGABYTE,
        etag=etag,
        last_modified=last_modified,
    )


def _fetch_and_read(
    fetcher: Fetcher, claimed: _Claimed, readers: Sequence[Watched], clock: Callable[[], datetime]
) -> _Outcome:
    release()
    if not readers:
        return _Outcome(found=[])
    request = request_for([one.feed for one in readers], claimed.etag, claimed.last_modified)
    match fetcher.fetch(request):
        case Fetched(file=file) as fetched:
            with file:
                return _Outcome(
                    found=[_read(fetched, one, clock()) for one in readers],
                    sha256=fetched.sha256,
                    etag=fetched.etag,
                    last_modified=fetched.last_modified,
                )
        case answer:
            return _Outcome(found=[answer for _ in readers], etag=claimed.etag, last_modified=claimed.last_modified)


def _read(fetched: Fetched, one: Watched, at: datetime) -> list[FeedValue] | FeedTrouble:
    fetched.file.seek(0)
    return reading.read(fetched.file, one.feed, one.timezone, at, one.hours)


def _write(claimed: _Claimed, readers: Sequence[Watched], outcome: _Outcome, now: datetime) -> None:
    with transaction():
        row = store.leased_address(claimed.url_key, claimed.owner)
        if row is None:
            # Forgotten meanwhile, or so late that somebody else has it now.
            return
        for one, found in zip(readers, outcome.found, strict=True):
            rule = formats_store.find_rule(one.event_id)
            if rule is not None and rule.feed == one.document:
                _note(one, found, outcome.sha256, now)
                if isinstance(found, list) and alerting.only_alerts(rule):
                    alerts.tell(one.event_id, rule, found[0].records, now)
        troubles = [found for found in outcome.found if isinstance(found, FeedTrouble)]
        for code in sorted({trouble.code for trouble in troubles}):
            log.warning("a feed could not be read: %s", code)
        _plan_next(row, readers, outcome, failed=bool(troubles), now=now)


def _plan_next(
    row: FeedAddressRow, readers: Sequence[Watched], outcome: _Outcome, *, failed: bool, now: datetime
) -> None:
    row.failures = row.failures + 1 if failed else 0
    # A value that is as old as its fetching needs the document again to be fetched again; so does one that failed.
    again = failed or any(one.feed.as_of is None for one in readers)
    row.etag, row.last_modified = ("", "") if again else (outcome.etag, outcome.last_modified)
    row.lease_owner, row.lease_until = "", None
    row.due_at = next_poll(
        [(one.feed.poll, one.timezone) for one in readers] or [("", "UTC")],
        [one.until for one in readers],
        failures=row.failures,
        now=now,
        jitter=timedelta(seconds=secrets.randbelow(LONGEST_JITTER_S)),
        every=min((timedelta(minutes=one.feed.every_min) for one in readers if one.feed.every_min), default=None),
    )


def _note(one: Watched, found: Found, sha256: str, now: datetime) -> None:
    """Keep what was read for one event, and how its feed stands. Part of the caller's transaction."""
    row = store.state(one.event_id)
    if row is None:
        row = FeedStateRow(event_id=one.event_id, described=one.described)
        session().add(row)
    if row.described != one.described:
        row.described, row.read_at, row.failed_at, row.told_on = one.described, None, None, None
    match found:
        case FeedTrouble(code=code, detail=detail):
            row.failed_at, row.code, row.detail = row.failed_at or now, code, detail
        case values:
            row.read_at, row.failed_at, row.code, row.detail = now, None, "", ""
            if not isinstance(values, NotModified):
                _keep(one, values, sha256, now)
    session().flush()


def _keep(one: Watched, values: Sequence[FeedValue], sha256: str, now: datetime) -> None:
    """Add the readings that are new or corrected; one that is as it was is not repeated."""
    since = values[0].as_of - timedelta(days=one.compare_days + DAYS_BEFORE)
    known = store.values_since(one.event_id, one.feed.key, one.about, since)
    for value in reversed(values):
        if value.as_of >= since and known.get(value.as_of) != value.value:
            session().add(
                ReadingRow(
                    event_id=one.event_id,
                    value=value.value,
                    as_of=value.as_of,
                    fetched_at=now,
                    source=one.feed.key,
                    entered_by="service",
                    raw_sha256=sha256,
                    about=one.about,
                )
            )
