"""Who speaks or moderates at an event, and where they are told of decisions before the public; and the deputy."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.accounts import service as accounts
from regservice.events import people
from regservice.events.types import EventFacts, Speaker
from regservice.notices import speaker_links
from regservice.registrations.addresses import parse_address
from regservice.web.access import organiser_required
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.form_fields import line
from regservice.web.organiser.versioned_form import VersionedForm
from regservice.web.registration_form import clean_line

blueprint = Blueprint("organiser_speakers", __name__, url_prefix="/organise/events/<slug>")


class SpeakerForm(VersionedForm):
    """What an organiser says about somebody who speaks; the place in the list says who is meant."""

    name = StringField(
        _("Name"),
        [
            InputRequired(_("Please enter a name.")),
            Length(max=200, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
    )
    role = line(_("Role or office"))
    organisation = line(_("Organisation"))
    email = line(
        _("E-mail address"),
        254,
        description=_(
            "It is never shown in public. Whether the event is on site or digital is told there first, before the "
            "participants hear of it."
        ),
    )
    moderates = BooleanField(_("Moderates the event"))

    def validate_email(self, field: StringField) -> None:
        """An address that mail can be sent to."""
        if field.data and parse_address(field.data) is None:
            raise ValidationError(gettext("Please enter an e-mail address such as name@example.org."))

    def speaker(self) -> Speaker:
        """What the form says."""
        return Speaker(
            name=self.name.data or "",
            role=self.role.data or "",
            organisation=self.organisation.data or "",
            email=self.email.data or "",
            moderates=bool(self.moderates.data),
        )


@blueprint.get("/speakers")
@organiser_required
def speakers_page(slug: str) -> ResponseReturnValue:
    """Everybody who speaks, in the order of the public page."""
    return _list_page(event_of(slug))


@blueprint.get("/speakers/new")
@organiser_required
def new_speaker(slug: str) -> ResponseReturnValue:
    """An empty form."""
    event = event_of(slug)
    return _form_page(event, None, SpeakerForm(version=str(event.version)))


@blueprint.post("/speakers/new")
@organiser_required
def add_speaker(slug: str) -> ResponseReturnValue:
    """Add somebody after the others."""
    return _save(event_of(slug), None)


@blueprint.get("/speakers/<int:number>")
@organiser_required
def edit_speaker(slug: str, number: int) -> ResponseReturnValue:
    """The form with what is known."""
    event = event_of(slug)
    return _form_page(event, number, SpeakerForm(obj=_speaker(event, number), version=str(event.version)))


@blueprint.post("/speakers/<int:number>")
@organiser_required
def save_speaker(slug: str, number: int) -> ResponseReturnValue:
    """Keep what was changed."""
    event = event_of(slug)
    _speaker(event, number)
    return _save(event, number)


@blueprint.post("/speakers/<int:number>/remove")
@organiser_required
def remove_speaker(slug: str, number: int) -> ResponseReturnValue:
    """Take somebody off the list, unless the list changed since it was shown."""
    event = event_of(slug)
    gone = _speaker(event, number)
    if not _kept(event, [speaker for speaker in event.speakers if speaker is not gone]):
        return _list_page(event_of(slug), 409, changed=True)
    return _saved(event)


@blueprint.post("/deputy")
@organiser_required
def set_deputy(slug: str) -> ResponseReturnValue:
    """Name who gets the proposals beside the owner, or nobody."""
    event, chosen = event_of(slug), request.form.get("deputy", "")
    active = {str(organiser.id) for organiser in accounts.organisers() if not organiser.disabled}
    if chosen and chosen not in active:
        abort(400)
    people.set_deputy(event.id, int(chosen) if chosen else None, by=actor(), now=moment())
    flash(gettext("Your changes are saved."))
    return redirect(url_for("organiser_formats.format_page", slug=slug), 303)


def _speaker(event: EventFacts, number: int) -> Speaker:
    """Who is meant, counted from 1."""
    return event.speakers[number - 1] if 1 <= number <= len(event.speakers) else abort(404)


def _list_page(event: EventFacts, status: int = 200, *, changed: bool = False) -> ResponseReturnValue:
    links = {speaker: speaker_links.link_of(event.id, speaker) for speaker in event.speakers if event.has_room}
    return render_template("organiser/speakers.html", event=event, changed=changed, links=links), status


def _form_page(event: EventFacts, number: int | None, form: SpeakerForm, status: int = 200) -> ResponseReturnValue:
    return render_template("organiser/speaker_form.html", event=event, number=number, form=form), status


def _save(event: EventFacts, number: int | None) -> ResponseReturnValue:
    form = SpeakerForm(request.form)
    if not form.validate():
        return _form_page(event, number, form, 400)
    speakers = list(event.speakers)
    if number is None:
        speakers.append(form.speaker())
    else:
        speakers[number - 1] = form.speaker()
    if not _kept(event, speakers):
        form.mark_overtaken(event_of(event.slug))
        return _form_page(event, number, form, 409)
    return _saved(event)


def _kept(event: EventFacts, speakers: list[Speaker]) -> bool:
    """Write it, unless the event changed since it was shown: the place in the list says who is meant."""
    seen = request.form.get("version", 0, type=int)
    answer = people.set_speakers(event.id, speakers, seen=seen, by=actor(), now=moment())
    return isinstance(answer, EventFacts)


def _saved(event: EventFacts) -> ResponseReturnValue:
    flash(gettext("Your changes are saved."))
    return redirect(url_for("organiser_speakers.speakers_page", slug=event.slug), 303)
