"""Formats by the API: the switch, its rule, readings and decisions."""

from typing import Any

from flask import Response, jsonify
from flask_babel import gettext as _

from regservice.events.document import Invalid
from regservice.events.types import EventFacts, Format
from regservice.exchange import saving
from regservice.formats import service as formats
from regservice.formats import switch_rules, volunteers
from regservice.formats.shapes import FormatRuleShape, rule_document, rule_from
from regservice.formats.types import (
    NoProposal,
    PutOff,
    Reading,
    ReadingRefused,
    RuleRefused,
    Stayed,
    Switched,
    SwitchRefused,
    Trigger,
    Unchanged,
)
from regservice.registrations import call_list
from regservice.web.api.answers import (
    call_list_answer,
    counts_answer,
    preview_answer,
    proposal_answer,
    reading_answer,
    switch_answer,
)
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event
from regservice.web.api.problems import Problem
from regservice.web.api.shapes import (
    DecisionShape,
    FormatAnswer,
    ReadingAnswer,
    ReadingShape,
    RuleToSave,
    SwitchAnswer,
    SwitchShape,
)
from regservice.web.api.tokens import caller, token_required
from regservice.wiring import current_wiring

NO_OFFSET = "This time needs an offset, such as +01:00."
READING_REFUSALS = {
    "not_a_number": ("value", "This is no usable number."),
    "negative": ("value", "This is no usable number."),
    "future": ("as_of", "This time is in the future."),
}
# Refusals that a caller can put right in the request itself; the others are about the state of the event.
SWITCH_MEMBERS = {
    "no_join_url": ("join_url", "A digital format needs the address of its room."),
    "bad_join_url": ("join_url", "This is no web address such as https://www.example.org."),
    "unknown_format": ("format", "This cannot be set."),
    "unknown_session": ("sessions", "The event has no such session."),
    "not_back_on_site": ("format", "The event has begun: it can become digital or hybrid, not on site."),
    "reason_missing": ("reason", "An emergency and the way back on site need a reason; everyone concerned reads it."),
    "confirm_by_too_soon": ("confirm_by", "People need at least 48 hours to confirm. Choose a later time."),
    "confirm_by_too_late": ("confirm_by", "The time to confirm has to be before the start. Choose an earlier one."),
}


@blueprint.post("/events/<slug>/format")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(SwitchShape)
@blueprint.response(200, SwitchAnswer)
def switch_format(members: dict[str, Any], slug: str) -> Response:
    """Switch at once and tell everyone concerned; a dry run counts what would follow and changes nothing."""
    event, now = get_event(slug), current_wiring().now()
    to, room, reason = members["format"], members["join_url"] or None, members["reason"] or ""
    if members["sessions"] is not None:
        to = switch_rules.named_targets(event, to, members["sessions"])
    trigger = Trigger.EMERGENCY if members["emergency"] else Trigger.HAND
    to_call = {"call_list": call_list_answer(call_list.lines(event.id))} if members["emergency"] else {}
    if members["dry_run"]:
        preview = formats.preview(event.id, to, reason=reason, join_url=room, now=now, trigger=trigger)
        return jsonify(preview_answer(preview) | to_call)
    answer = formats.switch(
        event.id,
        to,
        reason=reason,
        join_url=room,
        by=caller().actor,
        now=now,
        expected_version=members["version"],
        trigger=trigger,
    )
    return switched(answer, **to_call)


def switched(answer: Switched | Unchanged | SwitchRefused, **more: Any) -> Response:
    """What became of a switch; refused is what stands in its way, at the member that can be put right."""
    match answer:
        case Switched(version=version, effects=effects):
            return jsonify(changed=True, version=version, effects=effects, **more)
        case Unchanged(version=version):
            return jsonify(changed=False, version=version)
        case SwitchRefused(code=code, number=number):
            raise refused(code, number)


def refused(code: str, without_seat: int = 0) -> Exception:
    """Why a switch is not made: a member that can be put right, or the state of the event."""
    if code in SWITCH_MEMBERS:
        member, text = SWITCH_MEMBERS[code]
        return Invalid({member: [text]})
    title, kind = _("The format cannot be switched now."), "switch-refused"
    return Problem(409, title, kind=kind, reason=code, without_seat=without_seat)


@blueprint.get("/events/<slug>/format")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.response(200, FormatAnswer)
def show_format(slug: str) -> Response:
    """The format, the rule's light, the open proposal and every switch with who, when, why and the reading used."""
    event = get_event(slug)
    rule = formats.find_rule(event.id)
    return jsonify(
        format=event.format.value,
        version=event.format_version,
        event_version=event.version,
        watch=formats.watch_state(event.id, current_wiring().now()).value,
        proposal=proposal_answer(formats.find_open_proposal(event.id), event.timezone),
        stay_digital=counts_answer(volunteers.answers(event)) if event.format is Format.DIGITAL else None,
        history=[switch_answer(switch, event.timezone) for switch in formats.history(event.id)],
        rule=rule_document(rule, event.timezone) if rule else None,
    )


@blueprint.put("/events/<slug>/format-rule")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(RuleToSave)
@blueprint.response(200, FormatRuleShape)
def save_format_rule(members: dict[str, Any], slug: str) -> Response:
    """Keep the rule; an automatic one counts as authorised in the name of the token's organiser."""
    event, seen = get_event(slug), members.pop("event_version")
    if members["decision_at"].tzinfo is None:
        raise Invalid({"decision_at": [NO_OFFSET]})
    rule, now = rule_from(members, event.timezone), current_wiring().now()
    match formats.save_rule(event.id, rule, by=_in_the_name_of(), now=now, expected_version=seen):
        case formats.JUST_CHANGED:
            title = _("Somebody else changed this event meanwhile. Look at what holds now.")
            raise Problem(409, title, kind="just-changed")
        case RuleRefused() as why:
            raise saving.unusable_rule(why)
        case saved:
            return jsonify(rule_document(saved, event.timezone))


def _in_the_name_of() -> str:
    organiser_id = caller().organiser_id
    return f"organiser:{organiser_id}" if organiser_id is not None else caller().actor


@blueprint.post("/events/<slug>/readings")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(ReadingShape)
@blueprint.response(201, ReadingAnswer)
def add_reading(members: dict[str, Any], slug: str) -> Response:
    """Keep a reading entered by hand."""
    event = get_event(slug)
    if members["as_of"].tzinfo is None:
        raise Invalid({"as_of": [NO_OFFSET]})
    now = current_wiring().now()
    match formats.add_reading(event.id, members["value"], members["as_of"], by=caller().actor, now=now):
        case ReadingRefused(code=code):
            member, text = READING_REFUSALS[code]
            raise Invalid({member: [text]})
        case Reading() as reading:
            response = jsonify(reading_answer(reading, event.timezone))
            response.status_code = 201
            return response


@blueprint.post("/events/<slug>/format/decision")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(DecisionShape)
@blueprint.response(200, SwitchAnswer)
def decide(members: dict[str, Any], slug: str) -> Response:
    """Answer the open proposal."""
    event = get_event(slug)
    reason = members["reason"] or ""
    now = current_wiring().now()
    match formats.decide(event.id, members["decision"], reason=reason, by=caller().actor, now=now):
        case NoProposal():
            raise Problem(409, _("There is no open proposal."), kind="no-proposal")
        case Stayed(effects=effects):
            return jsonify(changed=False, version=_version(event), effects=effects)
        case PutOff():
            return jsonify(changed=False, version=_version(event))
        case answer:
            return switched(answer)


def _version(event: EventFacts) -> int:
    return event.format_version
