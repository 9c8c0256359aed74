"""Registrations by the API: anybody registers by the form's rules; the list is for callers with a token."""

import hashlib
from dataclasses import replace
from typing import Any

from flask import Response, jsonify, request
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Form

from regservice.events import rules as event_rules
from regservice.events.document import Invalid
from regservice.events.types import Closed, EventFacts, NotYetOpen
from regservice.registrations import registering, rules
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Full,
    KeyReused,
    NoSuchSession,
    NotOfferedToThem,
    OptInSent,
    RegistrationRequest,
    SessionFull,
    Source,
    TooLate,
    TooManyRequests,
)
from regservice.web.access import sender_of
from regservice.web.api.answers import full, page, registration_answer
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event, get_public_event
from regservice.web.api.problems import Problem, invalid
from regservice.web.api.shapes import AcceptedAnswer, PageShape, RegistrationAnswer, RegistrationShape, list_of
from regservice.web.api.tokens import token_required
from regservice.web.languages import page_language
from regservice.web.registration_form import ANSWER, GROUP_REFUSED, data_from_json, form_for, request_from
from regservice.wiring import current_wiring

LONGEST_KEY = 255


@blueprint.post("/events/<slug>/registrations")
@blueprint.arguments(RegistrationShape)
@blueprint.response(202, AcceptedAnswer)
def register(members: dict[str, Any], slug: str) -> Response:
    """Take a registration; its link comes by mail only."""
    event = get_public_event(slug)
    now = current_wiring().now()
    wish = _checked(event, members)
    if isinstance(wish, dict):
        _refuse_closed(event)
        invalid(wish)
    match registering.register(event.id, wish, sender=sender_of(request), now=now):
        case OptInSent():
            response = jsonify(status="pending")
            response.status_code = 202
            return response
        case KeyReused():
            raise Problem(422, _("This idempotency key was used for other data."), kind="idempotency-key-reused")
        case NoSuchSession() | SessionFull() | NotOfferedToThem() | TooLate() as refusal:
            raise Invalid({"group": [str(GROUP_REFUSED[type(refusal)])]})
        case TooManyRequests(retry_after=wait):
            headers = {"Retry-After": str(int(wait.total_seconds()) + 1)}
            raise Problem(429, _("Too many registrations at the moment. Please try again later."), headers=headers)
        case refusal:
            raise _closed(event, refusal)


def _checked(event: EventFacts, members: dict[str, Any]) -> RegistrationRequest | dict[str, list[str]]:
    """What was asked for, by the rules of the form; else what is wrong with each member."""
    given = {"language": page_language()} | {name: value for name, value in members.items() if value is not None}
    if "group" in given:
        given["group"] = event_rules.session_named(event, given["group"])
    form = form_for(event, ImmutableMultiDict(data_from_json(given)))
    errors = {} if form.validate() else _errors_of(form)
    known = {question.key for question in event.questions}
    for key, answer in given.get("answers", {}).items():
        if key not in known:
            errors[f"answers.{key}"] = ["Unknown field."]
        elif not _is_answer(answer):
            errors[f"answers.{key}"] = ["Not a valid string."]
    if errors:
        return errors
    wish = request_from(event, form, once="", source=Source.API)
    return replace(wish, request_key=_request_key())


def _is_answer(answer: Any) -> bool:
    parts = answer if isinstance(answer, list) else [answer]
    return all(isinstance(part, str | bool | int | float) or part is None for part in parts)


def _errors_of(form: Form) -> dict[str, list[str]]:
    return {
        name.replace(ANSWER, "answers.", 1): [str(text) for text in texts]
        for name, texts in form.errors.items()
        if name
    }


def _request_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Problem(400, _("The idempotency key is too long."))
    return hashlib.sha256(f"api:{key}".encode()).hexdigest() if key else ""


def _refuse_closed(event: EventFacts) -> None:
    """Whoever cannot register anyway hears that first, as on the page."""
    now = current_wiring().now()
    refusals = [rules.refusal(event, places, now) for places in registrations.all_places(event).values()]
    if all(refusals):
        raise _closed(event, refusals[0])


def _closed(event: EventFacts, refusal: object) -> Problem:
    match refusal:
        case NotYetOpen(opens_at=opens_at):
            title, kind = _("Registration is not open yet."), "registration-not-open"
            return Problem(409, title, kind=kind, opens_at=full(opens_at, event.timezone))
        case Closed(since=since):
            title, kind = _("Registration is closed."), "registration-closed"
            return Problem(409, title, kind=kind, since=full(since, event.timezone))
        case Full():
            return Problem(409, _("The event is full."), kind="event-full")
        case _:
            return Problem(409, _("This event takes no registrations here."), kind="registration-not-offered")


@blueprint.get("/events/<slug>/registrations")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(PageShape, location="query")
@blueprint.response(200, list_of(RegistrationAnswer))
def list_registrations(part: dict[str, int], slug: str) -> Response:
    """Everybody who registered, in the order they came."""
    event = get_event(slug)
    found = registrations.page_of_event(event.id, after=part["after"], limit=part["limit"] + 1)
    return page(found, part["limit"], lambda person: registration_answer(person, event), lambda person: person.id)
