"""Telling the organisers when a feed gives nothing fresh: once a day, by day, in the weeks before the decision."""

from datetime import datetime, timedelta

from regservice.db import transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.daytime import next_daytime
from regservice.formats import alerting
from regservice.formats import store as formats_store
from regservice.formats.feeds import store
from regservice.formats.feeds.polling import watched
from regservice.formats.feeds.standing import Standing, standing
from regservice.formats.feeds.types import FeedState, Fetcher
from regservice.outbox import service as outbox
from regservice.registrations.organisers import message_to, organisers_of

KIND = "organiser_feed"
# Watching begins so long before a decision; earlier a gap harms nobody.
WATCHED_FROM = timedelta(days=21)
TROUBLE = {FeedState.STALE, FeedState.FAILED}


def tell_of_trouble(fetcher: Fetcher | None, now: datetime) -> int:
    """Mail the organisers of each event whose feed is stale or failed and who have not heard of it today."""
    if fetcher is None:
        return 0
    told = 0
    for one in watched(now):
        if one.until - now <= WATCHED_FROM and _is_to_be_told(one.event_id, now):
            with transaction():
                told += _tell(one.event_id, now)
    return told


def trouble_of(event_id: int, now: datetime) -> Standing | None:
    """How the feed of an event stands while it gives nothing fresh and its rule still waits for it."""
    rule = formats_store.find_rule(event_id)
    if rule is None or rule.feed is None or now >= alerting.watched_between(rule, events.get(event_id))[1]:
        return None
    stands = standing(event_id, rule, now)
    return stands if stands.state in TROUBLE else None


def _is_to_be_told(event_id: int, now: datetime) -> bool:
    row, event = store.state(event_id), events.get(event_id)
    today = event_rules.local(now, event.timezone).date()
    by_day = next_daytime(now, event.timezone) <= now
    return row is not None and row.told_on != today and by_day and trouble_of(event_id, now) is not None


def _tell(event_id: int, now: datetime) -> int:
    event = events.lock(event_id)
    row = store.state(event_id)
    today = event_rules.local(now, event.timezone).date()
    # Another worker may have been first while we waited for the lock.
    if row is None or row.told_on == today:
        return 0
    row.told_on = today
    messages = (message_to(organiser, KIND, f"{event.id}-{today}", event, now) for organiser in organisers_of(event))
    return outbox.enqueue(*messages, now=now)
