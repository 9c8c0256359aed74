"""What each kind of message says beyond event, place and links: a few facts in words, by kind."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.notices import wording
from regservice.notices.clause import promise
from regservice.notices.dial_in import is_near
from regservice.outbox.types import MessageFacts
from regservice.registrations import access_rules, coming_back, group_rules, help_rules, moving, question_rules
from regservice.registrations import rules as registration_rules
from regservice.registrations import service as registrations
from regservice.registrations.types import Participation, RegistrationFacts, RegistrationState

# How many are ahead is said as a range: the exact number changes before the mail is read.
RANGES = ((1, 5), (6, 10), (11, 20), (21, 50))


def details(message: MessageFacts, of: Participation, now: datetime) -> dict[str, Any]:
    """The facts for this kind's templates, in the language being spoken."""
    event, registration, payload = of.event, of.registration, message.payload
    match message.kind:
        case "optin" | "optin_again":
            return {"until": wording.moment(registration.expires_at, event)}
        case "offer":
            return {
                "until": wording.moment(registration.expires_at, event),
                "back": bool(payload.get("back")),
                "has_both": event.format is not Format.ONSITE,
                "before_place": _place_given_up(event, registration),
            }
        case "already" | "new_link":
            return {"state": registration.state.value}
        case "confirmed":
            missed = group_rules.wished_group(event, registration)
            return {
                "near": is_near(event, now),
                "before_place": _place_given_up(event, registration),
                "by_staff": registration.source == "staff",
                "promise": _promise(event, now),
                "choose_until": _choose_until(of, now),
                "group_gone": wording.one_line(registration.group_gone),
                "group_full": wording.one_line(missed.title) if missed else "",
                "asks_needs": access_rules.is_unsaid(event, registration, now),
            }
        case "waitlisted":
            ahead = _ahead(registrations.people_ahead(registration))
            return {"ahead": ahead, "free_way": _free_way(event, registration, now)}
        case "remind_7d":
            return {"waiting": registrations.people_waiting(event), "promise": _promise(event, now)}
        case "keep_place":
            return {"until": wording.moment(registration.answer_by, event), "if_silent": wording.if_silent(event)}
        case "take_place":
            return {"until": wording.moment(registration.answer_by, event), "place": wording.one_line(event.place)}
        case "moved":
            return {"why": payload.get("why", "")}
        case "new_date":
            asks = question_rules.is_unanswered(event, registration, now)
            return changed_details(event, payload.get("before") or {}) | {"asks": asks}
        case "changed":
            return changed_details(event, payload.get("before") or {})
        case "group_gone":
            has_place = registration.state is RegistrationState.CONFIRMED
            gone = wording.one_line(registration.group_gone)
            return {"group_gone": gone, "has_place": has_place, "choose_until": _choose_until(of, now)}
        case "group":
            return {"so_far": wording.programme_so_far(event, registration, payload.get("before") or {})}
        case "decision":
            asks = help_rules.is_asked(event, registration, now) and _goes_digital(payload)
            return decision_details(event, payload, registration) | {
                "asks": asks,
                "asks_needs": access_rules.is_unsaid(event, registration, now),
                "free_way": _free_way(event, registration, now),
                "lots_before": coming_back.lots_before(event, registration),
                "is_held": registration_rules.held_on_site_until(registration) is not None,
            }
        case "postponed" | "cancelled_event":
            return {"reason": payload.get("reason", ""), "has_place": registration.state is RegistrationState.CONFIRMED}
        case "cancelled":
            return {
                "by_person": payload.get("by") == "person",
                "had_place": bool(payload.get("had_place")),
                "reason": "" if payload.get("by") == "person" else payload.get("reason", ""),
                "can_undo": registration_rules.can_undo(event, registration, now),
            }
        case _:
            return {}


def _place_given_up(event: EventFacts, registration: RegistrationFacts) -> str:
    """Where the person would have come before everything of theirs went digital; empty where that is not so."""
    return wording.one_line(event.place) if registration_rules.place_is_off(event, registration) else ""


