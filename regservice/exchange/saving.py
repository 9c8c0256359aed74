"""Making and changing an event from the members of a document, as files and the JSON API give them.

Everything that a change means for people goes the same way as the organiser's own edit: `changes.service` tells them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.changes.types import ChangeRefused, EditRefused, SessionsRefused
from regservice.config import current_settings
from regservice.db import transaction
from regservice.events import opening, sessions
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.document import Invalid, sessions_from, values_from
from regservice.events.rooms import LINK
from regservice.events.service import Incomplete, SlugTaken
from regservice.events.types import EventFacts, EventStatus, EventValues, Format, Problem
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleRefused

NO_REASON = "—"
NOT_SET_UP = "This system is not set up on this server. Ask who runs it, or write link with a join_url."
PROBLEMS = {
    "missing": "This is needed before the event can be published.",
    "past": "The event would begin in the past.",
    "before_start": "This is before the start.",
    "after_start": "This is after the start.",
    "after_deadline": "This is after the end of registration.",
    "answered": "People have answered, and their answers do not fit this kind: ask a new question with another key.",
}


def problem_texts(problems: Sequence[Problem]) -> dict[str, list[str]]:
    """What stands in the way of an event that everybody sees, for each member."""
    return {problem.field: [PROBLEMS.get(problem.code, "This cannot be set.")] for problem in problems}


def create(
    members: dict[str, Any],
    values: EventValues,
    *,
    by: str,
    now: datetime,
    owner_id: int | None,
    programme_id: int | None = None,
) -> EventFacts:
    """Make a draft. Part of the caller's transaction. Raises Invalid when the address is taken."""
    made = events.create(
        values,
        by=by,
        now=now,
        slug=members.get("slug", ""),
        owner_id=owner_id,
        programme_id=programme_id,
        format=members.get("format", Format.ONSITE),
        join_url=members.get("join_url") or "",
    )
    if isinstance(made, SlugTaken):
        raise Invalid({"slug": ["Another event has this address already."]})
    return _with_sessions(_with_room_system(made, members, by=by, now=now), members, by=by, now=now)


def change(event: EventFacts, members: dict[str, Any], values: EventValues, *, by: str, now: datetime) -> EventFacts:
    """Change an event to these values and then to the wanted status. Part of the caller's transaction.

    Raises Invalid, which names every member that stands in the way.
    """
    event = events.lock(event.id)
    status = members.get("status", event.lifecycle)
    if event.lifecycle is EventStatus.POSTPONED and status is EventStatus.PUBLISHED:
        event = _accepted(changes.take_up_again(event.id, values, by=by, now=now))
    elif values != events.values_of(event):
        event = _accepted(changes.edit(event.id, values, by=by, now=now))
    if (room := members.get("join_url", event.join_url) or "") != event.join_url:
        event = events.set_join_url(event.id, room, by=by, now=now)
    event = _with_room_system(event, members, by=by, now=now)
    event = _with_format(event, members.get("format", event.format), by=by, now=now)
    event = _with_sessions(event, members, by=by, now=now)
    return with_status(event, status, reason=members.get("status_reason") or "", by=by, now=now)


def _with_room_system(event: EventFacts, members: dict[str, Any], *, by: str, now: datetime) -> EventFacts:
    """Let the named system make the room; what is chosen already may stay, also where it is set up no more."""
    system = members.get("room_system", event.room_system)
    if system not in (event.room_system, LINK, *current_settings().room_systems):
        raise Invalid({"room_system": [NOT_SET_UP]})
    return opening.choose_system(event.id, system, by=by, now=now)


def _with_format(event: EventFacts, format: Format, *, by: str, now: datetime) -> EventFacts:
    if format is event.format:
        return event
    if event.lifecycle is not EventStatus.DRAFT:
        raise Invalid({"format": ["The event is public: switch its format instead, so that everybody is told."]})
    return events.set_draft_formats(event.id, event_rules.whole(event, format), by=by, now=now)


SESSION_REFUSALS = {
    "format": "The event is public: switch the format of a session instead, so that everybody is told.",
    "people": "With these sessions some people would take part in another way: switch the format instead.",
    "taken": "People are in a session that is not named any more: move them first.",
}


