"""One person at one event: what they said, what they were sent, what was done, and what the town can do for them."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.accounts import service as accounts
from regservice.audit import service as audit
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import attendee_list, desk, group_rules, rules
from regservice.registrations import service as registrations
from regservice.registrations.addresses import parse_address
from regservice.registrations.types import (
    AlreadyRegistered,
    Confirmed,
    Full,
    RegistrationFacts,
    RegistrationState,
    TooLate,
)
from regservice.web.access import organiser_required
from regservice.web.forms import Form
from regservice.web.languages import OWN_NAMES
from regservice.web.organiser import labels, taking_part
from regservice.web.organiser.area import PERSON, actor, blueprint, event_of, moment, person_of
from regservice.web.registration_form import answers_of, change_form_for_staff, clean_line


class AddressForm(Form):
    """Another address."""

    email = StringField(
        _("E-mail address"), [InputRequired(_("Please enter an e-mail address."))], filters=[clean_line]
    )

    def validate_email(self, field: StringField) -> None:
        """An address that mail can be sent to."""
        if parse_address(field.data or "") is None:
            raise ValidationError(gettext("Please enter an e-mail address such as name@example.org."))


class WhyForm(Form):
    """Why; it is kept with the person."""

    reason = StringField(
        _("Reason"),
        [
            InputRequired(_("Please enter a reason.")),
            Length(max=500, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
    )


def _forms(person: RegistrationFacts) -> dict[str, Form]:
    return {
        "address_form": AddressForm(email=person.email, prefix="address-"),
        "move_up_form": WhyForm(prefix="up-"),
        "cancel_form": WhyForm(prefix="cancel-"),
    }


def _page(event: EventFacts, registration_id: int, status: int = 200, **forms: Form) -> ResponseReturnValue:
    person = person_of(event, registration_id)
    shown = _forms(person) | forms
    # The frame names the page by the one form that has something to say.
    wrong = next((form for form in shown.values() if form.errors), None)
    answers = [
        (question.label, attendee_list.answer_text(question, person.answers, labels.say))
        for question in event.questions
    ]
    may_take_part = rules.may_take_part(event, moment())
    return render_template(
        "organiser/person.html",
        event=event,
        language_names=OWN_NAMES,
        person=person,
        wished=group_rules.wished_group(event, person),
        form=wrong,
        answers=[(label, text) for label, text in answers if text],
        messages=outbox.ledger_for_registration(person.id),
        no_mailbox=bool(outbox.without_mailbox({person.id: person.email})),
        history=audit.history(f"registration:{person.id}"),
        names={organiser.id: organiser.name for organiser in accounts.organisers()},
        ahead=registrations.people_ahead(person) if person.state is RegistrationState.WAITLISTED else None,
        waits=may_take_part and person.state in (RegistrationState.WAITLISTED, RegistrationState.OFFERED),
        offered_until=person.expires_at if may_take_part and person.state is RegistrationState.OFFERED else None,
        can_cancel=may_take_part and person.active,
        **taking_part.shown(event, person),
        **shown,
    ), status


@blueprint.get(PERSON)
@organiser_required
def person(slug: str, registration_id: int) -> ResponseReturnValue:
    """Everything about the person that the town keeps."""
    return _page(event_of(slug), registration_id)


def _back(slug: str, registration_id: int) -> ResponseReturnValue:
    return redirect(url_for("organiser.person", slug=slug, registration_id=registration_id))


@blueprint.route(PERSON + "/change", methods=["GET", "POST"])
@organiser_required
def change_person(slug: str, registration_id: int) -> ResponseReturnValue:
    """What a person says on the telephone about themselves, in place of what they said before."""
    event = event_of(slug)
    found = person_of(event, registration_id)
    if not found.active:
        flash(gettext("This registration has ended; nothing else can be done any more."))
        return _back(slug, registration_id)
    form = change_form_for_staff(event, found, request.form if request.method == "POST" else None)
    if request.method == "POST" and form.validate():
        registrations.change(
            registration_id,
            name=form["name"].data,
            language=form["language"].data,
            answers=answers_of(event, form),
            by=actor(),
            now=moment(),
        )
        flash(gettext("Your changes are saved."))
        return _back(slug, registration_id)
    page = render_template("organiser/person_change.html", event=event, person=found, form=form)
    return page, 400 if form.errors else 200


@blueprint.post(PERSON + "/address")
@organiser_required
def correct_address(slug: str, registration_id: int) -> ResponseReturnValue:
    """Correct the address; the person gets a new link there."""
    event = event_of(slug)
    person_of(event, registration_id)
    form = AddressForm(request.form, prefix="address-")
    if not form.validate():
        return _page(event, registration_id, 400, address_form=form)
    address = parse_address(form.email.data) or abort(400)
    answer = desk.correct_address(registration_id, address, by=actor(), now=moment())
    if isinstance(answer, AlreadyRegistered):
        taken_by = answer.registration.name
        form.email.errors = [gettext("This address is registered already, for %(name)s.", name=taken_by)]
        return _page(event, registration_id, 409, address_form=form)
    flash(gettext("The address is corrected. The old link no longer works, a new one is on its way."))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/mail-came-back")
@organiser_required
def note_returned_mail(slug: str, registration_id: int) -> ResponseReturnValue:
    """A mail to the person is in the town's mailbox again."""
    found = person_of(event_of(slug), registration_id)
    if desk.note_returned_mail(registration_id, by=actor(), now=moment()):
        flash(gettext("Nothing more is sent to this address. %(name)s is on the call list.", name=found.name))
    else:
        flash(gettext("Nothing was sent to this address yet, so nothing can have come back."))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/address-again")
