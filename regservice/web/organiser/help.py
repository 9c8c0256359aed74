"""Who needs help to take part digitally: tasks with an owner and a day, and how everybody answered the switch."""

from collections.abc import Mapping

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectField
from wtforms.fields import SelectChoice

from regservice.accounts import service as accounts
from regservice.events.types import EventFacts
from regservice.registrations import access_needs, access_rules, help_requests
from regservice.registrations import service as registrations
from regservice.registrations.types import HelpRequest, RegistrationFacts
from regservice.web.access import current_organiser, organiser_required
from regservice.web.forms import Form
from regservice.web.organiser.area import actor, blueprint, event_of, moment
from regservice.web.organiser.form_fields import DayField
from regservice.web.wording import HELP_KIND

HELP = "/events/<slug>/help"


class CareForm(Form):
    """Who takes care of a request, and until when."""

    owner = SelectField(_("Who takes care of it"), coerce=int)
    due_on = DayField(_("Answer by"))


def _care_form(asked: HelpRequest, data: Mapping[str, str] | None = None) -> CareForm:
    """The form of one request; whoever looks at it is proposed."""
    chosen = asked.owner_id or current_organiser().id
    form = CareForm(data, prefix=f"help{asked.id}-", owner=chosen, due_on=asked.due_on)
    people = [person for person in accounts.organisers() if not person.disabled or person.id == asked.owner_id]
    form.owner.choices = [SelectChoice(person.id, person.name) for person in people]
    return form


def _page(event: EventFacts, status: int = 200, wrong: CareForm | None = None) -> ResponseReturnValue:
    lines = []
    for task in help_requests.of_event(event.id):
        sent = wrong is not None and wrong.owner.name == f"help{task.request.id}-owner"
        lines.append((task, wrong if sent else _care_form(task.request)))
    page = render_template(
        "organiser/help.html",
        event=event,
        lines=lines,
        needs=[(person, _needs_of(event, person)) for person in access_needs.to_clear(event.id)],
        asks_for_access=bool(access_rules.questions_about(event)),
        answers=help_requests.answers(event) if event.format_version > 1 else {},
        names={person.id: person.name for person in accounts.organisers()},
        kinds=HELP_KIND,
        form=wrong,
    )
    return page, status


def _needs_of(event: EventFacts, person: RegistrationFacts) -> list[tuple[str, str]]:
    """The questions of the event with what this person said that they need."""
    said = access_rules.stated(event, person.answers)
    return [(question.label, said[question.key]) for question in event.questions if question.key in said]


def _asked(event: EventFacts, request_id: int) -> HelpRequest:
    """The request, which must belong to the event in the address."""
    found = help_requests.find(request_id)
    if found is None or found.event_id != event.id:
        abort(404)
    return found


@blueprint.get(HELP)
@organiser_required
def help_requested(slug: str) -> ResponseReturnValue:
    """All requests of an event, what is open first."""
    return _page(event_of(slug))


@blueprint.post(f"{HELP}/<int:request_id>")
@organiser_required
def care_for(slug: str, request_id: int) -> ResponseReturnValue:
    """Say who takes care of it; the person reads that on their page."""
    event = event_of(slug)
    asked = _asked(event, request_id)
    form = _care_form(asked, request.form)
    if not form.validate():
        return _page(event, 400, form)
    help_requests.take_over(asked.id, owner_id=form.owner.data, due_on=form.due_on.data, by=actor(), now=moment())
    return _back(slug, gettext("Saved. The person sees on their page who takes care of it."))


@blueprint.post(f"{HELP}/<int:request_id>/done")
@organiser_required
def settle_help(slug: str, request_id: int) -> ResponseReturnValue:
    """The help is arranged."""
    event = event_of(slug)
    help_requests.settle(_asked(event, request_id).id, by=actor(), now=moment())
    return _back(slug, gettext("This request is settled."))


@blueprint.post(f"{HELP}/needs/<int:registration_id>")
@organiser_required
def clear_needs(slug: str, registration_id: int) -> ResponseReturnValue:
    """What this person needs in the form that the event has now is arranged."""
    person = registrations.find(registration_id)
    if person is None or person.event_id != event_of(slug).id:
        abort(404)
    access_needs.clear(registration_id, by=actor(), now=moment())
    return _back(slug, gettext("What this person needs is cleared."))


def _back(slug: str, news: str) -> ResponseReturnValue:
    flash(news)
    return redirect(url_for("organiser.help_requested", slug=slug), 303)
