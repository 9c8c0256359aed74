"""What a person needs to take part, asked again on their own page after a switch. A GET only shows."""

from flask import request
from flask.typing import ResponseReturnValue

from regservice.registrations import access_needs, access_rules
from regservice.registrations.types import TooLate
from regservice.web.personal.pages import blueprint, own_page, participation
from regservice.web.registration_form import answers_of, needs_form_for
from regservice.wiring import current_wiring


@blueprint.get("/needs")
def needs_form() -> ResponseReturnValue:
    """What the person said that they need, to confirm or to change."""
    found = participation()
    if not access_rules.may_say(found.event, found.registration, current_wiring().now()):
        return own_page("overview")
    return own_page("needs", form=needs_form_for(found.event, found.registration))


@blueprint.post("/needs")
def say_needs() -> ResponseReturnValue:
    """Keep what they need now."""
    found, now = participation(), current_wiring().now()
    form = needs_form_for(found.event, found.registration, request.form)
    if not form.validate():
        return own_page("needs", 400, form=form)
    answers = answers_of(found.event, form)
    if isinstance(access_needs.say(found.registration.id, answers, by="person", now=now), TooLate):
        return own_page("overview", 409, news="question_over")
    return own_page("overview", news="answered")