@organiser_required
def try_address_again(slug: str, registration_id: int) -> ResponseReturnValue:
    """The mailbox takes mails again."""
    found = person_of(event_of(slug), registration_id)
    desk.try_address_again(registration_id, by=actor(), now=moment())
    flash(gettext("Mails go to %(email)s again. The personal link is on its way there.", email=found.email))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/link")
@organiser_required
def send_link(slug: str, registration_id: int) -> ResponseReturnValue:
    """Send the personal link once more."""
    found = person_of(event_of(slug), registration_id)
    if found.email and found.active:
        desk.send_link_again(registration_id, by=actor(), now=moment())
        flash(gettext("The link is on its way to %(email)s.", email=found.email))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/new-link")
@organiser_required
def replace_link(slug: str, registration_id: int) -> ResponseReturnValue:
    """Another personal link instead of one that strangers have."""
    found = person_of(event_of(slug), registration_id)
    desk.replace_link(registration_id, by=actor(), now=moment())
    if found.email and found.active:
        flash(gettext("The old link no longer works. The new one is on its way to %(email)s.", email=found.email))
    else:
        flash(gettext("The old link no longer works."))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/move-up")
@organiser_required
def move_up(slug: str, registration_id: int) -> ResponseReturnValue:
    """Give a waiting person a place out of turn."""
    event = event_of(slug)
    person_of(event, registration_id)
    form = WhyForm(request.form, prefix="up-")
    if not form.validate():
        return _page(event, registration_id, 400, move_up_form=form)
    match desk.move_up(registration_id, reason=form.reason.data, by=actor(), now=moment()):
        case Confirmed(registration=moved):
            flash(gettext("%(name)s has a place.", name=moved.name))
            return _back(slug, registration_id)
        case Full():
            form.form_errors.append(gettext("No place is free. Please raise the number of places first."))
        case TooLate():
            form.form_errors.append(gettext("This person does not wait any more, or the event has begun."))
    return _page(event, registration_id, 409, move_up_form=form)


@blueprint.post(PERSON + "/accept")
@organiser_required
def accept_for_person(slug: str, registration_id: int) -> ResponseReturnValue:
    """A person said on the telephone that they take the place that is held for them."""
    found = person_of(event_of(slug), registration_id)
    if isinstance(registrations.accept(registration_id, moment(), by=actor()), Confirmed):
        flash(gettext("%(name)s has a place.", name=found.name))
    else:
        flash(gettext("No place is held for this person any more, or the event has begun."))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/cancel")
@organiser_required
def cancel_person(slug: str, registration_id: int) -> ResponseReturnValue:
    """Cancel for a person; the place goes to the next in line."""
    event = event_of(slug)
    person_of(event, registration_id)
    form = WhyForm(request.form, prefix="cancel-")
    if not form.validate():
        return _page(event, registration_id, 400, cancel_form=form)
    answer = registrations.cancel(registration_id, moment(), by=actor(), reason=form.reason.data)
    if isinstance(answer, TooLate):
        form.form_errors.append(gettext("This registration has ended already, or the event has begun."))
        return _page(event, registration_id, 409, cancel_form=form)
    flash(gettext("The registration is cancelled."))
    return _back(slug, registration_id)
