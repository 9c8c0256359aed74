"""The page of an event's format: what holds, its rule and readings, the open proposal, and the switch by hand."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.accounts import service as accounts
from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import alerting, breaks, rules, switch_rules, venue, volunteers
from regservice.formats import service as formats
from regservice.formats.feeds import service as feeds
from regservice.formats.types import (
    NoProposal,
    ReadingRefused,
    RuleRefused,
    Stayed,
    Switched,
    SwitchPreview,
    SwitchRefused,
    Trigger,
)
from regservice.notices import samples
from regservice.registrations import keeping
from regservice.web.access import organiser_required
from regservice.web.decision import DecisionForm, decision_of, name_of
from regservice.web.languages import OWN_NAMES
from regservice.web.organiser import feed_words, labels
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.format_forms import (
    READING_REFUSED,
    RULE_REFUSED,
    SwitchForm,
    reading_form,
    rule_form,
    switch_form,
)
from regservice.web.organiser.rule_preview import preview_page

blueprint = Blueprint("organiser_formats", __name__, url_prefix="/organise/events/<slug>/format")
SHOWN_READINGS = 50


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for the service's codes."""
    return {"labels": labels, "name_of": name_of, "feed_words": feed_words, "rule_refused": RULE_REFUSED}


@blueprint.get("")
@organiser_required
def format_page(slug: str) -> ResponseReturnValue:
    """What holds, what waits for an answer, the rule with its readings, and what was."""
    return _page(event_of(slug))


def _page(event: EventFacts, status: int = 200, **sent: Any) -> ResponseReturnValue:
    """The page; `sent` holds the form that has to be corrected, or why something was refused."""
    rule, proposal = formats.find_rule(event.id), formats.find_open_proposal(event.id)
    preview = None
    if proposal is not None:
        preview = formats.preview(event.id, proposal.to, reason="", join_url=None, now=moment())
    facts: dict[str, Any] = {
        "event": event,
        "rule": rule,
        "only_alerts": rule is not None and alerting.only_alerts(rule),
        "venue": venue.confirmed(event),
        "rule_jumps": rule is not None and rules.jumps(rule),
        "decides_nothing": formats.decides_nothing(event, moment()),
        "rule_warning": rules.rule_refusal(rule, event) if rule and moment() < rule.decision_at else None,
        "stands": feeds.standing(event.id, rule, moment()) if rule else None,
        "watch": formats.watch_state(event.id, moment()),
        "readings": list(reversed(formats.readings(event.id)))[:SHOWN_READINGS],
        "is_ahead": rule is not None and moment() < rule.decision_at,
        "is_read": rule is not None
        and (event.lifecycle is EventStatus.DRAFT or rules.may_be_read(event, rule.to, moment()) is None),
        "proposal": proposal,
        "preview": preview,
        "breaks": breaks.suggested_after(event, proposal.to) if proposal else [],
        "ended": [ended for ended in formats.proposals_of(event.id) if ended != proposal],
        "history": formats.history(event.id),
        "asked": volunteers.answers(event) if event.format is Format.DIGITAL else None,
        "unconfirmed": keeping.unconfirmed(event.id),
        "way_back": formats.way_back(event, moment()),
        "organisers": accounts.organisers(),
        "off": switch_rules.is_off(event, moment()) if event.lifecycle != "draft" else None,
        "switch_form": switch_form(event, moment()),
        "rule_form": rule_form(event, rule),
        "reading_form": reading_form(event, moment()),
        "decision_form": DecisionForm(prefix="decision-"),
    }
    return render_template("organiser/format.html", **(facts | sent)), status


def _back(slug: str, news: str) -> ResponseReturnValue:
    flash(news)
    return redirect(url_for("organiser_formats.format_page", slug=slug), 303)