def _with_sessions(event: EventFacts, members: dict[str, Any], *, by: str, now: datetime) -> EventFacts:
    if "sessions" not in members:
        return event
    wanted = sessions.named(event, sessions_from(members, event))
    answer = session_changes.arrange(event.id, wanted, by=by, now=now)
    if isinstance(answer, SessionsRefused):
        raise Invalid({"sessions": [SESSION_REFUSALS[answer.code]]})
    return answer


def with_status(event: EventFacts, status: EventStatus, *, reason: str, by: str, now: datetime) -> EventFacts:
    """Publish, postpone or cancel an event; the same status again changes nothing. Raises Invalid."""
    if status is event.lifecycle:
        return event
    match status:
        case EventStatus.PUBLISHED if event.lifecycle is EventStatus.DRAFT:
            return _accepted(events.publish(event.id, by=by, now=now))
        case EventStatus.POSTPONED:
            return _accepted(changes.postpone(event.id, reason=reason, by=by, now=now))
        case EventStatus.CANCELLED:
            return _accepted(changes.cancel_event(event.id, reason=reason or NO_REASON, by=by, now=now))
        case _:
            raise Invalid({"status": ["The event cannot change to this status."]})


RULE_REFUSALS = {
    "past": "This time is in the past.",
    "no_start": "The event needs a start first.",
    "after_notice": "This is later than the promised notice allows.",
    "missing": "This kind of rule needs a value here.",
    "not_a_number": "This is no usable number.",
    "not_positive": "This must be more than 0.",
    "out_of_range": "This must be at least 1 and at most 366.",
    "only_proposed": "How many people come is only proposed: the mode must be propose.",
    "venue_only_proposed": "Whether the place is confirmed is only proposed: the mode must be propose.",
    "no_limit": "The event needs a capacity first.",
    "alert_only": "Official warnings never propose a switch: with this feed the mode must be alert.",
    "no_warnings": "Only a feed of official warnings (warnung.bund.de) can alert: choose another mode.",
    "beyond_feed": "The feed of this rule can never give this value; see its plausible range.",
    "beyond_severity": "With the mode alert over is the severity from 1 to 4.",
    "not_severity": "With the mode alert the kind must be level; over is the severity from 1 to 4.",
}


def save_rule(event: EventFacts, rule: FormatRule, *, by: str, now: datetime) -> FormatRule:
    """Keep the rule by which an event goes digital. Raises Invalid."""
    saved = formats.save_rule(event.id, rule, by=by, now=now)
    if isinstance(saved, RuleRefused):
        raise unusable_rule(saved)
    return saved


def unusable_rule(refused: RuleRefused) -> Invalid:
    """What is wrong with a rule, at its member."""
    return Invalid({refused.field: [RULE_REFUSALS.get(refused.code, "This cannot be set.")]})


def _accepted(answer: EventFacts | EditRefused | ChangeRefused | Incomplete) -> EventFacts:
    match answer:
        case EditRefused(problems=problems) | Incomplete(problems=problems):
            raise Invalid(problem_texts(problems))
        case ChangeRefused():
            raise Invalid({"status": ["The event cannot change to this status."]})
        case _:
            return answer


def create_event(members: dict[str, Any], *, by: str, now: datetime, owner_id: int | None) -> EventFacts:
    """Make an event and bring it to the wanted status, or nothing at all. Raises Invalid."""
    values = values_from(members, EventValues(title="", timezone=current_settings().timezone))
    with transaction():
        event = create(members, values, by=by, now=now, owner_id=owner_id)
        return with_status(event, members.get("status", event.lifecycle), reason="", by=by, now=now)


def change_event(event_id: int, members: dict[str, Any], *, by: str, now: datetime) -> EventFacts:
    """Change what the members name and leave the rest, or change nothing at all. Raises Invalid."""
    with transaction():
        event = events.lock(event_id)
        if members.get("slug", event.slug) != event.slug:
            raise Invalid({"slug": ["The address of an event stays, since people have it."]})
        return change(event, members, values_from(members, events.values_of(event)), by=by, now=now)
