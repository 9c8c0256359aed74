"""Tokens for programs that use the JSON API, for administrators."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from regservice.accounts import service as accounts
from regservice.web.access import admin_required, current_organiser
from regservice.web.forms import Form
from regservice.web.organiser.area import actor, blueprint, moment
from regservice.web.registration_form import clean_line


class TokenForm(Form):
    """What a token is for."""

    name = StringField(
        _("What is the token for?"),
        [
            InputRequired(_("Please say what the token is for.")),
            Length(max=200, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
        description=_("For example: website of the town"),
    )


def _page(form: Form, status: int = 200, token: str = "") -> ResponseReturnValue:
    names = {organiser.id: organiser.name for organiser in accounts.organisers()}
    found = accounts.api_tokens()
    return render_template("organiser/tokens.html", form=form, tokens=found, names=names, token=token), status


@blueprint.get("/tokens")
@admin_required
def tokens() -> ResponseReturnValue:
    """All tokens in use and the form for another one."""
    return _page(TokenForm())


@blueprint.post("/tokens")
@admin_required
def make_token() -> ResponseReturnValue:
    """Make a token; it is shown this once."""
    form = TokenForm(request.form)
    if not form.validate():
        return _page(form, 400)
    own = current_organiser().id
    token = accounts.make_api_token(form.name.data, organiser_id=own, by=actor(), now=moment())
    return _page(TokenForm(), token=token)


@blueprint.post("/tokens/<int:token_id>/end")
@admin_required
def end_token(token_id: int) -> ResponseReturnValue:
    """Make a token useless at once."""
    accounts.end_api_token(token_id, by=actor(), now=moment())
    flash(gettext("The token no longer works."))
    return redirect(url_for("organiser.tokens"))