@blueprint.post("/check")
@organiser_required
def check_switch(slug: str) -> ResponseReturnValue:
    """The first step of a switch by hand: its numbers. Nothing happens yet."""
    event = event_of(slug)
    form = switch_form(event, moment(), request.form)
    if not form.validate():
        return _page(event, 400, switch_form=form, form=form)
    return _check_page(event, form)


def _check_page(event: EventFacts, form: SwitchForm, status: int = 200) -> ResponseReturnValue:
    """What would happen; an emergency asks a second question, which `status` 400 says was not answered."""
    seen, letters = samples.preview(
        event.id,
        form.target,
        reason=form.reason.data,
        join_url=form.join_url.data or None,
        now=moment(),
        trigger=_trigger(event),
    )
    return render_template(
        "organiser/format_switch.html",
        event=event,
        form=form,
        preview=seen,
        samples=letters,
        **_places(event, form, seen),
        language_names=OWN_NAMES,
        emergency=_is_emergency(event),
        running=event_rules.is_running(event, moment()),
        soon=rules.is_emergency(event, None, moment()),
        unanswered=status == 400,
        breaks=breaks.suggested_after(event, form.target),
    ), status


def _places(event: EventFacts, form: SwitchForm, seen: SwitchPreview) -> dict[str, Any]:
    """What can be done when an event would go back on site with too few places: nothing is chosen silently."""
    if form.to.data != Format.ONSITE or event.format is not Format.DIGITAL or seen.blocked != ("too_many_for_room",):
        return {}
    both = formats.preview(event.id, Format.HYBRID, reason=form.reason.data, join_url=None, now=moment())
    return {"places": True, "both": both, "answers": volunteers.answers(event)}


def _is_emergency(event: EventFacts) -> bool:
    return rules.is_emergency(event, formats.find_rule(event.id), moment())


def _trigger(event: EventFacts) -> Trigger:
    return Trigger.EMERGENCY if _is_emergency(event) else Trigger.HAND


@blueprint.post("/switch")
@organiser_required
def switch_now(slug: str) -> ResponseReturnValue:
    """The second step: do it, once, if the event is still as it was shown."""
    event = event_of(slug)
    form = switch_form(event, moment(), request.form)
    seen = request.form.get("version", type=int)
    if not form.validate() or seen is None:
        return _page(event, 400, switch_form=form, form=form)
    if form.to.data != event.format and _is_emergency(event) and "sure" not in request.form:
        return _check_page(event, form, 400)
    answer = formats.switch(
        event.id,
        form.target,
        reason=form.reason.data,
        join_url=form.join_url.data or None,
        by=actor(),
        now=moment(),
        expected_version=seen,
        trigger=_trigger(event),
    )
    match answer:
        case SwitchRefused(code=code, number=number):
            return _page(event_of(slug), 409, refused=code, number=number)
        case Switched(version=version) if _is_emergency(event):
            flash(gettext("The format is changed. Please call now whom no mail reaches."))
            return redirect(url_for("organiser_switches.switch_page", slug=slug, format_version=version), 303)
        case Switched():
            return _back(slug, gettext("The format is changed. Everyone concerned gets a mail."))
        case _:
            return _back(slug, gettext("The event was like this already; nobody was told."))


@blueprint.post("/rule")
@organiser_required
def save_rule(slug: str) -> ResponseReturnValue:
    """Keep the rule, or say at its field what is wrong with it."""
    event = event_of(slug)
    current = formats.find_rule(event.id)
    form = rule_form(event, current, request.form)
    rule = form.rule_for(event, current.feed if current else None)
    if rule is None:
        return _page(event, 400, rule_form=form, form=form)
    answer = formats.save_rule(event.id, rule, by=actor(), now=moment(), expected_version=_version(form.version.data))
    if answer == formats.JUST_CHANGED:
        event = event_of(slug)
        form.version.data = str(event.version)
        return _page(event, 409, rule_form=form, refused=answer.code)
    if isinstance(answer, RuleRefused):
        form.refuse(answer)
        return _page(event, 400, rule_form=form, form=form)
    return _back(slug, gettext("The rule is saved."))


