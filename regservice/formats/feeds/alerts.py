"""Telling the organisers of a warning: one mail for each warning, at once, in the days before the event.

Nothing follows from a warning by itself. Whether people should still come is for a person to say, by hand.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventStatus, Format
from regservice.formats import alerting
from regservice.formats import store as formats_store
from regservice.formats.feeds.types import Record
from regservice.formats.types import FormatRule
from regservice.outbox import service as outbox
from regservice.registrations.organisers import message_to, organisers_of

KIND = "organiser_warning"


def tell(event_id: int, rule: FormatRule, records: Sequence[Record], now: datetime) -> int:
    """Mail each warning that the rule is about to who organises, once. Part of the caller's transaction."""
    grave = [record for record in records if record.value >= (rule.over or 0)]
    if not grave or not is_of_use(event_id, now):
        return 0
    event = events.get(event_id)
    messages = (
        message_to(organiser, KIND, f"{event.id}-{_mark(record)}", event, now, payload={"severity": record.value})
        for record in grave
        for organiser in organisers_of(event)
    )
    return outbox.enqueue(*messages, now=now)


def _mark(record: Record) -> str:
    """Stands for one warning; its text is not ours to keep."""
    return hashlib.sha256(record.id.encode()).hexdigest()[:24]


def is_of_use(event_id: int, now: datetime) -> bool:
    """Whether a warning still concerns anybody: people come, it is not over, and its rule still asks for warnings."""
    event, rule = events.get(event_id), formats_store.find_rule(event_id)
    on = event_rules.status(event, now) is EventStatus.PUBLISHED and event.format is not Format.DIGITAL
    return on and rule is not None and alerting.only_alerts(rule)
