"""The people of an event: searched, filtered by status, page by page; and entered by hand."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import StringField
from wtforms.validators import Optional, ValidationError

from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import attendee_list, desk, group_rules, question_rules, questions
from regservice.registrations.addresses import parse_address
from regservice.registrations.types import (
    AlreadyRegistered,
    Confirmed,
    Full,
    Question,
    RegistrationRequest,
    RegistrationState,
    Source,
    TooLate,
    Waitlisted,
    Wish,
)
from regservice.web.access import organiser_required
from regservice.web.filters import language
from regservice.web.forms import Form
from regservice.web.organiser.area import actor, blueprint, event_of, moment, page_number
from regservice.web.registration_form import answers_of, clean_line, form_for, without_obligation

# What the list shows at first: who takes part or wants to.
CURRENT = (
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.WAITLISTED,
    RegistrationState.PENDING,
    RegistrationState.ATTENDED,
    RegistrationState.NO_SHOW,
)


def _address_or_nothing(_form: Form, field: StringField) -> None:
    if field.data and parse_address(field.data) is None:
        raise ValidationError(_("Please enter an e-mail address such as name@example.org."))


@blueprint.get("/events/<slug>/attendees")
@organiser_required
def attendees(slug: str) -> ResponseReturnValue:
    """One page of the list."""
    event = event_of(slug)
    wanted = request.args.get("status", "")
    text = clean_line(request.args.get("search"))[:200]
    states = (RegistrationState(wanted),) if wanted in list(RegistrationState) else CURRENT
    page = page_number()
    found = attendee_list.search(event.id, text=text, states=states, page=page)
    return render_template(
        "organiser/attendees.html",
        event=event,
        found=found,
        no_mailbox=outbox.without_mailbox({person.id: person.email for person in found.people}),
        counts=attendee_list.counts(event.id),
        about_date=questions.counts(event.id, Question.NEW_DATE, event.created_at),
        is_unanswered=lambda person: (
            person.question is Question.NEW_DATE and question_rules.is_unanswered(event, person, moment())
        ),
        wished_group=group_rules.wished_group,
        search=text,
        status=wanted if wanted in list(RegistrationState) else "",
        page=page,
        page_size=attendee_list.PAGE_SIZE,
    )


def entry_form_for(event: EventFacts, data: ImmutableMultiDict[str, str] | None = None, **defaults: Any) -> Form:
    """The public form as staff fill it in for somebody: without consent, the address and all answers optional."""
    public = type(form_for(without_obligation(event)))
    names = ("name", "language", "attendance", *(f"answers-{question.key}" for question in event.questions))
    fields = {name: getattr(public, name) for name in names if hasattr(public, name)}
    fields["email"] = StringField(
        _("E-mail address"),
        [Optional(), _address_or_nothing],
        filters=[clean_line],
        description=_("Without an address the person gets no mails: no confirmation, no reminder."),
    )
    entry_class: type[Form] = type("EntryForm", (Form,), fields)
    return entry_class(data, data=defaults)


@blueprint.get("/events/<slug>/attendees/new")
@organiser_required
def new_attendee(slug: str) -> ResponseReturnValue:
    """An empty form."""
    event = event_of(slug)
    return render_template("organiser/new_attendee.html", event=event, form=entry_form_for(event, language=language()))


@blueprint.post("/events/<slug>/attendees/new")
@organiser_required
def enter_attendee(slug: str) -> ResponseReturnValue:
    """Register a person who rang or stood at the counter."""
    event = event_of(slug)
    form = entry_form_for(event, request.form)
    if not form.validate():
        return render_template("organiser/new_attendee.html", event=event, form=form), 400
    wish = form["attendance"].data if "attendance" in form else None
    entry = RegistrationRequest(
        name=form["name"].data,
        email=parse_address(form["email"].data or "") or "",
        language=form["language"].data,
        attendance=Wish(wish) if wish else None,
        answers=answers_of(event, form),
        source=Source.STAFF,
    )
    answer = desk.enter(event.id, entry, by=actor(), now=moment())
    match answer:
        case Confirmed(registration=person):
            flash(gettext("%(name)s has a place.", name=person.name))
            return redirect(url_for("organiser.person", slug=slug, registration_id=person.id))
        case Waitlisted(registration=person):
            flash(gettext("%(name)s is on the waiting list.", name=person.name))
            return redirect(url_for("organiser.person", slug=slug, registration_id=person.id))
        case AlreadyRegistered(registration=person):
            form["email"].errors = [gettext("This address is registered already, for %(name)s.", name=person.name)]
        case Full():
            form.form_errors.append(gettext("All places are taken, and there is no waiting list."))
        case TooLate():
            form.form_errors.append(gettext("Nobody can be entered: the event has begun, or it does not take place."))
    return render_template("organiser/new_attendee.html", event=event, form=form), 409
