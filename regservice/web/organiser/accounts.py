"""The accounts of organisers, for administrators: add, close, open again, one-time links."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.accounts import service as accounts
from regservice.accounts.types import AddressTaken, LastAdmin, LinkPurpose, OrganiserFacts, Role
from regservice.config import current_settings
from regservice.registrations.addresses import parse_address
from regservice.web.access import admin_required, current_organiser
from regservice.web.forms import Form
from regservice.web.organiser.area import actor, blueprint, moment
from regservice.web.registration_form import clean_line


class OrganiserForm(Form):
    """A colleague."""

    name = StringField(
        _("Name"),
        [
            InputRequired(_("Please enter a name.")),
            Length(max=200, message=_("Please enter a name of at most 200 characters.")),
        ],
        filters=[clean_line],
    )
    email = StringField(
        _("E-mail address"), [InputRequired(_("Please enter an e-mail address."))], filters=[clean_line]
    )
    role = RadioField(
        _("What may this person do?"),
        [InputRequired(_("Please choose what this person may do."))],
        choices=[
            SelectChoice("organiser", _("Everything for events and their people")),
            SelectChoice("admin", _("Also accounts, settings and programs (administrator)")),
        ],
        default="organiser",
    )

    def validate_email(self, field: StringField) -> None:
        """An address that mail can be sent to."""
        if parse_address(field.data or "") is None:
            raise ValidationError(gettext("Please enter an e-mail address such as name@example.org."))


def _page(form: Form, status: int = 200, **more: object) -> ResponseReturnValue:
    return render_template("organiser/accounts.html", form=form, organisers=accounts.organisers(), **more), status


@blueprint.get("/accounts")
@admin_required
def organisers() -> ResponseReturnValue:
    """All accounts and the form for another one."""
    return _page(OrganiserForm())


@blueprint.post("/accounts")
@admin_required
def add_organiser() -> ResponseReturnValue:
    """Make an account without password; the one-time link is shown once, to be handed over."""
    form = OrganiserForm(request.form)
    if not form.validate():
        return _page(form, 400)
    email = parse_address(form.email.data) or abort(400)
    made = accounts.add_organiser(email, form.name.data, role=Role(form.role.data), by=actor(), now=moment())
    if isinstance(made, AddressTaken):
        form.email.errors = [gettext("There is an account with this address already.")]
        return _page(form, 409)
    assert isinstance(made, OrganiserFacts)
    return _page(OrganiserForm(), link=_new_link(made), link_for=made)


def _new_link(organiser: OrganiserFacts) -> str:
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=moment())
    return f"{current_settings().base_url}/organise/link/{token}"


def _organiser(organiser_id: int) -> OrganiserFacts:
    return next((found for found in accounts.organisers() if found.id == organiser_id), None) or abort(404)


@blueprint.post("/accounts/<int:organiser_id>/link")
@admin_required
def make_link(organiser_id: int) -> ResponseReturnValue:
    """A new one-time link, for somebody who lost the password."""
    organiser = _organiser(organiser_id)
    return _page(OrganiserForm(), link=_new_link(organiser), link_for=organiser)


@blueprint.post("/accounts/<int:organiser_id>/disable")
@admin_required
def disable_organiser(organiser_id: int) -> ResponseReturnValue:
    """Close an account, but never one's own."""
    organiser = _organiser(organiser_id)
    if organiser.id == current_organiser().id:
        flash(gettext("You cannot close your own account."))
    elif isinstance(accounts.disable(organiser.id, by=actor(), now=moment()), LastAdmin):
        flash(gettext("One administrator must stay."))
    else:
        flash(gettext("The account of %(name)s is closed.", name=organiser.name))
    return redirect(url_for("organiser.organisers"))


@blueprint.post("/accounts/<int:organiser_id>/enable")
@admin_required
def enable_organiser(organiser_id: int) -> ResponseReturnValue:
    """Open a closed account again."""
    organiser = _organiser(organiser_id)
    accounts.enable(organiser.id, by=actor(), now=moment())
    flash(gettext("The account of %(name)s is open again.", name=organiser.name))
    return redirect(url_for("organiser.organisers"))
