"""Rules that tell of warnings and propose nothing. PURE.

A civil warning comes within minutes and says nothing about one event: whether people should still come is for a person
to say.
"""

from datetime import datetime, timedelta

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts
from regservice.formats.feeds import ready
from regservice.formats.types import FormatRule, RuleKind, RuleMode, RuleRefused

# So long before an event a warning for its county begins to concern it.
ALERTS_FROM = timedelta(days=3)
# Minor, moderate, severe, extreme: how grave a civil warning can be.
MILDEST, GRAVEST = 1, 4


def only_alerts(rule: FormatRule) -> bool:
    """Whether the rule tells of warnings and proposes nothing, as every rule does that reads civil warnings."""
    return rule.mode is RuleMode.ALERT or ready.is_civil(rule.feed)


def watched_between(rule: FormatRule, event: EventFacts) -> tuple[datetime | None, datetime]:
    """From when (None: at once) until when the source of a rule is read: its decision, or the end of the event."""
    over = event_rules.ends_at(event)
    if not only_alerts(rule) or event.starts_at is None or over is None:
        return None, rule.decision_at
    return event.starts_at - ALERTS_FROM, over


def refusal(rule: FormatRule) -> RuleRefused | None:
    """Why a rule cannot be kept with what it says about warnings, or None: they are told and never propose."""
    alerts, civil = rule.mode is RuleMode.ALERT, ready.is_civil(rule.feed)
    if civil and not alerts:
        return RuleRefused(field="mode", code="alert_only")
    if alerts and rule.feed is not None and not civil:
        return RuleRefused(field="mode", code="no_warnings")
    if alerts and rule.kind is not RuleKind.LEVEL:
        return RuleRefused(field="kind", code="not_severity")
    if alerts and rule.over is not None and not MILDEST <= rule.over <= GRAVEST:
        return RuleRefused(field="over", code="beyond_severity")
    return None
