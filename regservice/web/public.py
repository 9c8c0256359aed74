"""What everybody sees: the list, an event, its form, calendars to subscribe to, and the legal pages.

A registration begins in `register`: the form is read, `registrations.service.register` takes it, and the answer is a
page. The person's own pages are in `personal.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from wtforms import Form

from regservice.config import current_settings
from regservice.events import programmes
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, NotYetOpen, ProgrammeFacts
from regservice.formats import service as formats
from regservice.registrations import group_rules, in_sessions, registering, rules, showing
from regservice.registrations import service as registrations
from regservice.registrations.addresses import parse_address
from regservice.registrations.types import (
    Attendance,
    Full,
    KeyReused,
    NoSuchSession,
    NotOfferedToThem,
    OptInSent,
    Places,
    SessionFull,
    Shown,
    TooLate,
    TooManyRequests,
)
from regservice.web.access import TOKEN_PLACE, form_facts, form_token, sender_of, token_left_out
from regservice.web.caching import cached_page, same_but_for
from regservice.web.frame import current_town, use_town
from regservice.web.languages import chosen_language
from regservice.web.registration_form import GROUP_REFUSED, AddressForm, form_for, offer_groups, request_from
from regservice.web.structured_data import event_data
from regservice.wiring import current_wiring

blueprint = Blueprint("public", __name__)
# A person needs longer than this to fill in a form.
SHORTEST_FILLING_IN = timedelta(seconds=2)
# Where the address belongs on a page that is otherwise the same for everybody.
ADDRESS_PLACE = Markup("<!--address-->")


@blueprint.get("/")
def upcoming() -> ResponseReturnValue:
    """Events to come."""
    now = current_wiring().now()
    found = events.upcoming(now)
    weeks = programmes.to_come(_today(now))
    return render_template("public/upcoming.html", events=found, programmes=weeks, now=now)


def _today(now: datetime) -> date:
    """The day it is in the town."""
    return event_rules.local(now, current_settings().timezone).date()


@blueprint.get("/past")
def past() -> ResponseReturnValue:
    """Events that were."""
    now = current_wiring().now()
    return render_template("public/past.html", events=events.past(now), programmes=programmes.past(_today(now)))


@blueprint.get("/events/<slug>")
def event(slug: str) -> ResponseReturnValue:
    """The page of an event: what, when, where, until when and how to register, whom to ask."""
    shown = _find_public(slug)
    found = shown.event
    facts = registration_facts(found, shown.places)
    announcement = formats.announcement(found, facts["now"]) if shown.has_rule else None
    return cached_page(
        lambda: render_template(
            "public/event.html",
            **facts,
            announcement=announcement,
            switch=formats.last_switch(found),
            programme=_programme_of(found),
            structured_data=event_data(found, current_settings().base_url, current_town().name),
        ),
        found.id,
        found.version,
        shown.programme_version,
        facts["registration_state"],
        facts["stage"],
        announcement,
    )


def preview_facts(found: EventFacts) -> dict[str, Any]:
    """What the page of an event would show at this moment, were it public."""
    return registration_facts(found, registrations.all_places(found)) | {
        "announcement": formats.announcement(found, current_wiring().now()),
        "switch": formats.last_switch(found),
        "programme": _programme_of(found),
        "structured_data": None,
    }


def _programme_of(found: EventFacts) -> ProgrammeFacts | None:
    return programmes.get(found.programme_id) if found.programme_id else None


def registration_facts(found: EventFacts, places: Mapping[Attendance, Places]) -> dict[str, Any]:
    """What the form needs to know: the event, and whether and how people can register at this moment."""
    now = current_wiring().now()
    open_places = [place for place in places.values() if rules.refusal(found, place, now) is None]
    refusal = None if open_places else rules.refusal(found, next(iter(places.values())), now)
    waiting_only = refusal is None and not any(rules.seat_for_newcomer(place) for place in places.values())
    return {
        "event": found,
        "refusal": refusal,
        "refused": type(refusal).__name__ if refusal else "",
        "registration_state": _state_name(refusal, waiting_only),
        "waiting_only": waiting_only,
        "stage": event_rules.status(found, now),
        "closes_at": event_rules.closes_at(found),
        "now": now,
    }


def _state_name(refusal: object, waiting_only: bool) -> str:
    match refusal:
        case None:
            return "waiting" if waiting_only else "open"
        case NotYetOpen():
            return "not_yet"
        case Full():
            return "full"
        case _:
            return "closed"


def _find_public(slug: str) -> Shown:
    shown = showing.find_shown(slug)
    if shown is None or not event_rules.is_public(shown.event):
        abort(404)
    use_town(shown.town_version)
    return shown


@blueprint.get("/events/<slug>/register")
def registration_form(slug: str) -> ResponseReturnValue:
    """The empty form, or why nobody can register at this moment."""
    shown = _find_public(slug)
    facts = registration_facts(shown.event, shown.places)
    if facts["refusal"] is not None:
        return _refused(facts)
    facts |= _group_facts(shown.event, facts["now"])
    chosen = chosen_language()

    def without_token() -> str:
        with token_left_out():
            return _form_html(facts, form_for(shown.event, language=chosen))

    return same_but_for(
        {TOKEN_PLACE: form_token()},
        without_token,
        "form",
        shown.event.id,
        shown.event.version,
        facts["registration_state"],
        facts["stage"],
        facts["groups"],
        facts["full_groups"],
        chosen,
    )


def _group_facts(found: EventFacts, now: datetime) -> dict[str, Any]:
    """Between which groups people choose with the form at this moment; where there are none, nothing is counted."""
    groups = group_rules.groups_for_newcomers(found) if group_rules.may_choose(found, now) else ()
    people = in_sessions.people_in(found.id) if groups else {}
    return {"groups": groups, "full_groups": tuple(part.id for part in groups if group_rules.is_full(part, people))}


@blueprint.post("/events/<slug>/register")
def register(slug: str) -> ResponseReturnValue:
    """Take a registration, or show the form again with what was typed."""
    shown = _find_public(slug)
    found = shown.event
    form = form_for(found, request.form)
    if not form.validate():
        return _form_page(shown, form, status=400)
    once, made_at = form_facts()
    now = current_wiring().now()
    if not current_settings().rehearsal:
        if now - made_at < SHORTEST_FILLING_IN:
            return _form_page(shown, form, status=400, too_fast=True)
        if form["website"].data:
            return _answer(found, form)
    answer = registering.register(found.id, request_from(found, form, once=once), sender=sender_of(request), now=now)
    match answer:
        case OptInSent() | KeyReused():
            return _answer(found, form)
        case NoSuchSession() | SessionFull() | NotOfferedToThem() | TooLate():
            form["group"].errors = [GROUP_REFUSED[type(answer)]]
            return _form_page(shown, form, status=409)
        case TooManyRequests(retry_after=wait):
            page = make_response(_form_page(shown, form, status=429, too_many=True))
            page.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
            return page
        case _:
            # The seats are counted anew: somebody took the last one since this request began.
            shown = _find_public(slug)
            return _refused(registration_facts(shown.event, shown.places))


def _form_page(shown: Shown, form: Form, *, status: int = 200, **why: bool) -> ResponseReturnValue:
    """The form with what was typed; where registration has ended meanwhile, the page that says so."""
    facts = registration_facts(shown.event, shown.places)
    if facts["refusal"] is not None:
        return _refused(facts)
    return _form_html(facts | _group_facts(shown.event, facts["now"]), form, **why), status


def _form_html(facts: dict[str, Any], form: Form, **why: bool) -> str:
    offer_groups(form, facts["event"], facts["groups"], facts["full_groups"])
    delete_on = event_rules.delete_on(facts["event"])
    return render_template("public/register.html", form=form, delete_on=delete_on, **facts, **why)


def _refused(facts: dict[str, Any]) -> ResponseReturnValue:
    return render_template("public/refused.html", **facts), 409


def _answer(found: EventFacts, form: Form) -> ResponseReturnValue:
    """The same answer for every address, so that nobody can find out who is registered."""
    return same_but_for(
        {ADDRESS_PLACE: escape(form["email"].data)},
        lambda: render_template("public/registered.html", event=found, email=ADDRESS_PLACE),
        "answer",
        found.id,
        found.version,
    )


@blueprint.get("/programmes/<slug>")
def programme(slug: str) -> ResponseReturnValue:
    """Several events under one name, by day and town."""
    found = programmes.find(slug)
    if found is None:
        abort(404)
    parts = programmes.public_events(found.id)
    return render_template("public/programme.html", programme=found, events=parts)


@blueprint.get("/lost")
def lost() -> ResponseReturnValue:
    """Ask for one's link again."""
    return render_template("public/lost.html", form=AddressForm())


@blueprint.post("/lost")
def send_lost() -> ResponseReturnValue:
    """Send the link to the address, and say the same whether there is one."""
    form = AddressForm(request.form)
    if not form.validate():
        return render_template("public/lost.html", form=form), 400
    registrations.send_links(parse_address(form.email.data) or "", current_wiring().now())
    return render_template("public/lost_sent.html", email=form.email.data)


@blueprint.get("/imprint")
def imprint() -> ResponseReturnValue:
    """Who is responsible for this service."""
    return _legal_page("imprint", current_town().imprint)


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What happens with people's data."""
    return _legal_page("privacy", current_town().privacy)


@blueprint.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """What everybody can use, what not yet, and whom to tell."""
    return _legal_page("accessibility", current_town().accessibility)


def _legal_page(kind: str, own_text: str) -> Response:
    return cached_page(lambda: render_template(f"public/{kind}.html", own_text=own_text), kind)
