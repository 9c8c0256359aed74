"""Facts as the API shows them: plain members, times with the offset of the event's zone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request

from regservice.config import current_settings
from regservice.events import rules as event_rules
from regservice.events import sessions
from regservice.events.document import VALUE_NAMES
from regservice.events.rules import local
from regservice.events.types import EventFacts, EventStatus, NotYetOpen, RegistrationMode, SessionFacts, Speaker
from regservice.formats.return_types import Return
from regservice.formats.types import ProposalFacts, Reading, SwitchFacts, SwitchPreview
from regservice.outbox.types import MessageFacts
from regservice.registrations import call_list, rules
from regservice.registrations import service as registrations
from regservice.registrations.types import CallLine, QuestionCounts, RegistrationFacts

Item = TypeVar("Item")
# Only callers with a token read these.
INTERNAL = {"assumptions", "retention_days", "dial_in", "join_opens_min"}


def event_answer(event: EventFacts, now: datetime, *, internal: bool) -> dict[str, Any]:
    """An event with every member of the contract; the room and what was assumed only inside the town hall."""
    answer: dict[str, Any] = {
        "slug": event.slug,
        "url": f"{current_settings().base_url}/events/{event.slug}",
        "status": event_rules.status(event, now).value,
        "status_reason": event.status_reason,
        "registration_state": registration_state(event, now),
        "format": event.format.value,
    }
    shown = [name for name in VALUE_NAMES if internal or name not in INTERNAL]
    answer |= {name: full(getattr(event, name), event.timezone) for name in shown}
    answer["speakers"] = [_speaker_answer(speaker, internal=internal) for speaker in event.speakers]
    answer["sessions"] = [_session_answer(part, event.timezone, internal=internal) for part in event.parts]
    return answer | {"join_url": event.join_url, "room_system": event.room_system} if internal else answer


def _speaker_answer(speaker: Speaker, *, internal: bool) -> dict[str, Any]:
    """Who speaks; the address only inside the town hall. What came later is a member only where it says something."""
    answer: dict[str, Any] = {"name": speaker.name, "role": speaker.role, "organisation": speaker.organisation}
    answer |= {"email": speaker.email} if internal and speaker.email else {}
    return answer | ({"moderates": True} if speaker.moderates else {})


def _session_answer(part: SessionFacts, timezone: str, *, internal: bool) -> dict[str, Any]:
    """A session with every member that can be set; the room only inside the town hall."""
    answer: dict[str, Any] = full(sessions.values_of(part), timezone)
    if not internal:
        del answer["join_url"]
    return answer


def full(value: Any, timezone: str) -> Any:
    """A value as JSON with every member, also the empty ones."""
    if isinstance(value, datetime):
        return local(value, timezone).isoformat()
    if isinstance(value, tuple | list):
        return [full(part, timezone) for part in value]
    if isinstance(value, dict):
        return {name: full(part, timezone) for name, part in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {entry.name: full(getattr(value, entry.name), timezone) for entry in fields(value)}
    return value.value if hasattr(value, "value") else value


def registration_state(event: EventFacts, now: datetime) -> str:
    """Whether people can register at this moment; full also while newcomers can only wait."""
    if event.registration_mode is not RegistrationMode.FORM:
        return _state_elsewhere(event, now)
    match event_rules.registration_refusal(event, now):
        case None:
            places = registrations.all_places(event).values()
            return "open" if any(rules.seat_for_newcomer(place) for place in places) else "full"
        case NotYetOpen():
            return "not_yet"
        case _:
            return "closed"


def _state_elsewhere(event: EventFacts, now: datetime) -> str:
    """Registration by mail or at another address: what the clock says."""
    last = event_rules.closes_at(event)
    on = event.lifecycle is EventStatus.PUBLISHED and event.registration_mode is not RegistrationMode.NONE
    if not on or (last is not None and now > last):
        return "closed"
    return "not_yet" if event.registration_opens_at and now < event.registration_opens_at else "open"


def registration_answer(person: RegistrationFacts, event: EventFacts) -> dict[str, Any]:
    """A person of the attendee list, with the form in which their event takes place, as in the tables."""
    return {
        "status": person.state.value,
        "name": person.name,
        "email": person.email or None,
        "language": person.language,
        "attendance": person.attendance.value,
        "wish": person.wish.value,
        "code": person.code,
        "registered_at": full(person.registered_at, event.timezone),
        "joined_at": full(person.joined_at, event.timezone),
        "format": event.format.value,
        "format_version": event.format_version,
        "answers": person.answers,
    }


def message_answer(message: MessageFacts, timezone: str) -> dict[str, Any]:
    """A line of the ledger."""
    return {
        "kind": message.kind,
        "recipient": message.recipient,
        "state": message.state.value,
        "uncertain": message.uncertain,
        "due_at": full(message.due_at, timezone),
        "sent_at": full(message.sent_at, timezone),
        "attempts": message.attempts,
        "reason": message.reason,
        "message_id": message.message_id,
    }


def reading_answer(reading: Reading | None, timezone: str) -> dict[str, Any] | None:
    """A reading, or null."""
    if reading is None:
        return None
    return {"value": reading.value, "as_of": full(reading.as_of, timezone), "source": reading.source}


def proposal_answer(proposal: ProposalFacts | None, timezone: str) -> dict[str, Any] | None:
    """The open proposal, or null."""
    if proposal is None:
        return None
    return {
        "outcome": proposal.outcome.value,
        "to": proposal.to.value,
        "why": proposal.why,
        "rule": proposal.rule_text,
        "reading": reading_answer(proposal.reading, timezone),
        "compared": reading_answer(proposal.compared, timezone),
        "proposed_at": full(proposal.proposed_at, timezone),
        "carries_out_at": full(proposal.carries_out_at, timezone),
    }


def switch_answer(switch: SwitchFacts, timezone: str) -> dict[str, Any]:
    """A line of the history: who, when, why and the reading used."""
    return {
        "version": switch.version,
        "from": switch.from_format.value,
        "to": switch.to_format.value,
        "trigger": switch.trigger.value,
        "by": switch.decided_by,
        "authorised_by": switch.authorised_by,
        "at": full(switch.decided_at, timezone),
        "reason": switch.reason,
        "reading": switch.reading,
        "rule": switch.rule_text,
        "effects": switch.effects,
        "seating": switch.seating,
    }


def preview_answer(preview: SwitchPreview) -> dict[str, Any]:
    """What a switch would do; how many people would have no seat stands there where that blocks it."""
    answer: dict[str, Any] = {"effects": preview.effects, "blocked": list(preview.blocked)}
    return answer | ({"without_seat": preview.without_seat} if preview.without_seat else {})


def return_answer(seen: Return) -> dict[str, Any]:
    """Who would come back on site and who not, and what would follow; `number` is what a person's lot is made of."""
    seated = seen.seated
    named = {person.id: person for person in registrations.with_ids([*seated.staying, *seated.drew])}

    def people(ids: Iterable[int]) -> list[dict[str, Any]]:
        found = call_list.in_order(named[number] for number in ids)
        return [{"number": person.id, "name": person.name, "code": person.code} for person in found]

    return {
        "effects": seen.effects,
        "blocked": [seen.blocked] if seen.blocked else [],
        "without_seat": seated.missing,
        "seats": seated.seats,
        "coming": len(seated.on_site),
        "staying": people(seated.staying),
        "seed": seated.seed or None,
        "drew": people(seated.drew),
        "without": people(seated.without),
        "seen": seated.mark,
    }


def counts_answer(counts: QuestionCounts) -> dict[str, int]:
    """How many people were asked, and what they said."""
    return {"asked": counts.asked, "yes": counts.yes, "no": counts.no, "unanswered": counts.unanswered}


def call_list_answer(lines: Iterable[CallLine]) -> list[dict[str, str]]:
    """Whom somebody has to call."""
    return [{"name": line.name, "code": line.code, "status": line.state.value} for line in lines]


def page(
    found: Sequence[Item], limit: int, answer: Callable[[Item], dict[str, Any]], id_of: Callable[[Item], int]
) -> Response:
    """A page of a list that was read with one item more than wanted, and the address of the next one."""
    items, more = found[:limit], len(found) > limit
    following = None
    if more:
        query = urlencode({"limit": limit, "after": id_of(items[-1])})
        following = f"{current_settings().base_url}{request.path}?{query}"
    return jsonify(items=[answer(item) for item in items], next=following)
