"""The hours that a warning has to touch: those of the event. PURE.

A source says from when until when each of its warnings holds. Only those count during which people are at the event, so
a reading of such a source is one about these hours, and it says nothing any more once the event has moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts


@dataclass(frozen=True, kw_only=True)
class Hours:
    """From when until when an event lasts."""

    begin: datetime
    end: datetime

    def touched_by(self, begin: datetime | None, end: datetime | None) -> bool:
        """Whether something that lasts so long touches these hours; None is open. Merely to adjoin is not to touch."""
        return (end is None or end > self.begin) and (begin is None or begin < self.end)

    @property
    def mark(self) -> str:
        """Stands for these hours beside a reading."""
        return "/".join(f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}" for at in (self.begin, self.end))


def hours_of(event: EventFacts) -> Hours | None:
    """The hours of an event; None while it has no date."""
    end = event_rules.ends_at(event)
    return Hours(begin=event.starts_at, end=end) if event.starts_at and end else None


def mark_of(event: EventFacts) -> str:
    """Stands for the hours of an event; empty while it has no date."""
    hours = hours_of(event)
    return hours.mark if hours else ""


def reads_hours(feed: Mapping[str, Any] | None) -> bool:
    """Whether a description says from when or until when its records hold."""
    return feed is not None and bool(feed.get("begins") or feed.get("ends"))


def about(feed: Mapping[str, Any] | None, event: EventFacts) -> str:
    """What the readings of a feed are about for this event: its hours, or nothing of the kind."""
    return mark_of(event) if reads_hours(feed) else ""


def described(feed: Mapping[str, Any], event: EventFacts) -> Mapping[str, Any]:
    """A description with what it is about, so that an event that moves is read anew."""
    mark = about(feed, event)
    return {**feed, "about": mark} if mark else feed
