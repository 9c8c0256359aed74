"""A person's own page behind the one link in every mail. A GET shows, a POST acts, whatever a mail scanner opens."""

from datetime import datetime

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Form

from regservice.accounts import service as accounts
from regservice.adapters import ical
from regservice.config import current_settings
from regservice.events import opening
from regservice.events import rules as event_rules
from regservice.events.calendar import CalendarEntry
from regservice.events.rooms import LINK
from regservice.events.types import EventFacts, EventStatus, SessionFacts
from regservice.notices import addresses, invitation
from regservice.registrations import (
    access_rules,
    coming_back,
    group_rules,
    help_requests,
    help_rules,
    in_sessions,
    moving,
    question_rules,
    rules,
    showing,
)
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    SEATED,
    Attendance,
    CancelCause,
    Cancelled,
    Confirmed,
    EventOff,
    NoPlaceLeft,
    Participation,
    RegistrationFacts,
    RegistrationGone,
    RegistrationState,
    SwitchAnswer,
    TooLate,
    Waitlisted,
)
from regservice.web.access import SAFE_METHODS, lead_out
from regservice.web.calendars import calendar_file
from regservice.web.frame import use_town
from regservice.web.languages import speak
from regservice.web.registration_form import answers_of, change_form_for
from regservice.web.wording import HELP_KIND
from regservice.wiring import current_wiring

blueprint = Blueprint("personal", __name__, url_prefix="/r/<token>")