def _version(sent: str | None) -> int:
    """The version of the event that was seen; 0 is none, so that a form without it is asked again."""
    return int(sent) if sent and sent.isdecimal() else 0


@blueprint.post("/rule/preview")
@organiser_required
def preview_rule(slug: str) -> ResponseReturnValue:
    """What the rule would have done over past readings; nothing is saved."""
    event = event_of(slug)
    current = formats.find_rule(event.id)
    form = rule_form(event, current, request.form)
    rule = form.rule_for(event, current.feed if current else None)
    if rule is None:
        return _page(event, 400, rule_form=form, form=form)
    if refused := rules.rule_refusal(rule, event):
        form.refuse(refused)
        return _page(event, 400, rule_form=form, form=form)
    return preview_page(event, rule, form)


@blueprint.post("/rule/remove")
@organiser_required
def remove_rule(slug: str) -> ResponseReturnValue:
    """Take the rule away."""
    seen = _version(request.form.get("version"))
    refused = formats.remove_rule(event_of(slug).id, by=actor(), now=moment(), expected_version=seen)
    if refused:
        return _page(event_of(slug), 409, refused=refused.code)
    return _back(slug, gettext("The rule is removed. The format changes by hand only."))


@blueprint.post("/readings")
@organiser_required
def add_reading(slug: str) -> ResponseReturnValue:
    """Enter a reading."""
    event = event_of(slug)
    form = reading_form(event, moment(), request.form)
    valid, value, as_of = form.validate(), form.value.data, form.as_of(event)
    if not valid or value is None or as_of is None:
        if not form.errors:
            form.as_of_on.errors = [gettext("Please enter a day such as 18.11.2026.")]
        return _page(event, 400, reading_form=form, form=form)
    answer = formats.add_reading(event.id, value, as_of, by=actor(), now=moment())
    if isinstance(answer, ReadingRefused):
        field = form.as_of_on if answer.code == "future" else form.value
        field.errors = [READING_REFUSED[answer.code]]
        return _page(event, 400, reading_form=form, form=form)
    return _back(slug, gettext("The reading is kept."))


@blueprint.post("/venue")
@organiser_required
def confirm_venue(slug: str) -> ResponseReturnValue:
    """Note that the place on site is sure, or not after all."""
    event = event_of(slug)
    said = request.form.get("sure")
    if said not in ("yes", "no"):
        abort(400)
    if said == "yes":
        venue.confirm(event.id, by=actor(), now=moment())
        return _back(slug, gettext("It is noted that the room is confirmed."))
    venue.take_back(event.id, by=actor(), now=moment())
    return _back(slug, gettext("It is noted that the room is not confirmed."))


@blueprint.post("/decision")
@organiser_required
def answer_proposal(slug: str) -> ResponseReturnValue:
    """Answer the open proposal; the first answer wins."""
    event = event_of(slug)
    form, decision = DecisionForm(request.form, prefix="decision-"), decision_of(request.form.get("decision"))
    seen = request.form.get("proposal", type=int)
    if not form.validate():
        return _page(event, 400, decision_form=form, form=form)
    if seen is None:
        abort(400)
    answer = formats.decide(
        event.id, decision, reason=form.reason.data or "", by=actor(), now=moment(), proposal_id=seen
    )
    match answer:
        case SwitchRefused(code=code, number=number):
            return _page(event_of(slug), 409, refused=code, number=number)
        case NoProposal(last=last):
            return _page(event_of(slug), 409, late=last)
        case Switched():
            return _back(slug, gettext("The format is changed. Everyone concerned gets a mail."))
        case Stayed():
            return _back(slug, gettext("It stays as it is. Everyone concerned gets a mail."))
        case _:
            return _back(slug, gettext("The proposal stays open, and nothing happens by itself."))
