"""Readings that are taken here: how many come, how many find no place on site, and whether the place is sure.

Confirmed people count, and those on the waiting list; who has not confirmed the mail yet never does.
"""

from datetime import datetime

from regservice.db import session
from regservice.events.types import EventFacts
from regservice.formats import venue
from regservice.formats.models import ReadingRow
from regservice.formats.types import COUNTED, VENUE, FormatRule, Reading, RuleKind
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
    value, source = _value(event, rule), VENUE if rule.kind is RuleKind.VENUE_UNCONFIRMED else COUNTED
    return ReadingRow(
        event_id=event.id, value=value, as_of=now, fetched_at=now, source=source, entered_by="service", **more
    )


def _value(event: EventFacts, rule: FormatRule) -> int:
    if rule.kind is RuleKind.VENUE_UNCONFIRMED:
        return 1 if venue.confirmed(event) else 0
    people = registrations.of_event(event.id)
    if rule.kind is RuleKind.TOO_FEW:
        return sum(people.confirmed.values())
    wanted = people.confirmed[Attendance.ONSITE] + people.waiting[Attendance.ONSITE]
    return max(wanted - event.capacity, 0) if event.capacity is not None else 0
