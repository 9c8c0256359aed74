"""One's own account: name, address, password."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import InputRequired

from regservice.accounts import service as accounts
from regservice.accounts.types import PasswordRefused, SignedIn, Throttled
from regservice.web.access import current_organiser, organiser_required, start_session
from regservice.web.forms import Form
from regservice.web.organiser import labels
from regservice.web.organiser.area import blueprint, moment


class NewPasswordForm(Form):
    """For an account that has no password yet."""

    new = PasswordField(
        _("New password"),
        [InputRequired(_("Please choose a password."))],
        description=_("At least 12 characters. A short sentence is easy to remember."),
    )


class ChangePasswordForm(NewPasswordForm):
    """For an account with a password: the old one first."""

    old = PasswordField(_("Old password"), [InputRequired(_("Please enter your old password."))])


def _form_class() -> type[Form]:
    return ChangePasswordForm if current_organiser().has_password else NewPasswordForm


@blueprint.get("/account")
@organiser_required
def account() -> ResponseReturnValue:
    """Who one is here, and the form for another password."""
    return render_template("organiser/account.html", form=_form_class()())


@blueprint.post("/account")
@organiser_required
def change_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out."""
    form = _form_class()(request.form)
    if not form.validate():
        return render_template("organiser/account.html", form=form), 400
    old = form["old"].data if "old" in form else ""
    answer = accounts.change_password(current_organiser().id, old, form["new"].data, now=moment())
    match answer:
        case SignedIn():
            start_session(answer)
            flash(gettext("Your password is changed. All other browsers are signed out."))
            return redirect(url_for("organiser.account"))
        case PasswordRefused(code=code):
            form["new"].errors = [labels.PASSWORD_REFUSED[code]]
        case Throttled():
            form.form_errors.append(gettext("That were too many attempts. Please try again in a quarter of an hour."))
        case _:
            form["old"].errors = [gettext("The old password is not right.")]
    return render_template("organiser/account.html", form=form), 400