@blueprint.url_value_preprocessor
def open_link(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Find whose link it is; the page then speaks this person's language."""
    g.token = (values or {}).pop("token", "")
    _read_link()


def _read_link() -> None:
    g.participation, town_version = showing.find_by_link(g.token) or (None, None)
    if town_version is not None:
        use_town(town_version)
    if g.participation is not None:
        speak(g.participation.registration.language)


@blueprint.before_request
def refuse_unknown_links() -> ResponseReturnValue | None:
    """A link that was replaced, deleted or mistyped: the same page for all of them."""
    if g.participation is None:
        return render_template("personal/unknown.html"), 404
    return None


@blueprint.errorhandler(RegistrationGone)
def gone(_error: RegistrationGone) -> ResponseReturnValue:
    """Deleted since its link was looked up, as by the first of two clicks."""
    return render_template("personal/unknown.html"), 404


@blueprint.after_request
def keep_out_of_search_engines(response: Response) -> Response:
    """A link that somebody published by mistake must not be found by a search for the name."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.url_defaults
def keep_token(_endpoint: str, values: dict[str, str]) -> None:
    """Links among a person's pages stay theirs."""
    values.setdefault("token", g.get("token", ""))


def participation() -> Participation:
    """Whose page this is, and of which event."""
    found: Participation = g.participation
    return found


def _may_cancel(found: Participation, now: datetime) -> bool:
    """Whether there is something to give back: of a cancelled event there is not."""
    is_off = found.event.lifecycle is EventStatus.CANCELLED
    return found.registration.active and not is_off and rules.may_give_back(found.event, now)


def cancel_page(template: str) -> ResponseReturnValue:
    """The page that asks before a place is given back; how things stand where there is nothing to give back."""
    return own_page(template if _may_cancel(participation(), current_wiring().now()) else "overview")


def own_page(template: str, status: int = 200, **facts: object) -> ResponseReturnValue:
    """A page about this person's registration as it stands now; after a POST it is read again."""
    if request.method not in SAFE_METHODS:
        _read_link()
        if g.participation is None:
            return render_template("personal/unknown.html"), 404
    found = participation()
    now = current_wiring().now()
    own, event = found.registration, found.event
    ways = rules.ways_of(event, own)
    shown = {
        "registration": own,
        "event": event,
        "stage": event_rules.status(event, now),
        "joins": Attendance.DIGITAL in ways and own.state is RegistrationState.CONFIRMED,
        "comes": Attendance.ONSITE in ways,
        "place_is_off": rules.place_is_off(event, own),
        "is_digital": Attendance.DIGITAL in ways and own.state in SEATED,
        "parts": rules.programme_of(event, own),
        "attendance_at": rules.attendance_at,
        "watching": _watching(found, now),
        "groups_to_choose": group_rules.groups_to_choose(event, own, now),
        "wished_group": group_rules.wished_group(event, own),
        "choice_ends_at": group_rules.choice_ends_at(event),
        "can_move_to": moving.other_ways(event, own, now),
        "lots_before": coming_back.lots_before(event, own),
        "join_opens_at": rules.room_opens_at(event, own),
        "can_join": can_join(found),
        "rooms": rooms_of(event, own),
        "ahead": registrations.people_ahead(own) if own.state is RegistrationState.WAITLISTED else None,
        "can_take_part": rules.may_take_part(event, now),
        "can_cancel": _may_cancel(found, now),
        "question": question_rules.question_for(event, own, now),
        "says_needs": access_rules.may_say(event, own, now),
        "is_asked": help_rules.is_asked(event, own, now),
        "answered": own.switch_answer if help_rules.has_answered(event, own) else None,
        **_help(event, own, now),
        "can_undo": rules.can_undo(event, own, now),
        "delete_on": rules.kept_until(event, own),
        "now": now,
    }
    if shown["can_join"]:
        lead_out(opening.leads_to(event, current_wiring().rooms))
    return render_template(f"personal/{template}.html", **(shown | facts)), status


def _help(event: EventFacts, own: RegistrationFacts, now: datetime) -> dict[str, object]:
    """What the person asked for and who takes care of it; asked of the database only where there is something."""
    asked = help_requests.find_of(own.id) if own.switch_answer is SwitchAnswer.HELP else None
    owner = accounts.get_organiser(asked.owner_id).name if asked and asked.owner_id else ""
    return {
        "can_be_helped": help_rules.may_change(event, own, asked, now),
        "help": asked,
        "help_owner": owner,
        "help_kinds": HELP_KIND,
    }


def _watching(found: Participation, now: datetime) -> list[tuple[SessionFacts, bool, bool]]:
    """The places to watch together, each with whether the person is in it and whether a chair is free."""
    places = rules.places_to_watch(found.event, found.registration, now)
    taken = in_sessions.people_in(found.event.id) if places else {}
    return [
        (part, part.id in found.registration.session_ids, part.capacity is None or taken[part.id] < part.capacity)
        for part in places
    ]


def can_join(found: Participation) -> bool:
    """The room opens at its time and closes with the event, for people with a digital place."""
    own, event = found.registration, found.event
    opens, over = rules.room_opens_at(event, own), event_rules.ends_at(event)
    digital = Attendance.DIGITAL in rules.ways_of(event, own)
    if own.state is not RegistrationState.CONFIRMED or not digital or not event.has_room:
        return False
    if event.lifecycle is not EventStatus.PUBLISHED or opens is None or over is None:
        return False
    return opens <= current_wiring().now() < over


def rooms_of(event: EventFacts, own: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """The person's parts that have rooms of their own, by a link or made by a system."""
    return rules.own_rooms(event, own) if event.room_system == LINK else rules.made_rooms(event, own)


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """Status, place or join button, and what the person can do."""
    return own_page("overview")


@blueprint.get("/confirm")
def ask_to_confirm() -> ResponseReturnValue:
    """One button; who is confirmed already sees their page."""
    own = participation().registration
    if own.state is not RegistrationState.PENDING:
        return own_page("overview")
    if rules.has_expired(participation().event, own, current_wiring().now()):
        return own_page("too_late", 410, why="link_expired")
    return own_page("confirm")


@blueprint.post("/confirm")
def confirm() -> ResponseReturnValue:
    """Take the place, or a place on the waiting list."""
    return answer_page(registrations.confirm(participation().registration.id, current_wiring().now()))


@blueprint.get("/accept")
def ask_to_accept() -> ResponseReturnValue:
    """The offered place with one button."""
    return own_page("accept" if participation().registration.state is RegistrationState.OFFERED else "overview")


@blueprint.post("/accept")
def accept() -> ResponseReturnValue:
    """Take the place that was offered."""
    return answer_page(registrations.accept(participation().registration.id, current_wiring().now()))


@blueprint.get("/cancel")
def ask_to_cancel() -> ResponseReturnValue:
    """One button to give the place back."""
    return cancel_page("cancel")


@blueprint.post("/cancel")
def cancel() -> ResponseReturnValue:
    """Give the place back."""
    return give_back(None)


def give_back(cause: CancelCause | None) -> ResponseReturnValue:
    """Cancel for the person; of a cancelled event there is nothing to give back, and its mail still has to leave."""
    found = participation()
    if found.event.lifecycle is EventStatus.CANCELLED:
        return own_page("overview", 409)
    return answer_page(registrations.cancel(found.registration.id, current_wiring().now(), cause=cause))


@blueprint.post("/undo")
def undo() -> ResponseReturnValue:
    """Take a cancellation back."""
    return answer_page(registrations.undo_cancel(participation().registration.id, current_wiring().now()))


@blueprint.get("/withdraw")
def ask_to_withdraw() -> ResponseReturnValue:
    """Somebody else typed this address: one button to delete it."""
    return own_page("withdraw" if participation().registration.state is RegistrationState.PENDING else "overview")


@blueprint.post("/withdraw")
def withdraw() -> ResponseReturnValue:
    """Delete a registration that was never confirmed."""
    if not registrations.withdraw(participation().registration.id, current_wiring().now()):
        return own_page("overview")
    return render_template("personal/withdrawn.html")


def answer_page(answer: object) -> ResponseReturnValue:
    """What came of it, as a page; the words are in the templates."""
    match answer:
        case Confirmed(already=already):
            return own_page("overview", news="already_confirmed" if already else "confirmed")
        case Waitlisted(already=already):
            return own_page("overview", news="" if already else "waitlisted")
        case Cancelled(already=already):
            return own_page("overview", news="" if already else "cancelled")
        case NoPlaceLeft(taken=taken):
            return own_page("no_place", 409, taken=taken)
        case EventOff():
            return own_page("overview", 409)
        case TooLate(why=why):
            return own_page("too_late", 410, why=why)
        case _:
            raise AssertionError(f"no page for {answer}")


@blueprint.get("/change")
def change_form() -> ResponseReturnValue:
    """What the person said about themselves, to correct."""
    own, event = participation().registration, participation().event
    if not own.active:
        return own_page("overview")
    return own_page("change", form=change_form_for(event, own))


@blueprint.post("/change")
def change() -> ResponseReturnValue:
    """Keep the corrections."""
    own, event = participation().registration, participation().event
    form: Form = change_form_for(event, own, request.form)
    if not own.active:
        return own_page("overview", 409)
    if not form.validate():
        return own_page("change", 400, form=form)
    answers = answers_of(event, form)
    language = form["language"].data
    registrations.change(own.id, name=form["name"].data, language=language, answers=answers, now=current_wiring().now())
    return own_page("overview", news="changed")


@blueprint.get("/calendar.ics")
def calendar() -> ResponseReturnValue:
    """The person's own entry, with the same identity as the one in the mail."""
    found = participation()
    has_place = found.registration.state in {RegistrationState.CONFIRMED, RegistrationState.ATTENDED}
    entry = _entry(found) if has_place else None
    if entry is None:
        return own_page("overview", 404)
    response = calendar_file(ical.publication(entry), found.event.slug)
    response.headers["Cache-Control"] = "no-store"
    return response


def _entry(found: Participation) -> CalendarEntry | None:
    base_url = current_settings().base_url
    links = addresses.personal(base_url, g.token)
    entry = invitation.personal_entry(found.event, found.registration, links, base_url)
    is_on = found.event.lifecycle is EventStatus.PUBLISHED
    # Of an event that is cancelled or postponed the old time holds no more, though the registration stays.
    return entry if entry is None or is_on else invitation.removal(entry, found.event)
