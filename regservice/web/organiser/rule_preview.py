"""What a rule would have done, shown before it is saved: a picture with its table, from the readings there are."""

from flask import render_template
from flask.typing import ResponseReturnValue

from regservice.events.types import EventFacts
from regservice.formats import alerting
from regservice.formats import service as formats
from regservice.formats.replay import turns
from regservice.formats.types import WITH_LEVEL, FormatRule, Outcome
from regservice.web.organiser import plot
from regservice.web.organiser.area import moment
from regservice.web.organiser.format_forms import RuleForm


def preview_page(event: EventFacts, rule: FormatRule, form: RuleForm) -> ResponseReturnValue:
    """The page; its form holds what was typed, so that the rule can be saved from here."""
    days = formats.replay_rule(event.id, rule, moment())
    would = formats.would_say(event.id, rule, moment()) if not formats.looks_at_indicator(rule) else None
    return render_template(
        "organiser/rule_preview.html",
        event=event,
        rule=rule,
        form=form,
        only_alerts=alerting.only_alerts(rule),
        days=days,
        digital=sum(day.decides and day.outcome is Outcome.SWITCH for day in days),
        turns=turns(days),
        plot=plot.plot_of(days, rule.over if rule.kind in WITH_LEVEL else None),
        met=would is not None and would.met,
        counted=would.people if would else None,
    )
