"""Signing in and out: by password, by one-time link, and the first account of a new installation."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.accounts import service as accounts
from regservice.accounts.types import AddressTaken, LinkPurpose, PasswordRefused, SignedIn, Throttled
from regservice.registrations.addresses import parse_address
from regservice.web.access import end_session, find_organiser, local_target, sender_of, start_session
from regservice.web.forms import Form
from regservice.web.organiser import labels
from regservice.web.organiser.area import blueprint, moment
from regservice.web.registration_form import clean_line


class SignInForm(Form):
    """Address and password."""

    email = StringField(
        _("E-mail address"), [InputRequired(_("Please enter your e-mail address."))], filters=[clean_line]
    )
    password = PasswordField(_("Password"), [InputRequired(_("Please enter your password."))])


class FirstOrganiserForm(Form):
    """The very first account."""

    name = StringField(
        _("Name"),
        [
            InputRequired(_("Please enter your name.")),
            Length(max=200, message=_("Please enter a name of at most 200 characters.")),
        ],
        filters=[clean_line],
    )
    email = StringField(
        _("E-mail address"), [InputRequired(_("Please enter your e-mail address."))], filters=[clean_line]
    )
    password = PasswordField(
        _("Password"),
        [InputRequired(_("Please choose a password."))],
        description=_("At least 12 characters. A short sentence is easy to remember."),
    )

    def validate_email(self, field: StringField) -> None:
        """The address must be one that mail can be sent to."""
        if parse_address(field.data or "") is None:
            raise ValidationError(_("Please enter an e-mail address such as name@example.org."))


@blueprint.get("/login")
def sign_in() -> ResponseReturnValue:
    """The form; who is signed in already goes on."""
    if find_organiser() is not None:
        return redirect(_after_sign_in())
    return render_template("organiser/sign_in.html", form=SignInForm(), next=_wanted())


@blueprint.post("/login")
def check_sign_in() -> ResponseReturnValue:
    """Sign in, or say that address and password do not fit, or that it was tried too often."""
    form = SignInForm(request.form)
    status = 400
    if form.validate():
        answer = accounts.sign_in(form.email.data, form.password.data, sender=sender_of(request), now=moment())
        match answer:
            case SignedIn():
                start_session(answer)
                return redirect(_after_sign_in())
            case Throttled(until=until):
                status = 429
                minutes = max(1, -(-int((until - moment()).total_seconds()) // 60))
                form.form_errors.append(
                    gettext("That were too many attempts. Please try again in %(minutes)s minutes.", minutes=minutes)
                )
            case _:
                form.email.errors = [gettext("The e-mail address and the password do not fit together.")]
    return render_template("organiser/sign_in.html", form=form, next=_wanted()), status


def _wanted() -> str:
    """The page that somebody wanted before they were asked to sign in."""
    return local_target(request.values.get("next")) or ""


def _after_sign_in() -> str:
    return _wanted() or url_for("organiser.events")


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    end_session()
    return redirect(url_for("organiser.sign_in"))


@blueprint.get("/link/<token>")
def one_time_link(token: str) -> ResponseReturnValue:
    """One button; a mail scanner that opens the link does not use it up."""
    if not accounts.link_is_good(token, LinkPurpose.SIGN_IN, moment()):
        return render_template("organiser/link_over.html"), 410
    return render_template("organiser/one_time_link.html", token=token)


@blueprint.post("/link/<token>")
def use_one_time_link(token: str) -> ResponseReturnValue:
    """Sign in; the link is used up. Who has no password yet is asked to choose one."""
    answer = accounts.use_sign_in_link(token, moment())
    if answer is None:
        return render_template("organiser/link_over.html"), 410
    start_session(answer)
    return redirect(url_for("organiser.events" if answer.organiser.has_password else "organiser.account"))


@blueprint.get("/first/<token>")
def first_organiser(token: str) -> ResponseReturnValue:
    """The form for the first account of a new installation."""
    if not _is_for_first_organiser(token):
        return render_template("organiser/link_over.html"), 410
    return render_template("organiser/first.html", form=FirstOrganiserForm(), token=token)


def _is_for_first_organiser(token: str) -> bool:
    return not accounts.count_organisers() and accounts.link_is_good(token, LinkPurpose.FIRST_ORGANISER, moment())


@blueprint.post("/first/<token>")
def make_first_organiser(token: str) -> ResponseReturnValue:
    """Make the first account and sign in."""
    if not _is_for_first_organiser(token):
        return render_template("organiser/link_over.html"), 410
    form = FirstOrganiserForm(request.form)
    if form.validate():
        answer = accounts.use_first_organiser_link(
            token,
            email=parse_address(form.email.data) or abort(400),
            name=form.name.data,
            password=form.password.data,
            now=moment(),
        )
        match answer:
            case SignedIn():
                start_session(answer)
                return redirect(url_for("organiser.events"))
            case PasswordRefused(code=code):
                form.password.errors = [labels.PASSWORD_REFUSED[code]]
            case AddressTaken() | None:
                return render_template("organiser/link_over.html"), 410
    return render_template("organiser/first.html", form=form, token=token), 400
