"""The digital room of an event: which system makes it, the way in for who moderates, and a new one when it leaked."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.config import current_settings
from regservice.events import opening, rules
from regservice.events.rooms import LINK, RoomTrouble, Visitor
from regservice.events.rules import is_web_address
from regservice.events.types import EventFacts
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance
from regservice.web.access import current_organiser, lead_out, organiser_required
from regservice.web.forms import Form
from regservice.web.organiser import labels
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.registration_form import clean_line
from regservice.wiring import current_wiring

blueprint = Blueprint("organiser_rooms", __name__, url_prefix="/organise/events/<slug>/room")

NEW_LINK = _("The new link holds. Nobody has to be told: links in mails and calendars stay right.")
NEW_ROOM = _("The next one who enters gets a new room. Nobody has to be told: links in mails and calendars stay right.")


class SystemForm(Form):
    """Which system makes the room."""

    system = RadioField(_("Where is the digital room?"), [InputRequired(_("Please choose one."))])


class NewLinkForm(Form):
    """A new address for a room whose old one has become known."""

    join_url = StringField(
        _("New address of the digital room"),
        [
            InputRequired(_("Please enter a web address that begins with https://")),
            Length(max=1000, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
        description=_("Make a new room in your system first, then enter its address here."),
    )
    old = ""

    def validate_join_url(self, field: Field) -> None:
        """Another one than before, and nothing that runs."""
        if not is_web_address(field.data or ""):
            raise ValidationError(gettext("Please enter a web address that begins with https://"))
        if field.data == self.old:
            raise ValidationError(gettext("This is the old address. Please enter a new one."))


@blueprint.get("")
@organiser_required
def room_page(slug: str) -> ResponseReturnValue:
    """Where the room is, and what can be done about it."""
    return _page(event_of(slug))


def _page(
    event: EventFacts,
    status: int = 200,
    *,
    system: SystemForm | None = None,
    link: NewLinkForm | None = None,
    trouble: bool = False,
) -> ResponseReturnValue:
    """The page; a form that was sent is shown with its errors."""
    page = render_template(
        "organiser/room.html",
        event=event,
        labels=labels,
        system_form=system or _system_form(event),
        link_form=link or NewLinkForm(),
        form=system or link,
        trouble=trouble,
        group_rooms=rules.group_rooms(event),
        systems=current_wiring().rooms,
        expected=_expected(event),
    )
    lead_out(opening.leads_to(event, current_wiring().rooms))
    return page, status


def _expected(event: EventFacts) -> int:
    """How many people have a place there, or everybody with a place where the event may yet go digital."""
    places = registrations.all_places(event)
    digital = [places[Attendance.DIGITAL]] if Attendance.DIGITAL in places else places.values()
    return sum(one.taken for one in digital)


def _system_form(event: EventFacts) -> SystemForm:
    """Only what is set up can be chosen, and what is chosen already."""
    form = SystemForm(request.form, data={"system": event.room_system})
    possible = dict.fromkeys([LINK, *current_wiring().rooms, event.room_system])
    form.system.choices = [SelectChoice(name, labels.ROOM_SYSTEM[name]) for name in possible]
    return form


@blueprint.post("/system")
@organiser_required
def choose_system(slug: str) -> ResponseReturnValue:
    """Keep which system makes the room."""
    event = event_of(slug)
    form = _system_form(event)
    if not form.validate():
        return _page(event, 400, system=form)
    opening.choose_system(event.id, form.system.data, by=actor(), now=moment())
    flash(gettext("The digital room is saved. Links in mails and calendars stay right."))
    return redirect(url_for("organiser_rooms.room_page", slug=slug), 303)


@blueprint.post("/replace")
@organiser_required
def replace_room(slug: str) -> ResponseReturnValue:
    """The link has become known: a new one."""
    event = event_of(slug)
    form = NewLinkForm(request.form)
    form.old = event.join_url
    if event.room_system == LINK and not form.validate():
        return _page(event, 400, link=form)
    opening.replace_room(event.id, form.join_url.data or "", current_wiring().rooms, by=actor(), now=moment())
    flash(str(NEW_LINK if event.room_system == LINK else NEW_ROOM))
    return redirect(url_for("organiser_rooms.room_page", slug=slug), 303)


@blueprint.post("/enter")
@organiser_required
def enter(slug: str) -> ResponseReturnValue:
    """Into the room as somebody who moderates, also before it opens."""
    return _enter(event_of(slug), None)


@blueprint.post("/enter/<int:session_id>")
@organiser_required
def enter_group(slug: str, session_id: int) -> ResponseReturnValue:
    """Into the room of one working group."""
    return _enter(event_of(slug), session_id)


def _enter(event: EventFacts, group_id: int | None) -> ResponseReturnValue:
    if not event.has_room:
        return _page(event, 409)
    visitor = Visitor(name=current_organiser().name, moderates=True)
    try:
        key, rooms = current_settings().secret_key, current_wiring().rooms
        return redirect(opening.enter(event.id, visitor, rooms, key, moment(), group_id=group_id), 303)
    except RoomTrouble:
        return _page(event_of(event.slug), 503, trouble=True)
