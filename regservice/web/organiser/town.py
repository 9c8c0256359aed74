"""The town's name, logo and legal texts, for administrators."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Field, FileField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from regservice.town import colour, logo
from regservice.town import service as towns
from regservice.town.types import Logo
from regservice.web.access import admin_required
from regservice.web.forms import Form
from regservice.web.organiser.area import actor, blueprint, moment
from regservice.web.registration_form import clean_line, clean_text

_MARKDOWN = _("Left empty, the built-in text is shown. An empty line begins a paragraph (Markdown).")


def _line(label: str, **more: str) -> StringField:
    limit = Length(max=200, message=_("Please write at most %(max)d characters."))
    return StringField(label, [Optional(), limit], filters=[clean_line], **more)


def _text(label: str) -> TextAreaField:
    limit = Length(max=100_000, message=_("Please write at most %(max)d characters."))
    return TextAreaField(label, [Optional(), limit], filters=[clean_text], description=_MARKDOWN)


def _readable(_form: Form, field: Field) -> None:
    try:
        readable = colour.is_readable(field.data)
    except ValueError:
        raise ValidationError(gettext("Please write the colour like #1a4f8b.")) from None
    if not readable:
        raise ValidationError(gettext("This colour is too light to be read on white. Please choose a darker one."))


class TownForm(Form):
    """Name, logo and texts."""

    name = _line(_("Name of the town"))
    sender_name = _line(_("Sender of the mails"), description=_("Left empty, it is the name of the town."))
    logo = FileField(_("Logo"), [Optional()], description=_("PNG, JPEG or WebP, at most 1 MB."))
    remove_logo = BooleanField(_("Remove the logo"))
    colour = StringField(
        _("Colour of links and buttons"),
        [Optional(), _readable],
        filters=[clean_line, str.lower],
        description=_("As in the town's design rules, for example #1a4f8b. Left empty, it is a dark blue."),
    )
    imprint = _text(_("Imprint"))
    privacy = _text(_("Privacy notice"))
    accessibility = _text(_("Accessibility statement"))


@blueprint.get("/settings")
@admin_required
def settings() -> ResponseReturnValue:
    """The form with what is set."""
    town = towns.current()
    return render_template("organiser/settings.html", form=TownForm(obj=town), has_logo=bool(town.logo_type))


@blueprint.post("/settings")
@admin_required
def save_settings() -> ResponseReturnValue:
    """Save, or say what is wrong with the picture."""
    town = towns.current()
    form = TownForm(request.form)
    upload = request.files.get("logo")
    content = upload.read(logo.LARGEST + 1) if upload else b""
    good = form.validate()
    kind = logo.image_type(content)
    if len(content) > logo.LARGEST:
        form.logo.errors = [gettext("The picture is too large. Please choose one of at most 1 MB.")]
    elif content and kind is None:
        form.logo.errors = [gettext("Please choose a picture in one of the formats PNG, JPEG or WebP.")]
    if not good or form.errors:
        return render_template("organiser/settings.html", form=form, has_logo=bool(town.logo_type)), 400
    changed = replace(
        town,
        name=form.name.data or "",
        sender_name=form.sender_name.data or "",
        colour=form.colour.data or "",
        imprint=form.imprint.data or "",
        privacy=form.privacy.data or "",
        accessibility=form.accessibility.data or "",
    )
    towns.save(changed, by=actor(), now=moment())
    if kind:
        towns.set_logo(Logo(content=content, media_type=kind), by=actor(), now=moment())
    elif form.remove_logo.data:
        towns.set_logo(None, by=actor(), now=moment())
    flash(gettext("Your changes are saved."))
    return redirect(url_for("organiser.settings"))
