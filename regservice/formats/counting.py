"""Readings that are counted among the registrations: how many come, and how many find no place on site.

Confirmed people count, and those on the waiting list; who has not confirmed the mail yet never does.
"""

from datetime import datetime

from regservice.db import session
from regservice.events.types import EventFacts
from regservice.formats.models import ReadingRow
from regservice.formats.types import COUNTED, FormatRule, Reading, RuleKind
from regservice.registrations import counts as registrations
from regservice.registrations.types import Attendance


def count(event: EventFacts, rule: FormatRule, now: datetime) -> Reading:
    """What the rule would read at this moment."""
    return _row(event, rule, now, id=0).facts()


def keep(event: EventFacts, rule: FormatRule, now: datetime) -> Reading:
    """The same, kept for good. Part of the caller's transaction, which locked the event."""
    row = _row(event, rule, now)
    session().add(row)
    session().flush()
    return row.facts()


def _row(event: EventFacts, rule: FormatRule, now: datetime, **more: int) -> ReadingRow:
    value = _value(event, rule)
    return ReadingRow(
        event_id=event.id, value=value, as_of=now, fetched_at=now, source=COUNTED, entered_by="service", **more
    )


def _value(event: EventFacts, rule: FormatRule) -> int:
    people = registrations.of_event(event.id)
    if rule.kind is RuleKind.TOO_FEW:
        return sum(people.confirmed.values())
    wanted = people.confirmed[Attendance.ONSITE] + people.waiting[Attendance.ONSITE]
    return max(wanted - event.capacity, 0) if event.capacity is not None else 0
