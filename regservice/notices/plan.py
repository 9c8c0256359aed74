"""Which reminders a person with a place gets, and when: wall-clock times in the zone of the event."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regservice.events import rules as event_rules
from regservice.events.daytime import DAY_BEGINS, at
from regservice.events.types import EventFacts
from regservice.notices.kinds import KINDS
from regservice.notices.quiet import next_allowed
from regservice.notices.wanted import takes_part_digitally
from regservice.registrations.types import RegistrationFacts

WEEK_BEFORE_AT = time(10)
DAY_BEFORE_AT = time(16)
THANKS_AT = time(10)
# Who confirmed this shortly before the start has just read everything that the last reminder says.
CONFIRMED_SAYS_IT = timedelta(hours=24)
SHORTLY_BEFORE = timedelta(hours=2)
SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One reminder to come."""

    kind: str
    due_at: datetime


def planned(event: EventFacts, registration: RegistrationFacts) -> list[Planned]:
    """The reminders of a person for the event's present schedule, the first one first.

    One whose time was over before the person was confirmed, or before the schedule became what it is, is not made.
    A switch of format plans again, so that the ledger shows only what concerns the person as things stand; the mail
    about it says all that a last reminder, due before it, would.
    """
    if event.starts_at is None or registration.confirmed_at is None:
        return []
    since = registration.confirmed_at
    if event.schedule_version > 1:
        since = max(since, event.calendar_changed_at)
    return [
        Planned(kind=kind, due_at=due_at)
        for kind, due_at in _due_times(event, event.starts_at, registration.confirmed_at)
        if due_at >= since and (kind != "remind_2h" or _needs_last_reminder(event, registration, due_at))
    ]


def _needs_last_reminder(event: EventFacts, registration: RegistrationFacts, due_at: datetime) -> bool:
    switched_after = event.format_version > 1 and event.calendar_changed_at > due_at
    return takes_part_digitally(event, registration) and not switched_after


def _due_times(event: EventFacts, starts_at: datetime, confirmed_at: datetime) -> list[tuple[str, datetime]]:
    zone = ZoneInfo(event.timezone)
    first_day = starts_at.astimezone(zone).date()
    times = []
    week_before = at(first_day - timedelta(days=7), WEEK_BEFORE_AT, event.timezone)
    times.append(("remind_7d", next_allowed(KINDS["remind_7d"], week_before, event)))
    if starts_at - confirmed_at >= CONFIRMED_SAYS_IT:
        times.append(("remind_1d", at(first_day - timedelta(days=1), DAY_BEFORE_AT, event.timezone)))
    shortly_before = _not_before_eight(starts_at - SHORTLY_BEFORE, event.timezone)
    if shortly_before < starts_at:
        times.append(("remind_2h", shortly_before))
    over = event_rules.ends_at(event)
    assert over is not None
    thanks_on = _next_working_day(over.astimezone(zone).date())
    times.append(("thanks", at(thanks_on, THANKS_AT, event.timezone)))
    return times


def _not_before_eight(instant: datetime, timezone: str) -> datetime:
    local = instant.astimezone(ZoneInfo(timezone))
    return max(instant, at(local.date(), DAY_BEGINS, timezone))


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
