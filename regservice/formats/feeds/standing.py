"""How the feed of an event stands at a moment: its newest reading, what that is worth, and what went wrong."""

from dataclasses import dataclass
from datetime import datetime

from regservice.events import service as events
from regservice.formats.feeds import hours, store
from regservice.formats.feeds.schedule import fingerprint
from regservice.formats.feeds.state import state_of
from regservice.formats.feeds.types import HAND, FeedState, FeedTrouble
from regservice.formats.types import FormatRule, Reading


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`state` is None while nothing was read or tried yet."""

    state: FeedState | None
    reading: Reading | None
    read_at: datetime | None
    failed_at: datetime | None
    trouble: FeedTrouble | None


def standing(event_id: int, rule: FormatRule, now: datetime) -> Standing:
    """How the feed of a rule stands; without a feed, how its readings by hand stand."""
    event = events.get(event_id)
    sources = {HAND, rule.feed["key"]} if rule.feed else {HAND}
    reading = store.newest_reading(event_id, sources, hours.about(rule.feed, event), now)
    row = store.state(event_id) if rule.feed else None
    if row is None or not rule.feed or row.described != fingerprint(hours.described(rule.feed, event)):
        state = state_of(rule, reading, "", now)
        return Standing(state=state, reading=reading, read_at=None, failed_at=None, trouble=None)
    return Standing(
        state=state_of(rule, reading, row.code, now),
        reading=reading,
        read_at=row.read_at,
        failed_at=row.failed_at,
        trouble=FeedTrouble(code=row.code, detail=row.detail) if row.code else None,
    )


def failure_of(event_id: int, rule: FormatRule, now: datetime) -> str:
    """How the last try to read the rule's feed failed; empty where it did not."""
    trouble = standing(event_id, rule, now).trouble
    return trouble.code if trouble else ""
