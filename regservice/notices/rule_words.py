"""A rule in one sentence, for the pages and mails of those who organise: what it looks at, and from which value on."""

from collections.abc import Mapping
from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from regservice.formats.feeds.counties import asked_counties
from regservice.formats.feeds.types import description_of
from regservice.formats.types import MEASURING, FormatRule, RuleKind


def rule_words(rule: FormatRule) -> str:
    """What the rule says, in the language being spoken."""
    match rule.kind:
        case RuleKind.TOO_FEW:
            return str(
                ngettext(
                    "Fewer than %(num)s person has a confirmed place: then digital.",
                    "Fewer than %(num)s people have a confirmed place: then digital.",
                    rule.people,
                )
            )
        case RuleKind.TOO_MANY:
            return str(
                ngettext(
                    "More than %(num)s person finds no place on site: then on site and digital.",
                    "More than %(num)s people find no place on site: then on site and digital.",
                    rule.people,
                )
            )
        case RuleKind.VENUE_UNCONFIRMED:
            return str(_("The room on site is not confirmed by then: then digital."))
        case RuleKind.DATE:
            return str(_("The event goes digital by its date, whatever comes."))
        case _:
            return _value_words(rule)


def rule_source(rule: FormatRule) -> str:
    """Where the rule has its value from; empty where it is entered by hand or none is needed."""
    return source_words(rule.feed) if rule.feed and rule.kind in MEASURING else ""


def source_words(feed: Mapping[str, Any]) -> str:
    """A source: the county by its name, where it is about one, and its own short name."""
    return ", ".join((*asked_counties(description_of(feed)), str(feed["key"])))


def _value_words(rule: FormatRule) -> str:
    over, rise = (format_decimal(number) if number is not None else "" for number in (rule.over, rule.rise_pct))
    match rule.kind:
        case RuleKind.LEVEL:
            text = _("The value is %(over)s or higher.", over=over)
        case RuleKind.TREND:
            text = _("Within %(days)s days the value rises by %(rise)s %% or more.", days=rule.compare_days, rise=rise)
        case _:
            text = _(
                "The value is %(over)s or higher, and within %(days)s days it rises by %(rise)s %% or more.",
                over=over,
                days=rule.compare_days,
                rise=rise,
            )
    return str(text)
