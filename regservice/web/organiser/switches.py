"""One switch and what became of it: its mails as the ledger has them, and the list of those who must be called."""

from collections import Counter

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats import speakers
from regservice.formats.types import CallAnswer, SwitchFacts
from regservice.outbox.types import MessageState
from regservice.registrations import help_requests, keeping
from regservice.registrations import service as registrations
from regservice.registrations.types import CancelCause, HelpKind, TooLate
from regservice.web.access import organiser_required
from regservice.web.decision import name_of
from regservice.web.organiser import labels
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.call_list import sheet

blueprint = Blueprint(
    "organiser_switches", __name__, url_prefix="/organise/events/<slug>/format/switches/<int:format_version>"
)
# What can be said to a switch that leaves the place on site.
ON_SITE_TOO = (CallAnswer.REACHED, CallAnswer.CANCELS)
NO_DIGITAL_PLACE = _("The answer is kept. There is no digital place for this person to take.")
# What somebody should look at.
NOT_ARRIVED = (MessageState.FAILED, MessageState.SKIPPED, MessageState.UNCERTAIN)


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for the service's codes."""
    return {"labels": labels, "name_of": name_of}


def _answers(switch: SwitchFacts) -> dict[CallAnswer, str]:
    """What people can say, in words."""
    possible = tuple(CallAnswer) if switch.to_format is Format.DIGITAL else ON_SITE_TOO
    return {answer: labels.CALL_ANSWER[answer.value] for answer in possible}


def _found(slug: str, format_version: int) -> tuple[EventFacts, SwitchFacts]:
    event = event_of(slug)
    switch = formats.find_switch(event.id, format_version)
    if switch is None:
        abort(404)
    return event, switch


@blueprint.get("")
@organiser_required
def switch_page(slug: str, format_version: int) -> ResponseReturnValue:
    """Who decided and why, how its mails stand, and the calls with what people said."""
    event, switch = _found(slug, format_version)
    mails = formats.mails_of(event.id, switch)
    return render_template(
        "organiser/switch.html",
        event=event,
        switch=switch,
        by_state=Counter(mail.state for mail in mails),
        not_arrived=[mail for mail in mails if mail.state in NOT_ARRIVED],
        calls=formats.calls_of(event.id, switch),
        meals=formats.meals_of(event, switch, moment()),
        speakers_to_call=speakers.to_call(event),
        answers=_answers(switch),
        unconfirmed=keeping.unconfirmed(event.id),
        holds=switch.version == event.format_version,
    )


@blueprint.get("/call-list")
@organiser_required
def call_list(slug: str, format_version: int) -> ResponseReturnValue:
    """The calls of this switch, to print."""
    event, switch = _found(slug, format_version)
    lines = [call.line for call in formats.calls_of(event.id, switch)]
    return sheet(event, lines)


@blueprint.post("/calls/<int:registration_id>")
@organiser_required
def enter_call(slug: str, format_version: int, registration_id: int) -> ResponseReturnValue:
    """Keep what a person said on the telephone, and do what follows from it."""
    event, switch = _found(slug, format_version)
    if registration_id not in {call.line.registration_id for call in formats.calls_of(event.id, switch)}:
        abort(404)
    sent = request.form.get("answer", "")
    if sent not in _answers(switch):
        abort(400)
    answer = CallAnswer(sent)
    formats.enter_call(event.id, switch, registration_id, answer, by=actor(), now=moment())
    flash(_done(answer, registration_id, switch))
    return redirect(url_for("organiser_switches.switch_page", slug=slug, format_version=format_version), 303)


def _done(answer: CallAnswer, registration_id: int, switch: SwitchFacts) -> str:
    """Do what follows from an answer, and say what came of it."""
    match answer:
        case CallAnswer.JOINS:
            joined = help_requests.join(registration_id, moment(), by=actor())
            if isinstance(joined, TooLate):
                return str(NO_DIGITAL_PLACE)
            return str(gettext("The answer is kept: %(name)s takes part digitally.", name=joined.name))
        case CallAnswer.HELP:
            by_telephone = gettext("By telephone")
            asked = help_requests.ask(registration_id, [HelpKind.OTHER], by_telephone, moment(), by=actor())
            if isinstance(asked, TooLate):
                return str(NO_DIGITAL_PLACE)
            return str(gettext("The answer is kept. The request for help waits for somebody to take care of it."))
        case CallAnswer.CANCELS:
            reason = gettext("Told by telephone")
            cause = CancelCause.FORMAT if switch.to_format is Format.DIGITAL else None
            cancelled = registrations.cancel(registration_id, moment(), by=actor(), reason=reason, cause=cause)
            if isinstance(cancelled, TooLate):
                return str(gettext("This registration has ended already, or the event has begun."))
            return str(gettext("The answer is kept, and the registration is cancelled."))
        case CallAnswer.REACHED:
            return str(gettext("Saved."))