def _goes_digital(payload: dict[str, Any]) -> bool:
    """Whether a decision made anything digital for the person: who comes as before is not asked how that suits them."""
    if payload.get("outcome") != "switched" or payload.get("seating") == "stays":
        return False
    return not _is_partly(payload) or any(part["to"] != Format.ONSITE for part in payload["sessions"])


def _is_partly(payload: dict[str, Any]) -> bool:
    return Format.MIXED in (payload.get("from"), payload.get("to")) and bool(payload.get("sessions"))


def _free_way(event: EventFacts, registration: RegistrationFacts, now: datetime) -> str:
    """How a person who waits can take part at once instead, where a place is free in that way; else empty."""
    if registration.state is not RegistrationState.WAITLISTED:
        return ""
    return next((way.value for way, free in moving.other_ways(event, registration, now) if free), "")


def _choose_until(of: Participation, now: datetime) -> str:
    """Until when a person can choose a working group; empty where there is none to choose, or one is chosen."""
    groups = group_rules.groups_to_choose(of.event, of.registration, now)
    if not groups or any(part.id in of.registration.session_ids for part in groups):
        return ""
    return wording.moment(group_rules.choice_ends_at(of.event), of.event)


def _promise(event: EventFacts, now: datetime) -> str:
    """When it is decided whether the event goes digital, in the words of its page."""
    return promise(formats.announcement(event, now), event.timezone)


def _ahead(people: int) -> str:
    if people == 0:
        return str(_("You are the next in line."))
    for low, high in RANGES:
        if people <= high:
            return str(_("Between %(low)s and %(high)s people are before you.", low=low, high=high))
    return str(_("More than %(high)s people are before you.", high=RANGES[-1][1]))


def changed_details(event: EventFacts, before: dict[str, Any]) -> dict[str, Any]:
    """What was and what is, only where it differs."""
    timezone = before.get("timezone") or event.timezone
    was = wording.when_of(wording.instant(before.get("starts_at")), wording.instant(before.get("ends_at")), timezone)
    is_now = wording.when(event)
    place_was, place_is = wording.one_line(before.get("place") or ""), wording.one_line(event.place)
    moved = bool(before) and place_was != place_is and event.format is not Format.DIGITAL
    return {
        "before_when": was if was != is_now else "",
        "now_when": is_now if before and was != is_now else "",
        "before_place": place_was if moved else "",
        "now_place": place_is if moved else "",
    }


def _session_change(part: dict[str, str]) -> str:
    before, now = (wording.format_name(part[name]) for name in ("from", "to"))
    title = wording.one_line(part["title"])
    return str(_("%(title)s: so far %(before)s, now %(now)s", title=title, before=before, now=now))


def decision_details(
    event: EventFacts, payload: dict[str, Any], registration: RegistrationFacts | None = None
) -> dict[str, Any]:
    """The change of form in words; a change of time that the person did not hear of yet comes along."""
    place_was = wording.one_line(payload.get("before_place") or event.place)
    change = changed_details(event, payload.get("before") or {})
    partly = _is_partly(payload)
    state = registration.state if registration else None
    has_place = state is RegistrationState.CONFIRMED
    is_offered = state is RegistrationState.OFFERED
    return {
        "switched": payload.get("outcome") == "switched",
        "partly": partly,
        "sessions": [_session_change(part) for part in payload.get("sessions", ())] if partly else [],
        "to": payload.get("to", ""),
        "has_place": has_place,
        # How it was settled that this person comes or stays digital, where places on site are few.
        "seating": payload.get("seating", "") if has_place else "",
        "confirm_by": wording.moment(registration.answer_by, event) if registration else "",
        "if_silent": wording.if_silent(event),
        # Until when a place is held for who was offered one before, and whether there are places of both kinds.
        "offered_until": wording.moment(registration.expires_at, event) if registration and is_offered else "",
        "has_both": event.format is not Format.ONSITE,
        "has_choice": has_place and event.format is Format.HYBRID,
        "before_when": change["before_when"],
        "now_when": change["now_when"],
        "before_place": wording.place_in_format(place_was, payload.get("from", "")),
        "now_place": wording.place_in_format(wording.one_line(event.place), event.format),
        "reason": payload.get("reason", ""),
    }
