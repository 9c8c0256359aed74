"""From a document to readings: the newest values that a description finds, or why there are none. PURE.

A value is only given when there is no doubt about it. What looks like "nothing to report" but could as well be a
changed document is a failure, since an event is moved by it.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import isfinite
from typing import BinaryIO

from regservice.formats.feeds import tables
from regservice.formats.feeds.counties import unknown_county
from regservice.formats.feeds.documents import Document
from regservice.formats.feeds.hours import Hours
from regservice.formats.feeds.moments import end_moment, moment
from regservice.formats.feeds.types import FeedDescription, FeedTrouble, FeedValue, Hit, Record, Unreadable

# How many times of one document are kept: enough to compare with a month before.
KEPT = 64
# How many records of one time are told apart; so many warnings at once are not ours to tell one by one.
MOST_RECORDS = 200
CLOCKS_DIFFER = timedelta(minutes=5)
NO_VALUE = frozenset({"", "NA", "N/A", "null", "NULL", "-", "–", "."})
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def read(
    file: BinaryIO, feed: FeedDescription, timezone: str, fetched_at: datetime, hours: Hours | None = None
) -> list[FeedValue] | FeedTrouble:
    """The newest values of a document, the newest first; several for one time are the highest of them.

    Of records that say how long they hold only those count that touch `hours`.
    """
    try:
        return _read(file, feed, timezone, fetched_at, hours)
    except Unreadable as failure:
        return FeedTrouble(code=failure.code, detail=failure.detail)


def _read(
    file: BinaryIO, feed: FeedDescription, timezone: str, fetched_at: datetime, hours: Hours | None
) -> list[FeedValue]:
    # Only where nothing found means something can a county that is gone look like one without a warning.
    if feed.empty is not None and (key := unknown_county(feed)):
        raise Unreadable("county_unknown", key)
    if not file.read(1):
        raise Unreadable("empty")
    file.seek(0)
    found = _Newest(feed, timezone, hours)
    if feed.format in tables.DELIMITERS:
        found.add_all(tables.hits(file, feed))
        return found.values(None, may_be_empty=False, fetched_at=fetched_at)
    document = Document(file, feed)
    found.add_all(document.hits())
    return found.values(document.as_of, may_be_empty=document.may_be_empty, fetched_at=fetched_at)


class _Newest:
    """The values of the newest times so far; a doubtful one only matters when no younger one is beside it."""

    def __init__(self, feed: FeedDescription, timezone: str, hours: Hours | None) -> None:
        self._feed = feed
        self._timezone = timezone
        self._hours = hours
        self._any = False
        # By time; under None what has no time of its own.
        self._best: dict[datetime | None, tuple[float | Unreadable, str]] = {}
        self._records: dict[datetime | None, dict[str, float]] = {}

    def add_all(self, hits: Iterable[Hit]) -> None:
        """Take in the records of a document."""
        for hit in hits:
            if not self._is_about_the_hours(hit):
                continue
            self._any = True
            if hit.value is None or hit.value.strip() in NO_VALUE:
                continue
            at = moment(hit.as_of, self._timezone) if hit.as_of is not None else None
            value = self._number(hit.value.strip())
            if at not in self._best or _counts_more(value, self._best[at][0]):
                self._best[at] = (value, hit.raw)
            if not isinstance(value, Unreadable):
                self._remember(at, hit.id or hit.raw, value)
            if len(self._best) > 2 * KEPT:
                self._best = dict(self._in_order()[:KEPT])
                self._records = {at: found for at, found in self._records.items() if at in self._best}

    def _is_about_the_hours(self, hit: Hit) -> bool:
        """Whether the record holds during the hours. What ends before it begins is no record that can be trusted."""
        begin = moment(hit.begins, self._timezone) if hit.begins is not None else None
        end = end_moment(hit.ends, self._timezone) if hit.ends is not None else None
        if begin is not None and end is not None and end < begin:
            raise Unreadable("no_time", hit.ends or "")
        return self._hours is None or self._hours.touched_by(begin, end)

    def _remember(self, at: datetime | None, name: str, value: float) -> None:
        records = self._records.setdefault(at, {})
        if name in records or len(records) < MOST_RECORDS:
            records[name] = max(value, records.get(name, value))

    def _in_order(self) -> list[tuple[datetime | None, tuple[float | Unreadable, str]]]:
        return sorted(self._best.items(), key=lambda entry: (entry[0] is None, entry[0]), reverse=True)

    def _number(self, text: str) -> float | Unreadable:
        if self._feed.scale:
            return self._feed.scale[text] if text in self._feed.scale else Unreadable("unknown_word", text)
        if NOT_FINITE.fullmatch(text):
            return Unreadable("not_finite", text)
        if not NUMBER.fullmatch(text):
            return Unreadable("not_a_number", text)
        return float(text)

    def values(self, as_of: str | None, *, may_be_empty: bool, fetched_at: datetime) -> list[FeedValue]:
        """What was found, the newest first; what has no time of its own is as old as the document. Raises Unreadable.

        The newest must be beyond doubt; older ones that are not are left out.
        """
        if not self._any:
            if self._feed.empty is None or not may_be_empty:
                raise Unreadable("nothing_found")
            self._best[None] = (self._feed.empty, "")
        if None in self._best:
            of_document = self._time_of_document(as_of, fetched_at)
            self._best[of_document] = self._best.pop(None)
            self._records[of_document] = self._records.pop(None, {})
        if not self._best:
            raise Unreadable("no_value")
        found = []
        for at, (value, raw) in self._in_order()[:KEPT]:
            try:
                found.append(self._without_doubt(value, at, raw, fetched_at))
            except Unreadable:
                if not found:
                    raise
        return found

    def _time_of_document(self, as_of: str | None, fetched_at: datetime) -> datetime:
        if self._feed.as_of is None:
            return fetched_at
        if as_of is None:
            raise Unreadable("no_time", self._feed.as_of)
        return moment(as_of, self._timezone)

    def _without_doubt(
        self, value: float | Unreadable, at: datetime | None, raw: str, fetched_at: datetime
    ) -> FeedValue:
        assert at is not None
        if at > fetched_at + CLOCKS_DIFFER:
            raise Unreadable("future", at.date().isoformat())
        if isinstance(value, Unreadable):
            raise value
        if not isfinite(value):
            raise Unreadable("not_finite")
        if self._feed.plausible and not self._feed.plausible[0] <= value <= self._feed.plausible[1]:
            raise Unreadable("implausible", f"{value:g}")
        records = tuple(Record(id=name, value=found) for name, found in self._records.get(at, {}).items())
        return FeedValue(value=value, as_of=at, raw=raw, records=records)


def _counts_more(value: float | Unreadable, other: float | Unreadable) -> bool:
    """A doubtful value makes its whole time doubtful; else the higher one counts."""
    if isinstance(other, Unreadable):
        return False
    return isinstance(value, Unreadable) or value > other
