"""Back on site once an event went digital: only while people can still plan for it, with a reason, and once.

People who heard "digital" gave back their tickets and rooms. A second change of mind, or one that comes later than they
were promised to know, would be at their expense; so it is refused, and the pages say what can still be done.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from regservice.events import rules as event_rules
from regservice.events.daytime import next_daytime
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats.alerting import only_alerts
from regservice.formats.return_types import WayBack
from regservice.formats.rules import last_day_of_notice
from regservice.formats.switch_rules import changed_by
from regservice.formats.types import FormatRule, SwitchFacts

# Where nothing was promised: calendars take up to a day to follow, and so do calls. Nobody travels on the same day.
USUAL_NOTICE_DAYS = 1
# Who must confirm a place has two days for it, and hears of it again a day before.
LEAST_TIME_TO_CONFIRM = timedelta(hours=48)
REMIND_BEFORE = timedelta(hours=24)


def goes_back(event: EventFacts, targets: Mapping[int, Format], switches: Sequence[SwitchFacts]) -> bool:
    """Whether a session that a switch made digital would take place on site again, alone or in both forms."""
    switched = {identity for switch in switches for identity in switch.session_ids}
    digital = {part.id for part in event.sessions if part.format is Format.DIGITAL}
    return any(
        identity in digital & switched and to is not Format.DIGITAL
        for identity, to in changed_by(event, targets).items()
    )


def refusal(
    event: EventFacts,
    targets: Mapping[int, Format],
    switches: Sequence[SwitchFacts],
    rule: FormatRule | None,
    reason: str,
    now: datetime,
) -> str | None:
    """Why this switch must not lead back on site, or None; a switch that does not lead back is none of its business."""
    if event.lifecycle is EventStatus.DRAFT or not goes_back(event, targets, switches):
        return None
    if any(switch.goes_back for switch in switches):
        return "back_before"
    if is_too_late(event, rule, now):
        return "back_too_late"
    return None if reason.strip() else "reason_missing"


def is_too_late(event: EventFacts, rule: FormatRule | None, now: datetime) -> bool:
    """Whether the last local calendar day is over on which people were promised to know."""
    last = last_day(event, rule)
    return last is not None and event_rules.local(now, event.timezone).date() > last


def last_day(event: EventFacts, rule: FormatRule | None) -> date | None:
    """The last local day for going back; None while there is no date."""
    days = rule.notice_days if rule and not only_alerts(rule) else USUAL_NOTICE_DAYS
    return last_day_of_notice(event, event.starts_at, days) if event.starts_at else None


def confirm_by_refusal(event: EventFacts, confirm_by: datetime, now: datetime) -> str | None:
    """Why people cannot be asked to confirm their place on site by then, or None."""
    if confirm_by < now + LEAST_TIME_TO_CONFIRM:
        return "confirm_by_too_soon"
    return "confirm_by_too_late" if event.starts_at is None or confirm_by >= event.starts_at else None


def reminds_at(event: EventFacts, confirm_by: datetime) -> datetime | None:
    """When who has not confirmed is asked once more: a day before, by day; None if that is too late to help."""
    at = next_daytime(confirm_by - REMIND_BEFORE, event.timezone)
    return at if at < confirm_by else None


def outlook(
    event: EventFacts, switches: Sequence[SwitchFacts], rule: FormatRule | None, now: datetime
) -> WayBack | None:
    """What the page says about going back before anybody tries; None where no switch led away from the place."""
    whole = event_rules.whole(event, Format.ONSITE)
    if event.lifecycle is not EventStatus.PUBLISHED or not goes_back(event, whole, switches):
        return None
    return WayBack(refused=refusal(event, whole, switches, rule, "to be said", now) or "", until=last_day(event, rule))
