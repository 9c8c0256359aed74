"""The form for the core facts of an event. Days and times are those of the event's zone.

Questions have forms of their own; agenda, groups, documents and picture come by YAML import or the API. This form
leaves them all as they are.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import (
    BooleanField,
    Field,
    RadioField,
    StringField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.events import service as events
from regservice.events.daytime import exists
from regservice.events.rules import end_of_day, is_web_address, local
from regservice.events.shapes import KEYPAD, LONGEST_OPENING_MIN, TELEPHONE
from regservice.events.types import (
    Contact,
    DialIn,
    EventFacts,
    EventValues,
    Format,
    Problem,
    RegistrationMode,
    Venue,
)
from regservice.registrations.addresses import parse_address
from regservice.web.organiser import labels
from regservice.web.organiser.form_fields import ClockField, DayField, NumberField, line, text
from regservice.web.organiser.versioned_form import VersionedForm
from regservice.web.registration_form import clean_line

END_OF_DAY = time(23, 59, 59)


class EventForm(VersionedForm):
    """What an organiser says about an event."""

    title = StringField(
        _("Title"),
        [
            InputRequired(_("Please enter a title.")),
            Length(max=200, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
    )
    summary = text(_("Summary"), description=_("One or two sentences for the list of events."))
    description = text(
        _("Description"),
        description=_("An empty line begins a paragraph, a hyphen at the start of a line a list (Markdown)."),
    )
    starts_on = DayField(_("Day"))
    starts_time = ClockField(_("Begins at"))
    ends_on = DayField(_("Last day"), description=_("Only if it is another day."))
    ends_time = ClockField(_("Ends at"))
    format = RadioField(
        _("Where do people take part?"),
        [InputRequired(_("Please choose where people take part."))],
        choices=[SelectChoice(code, labels.FORMAT[code]) for code in ("onsite", "digital", "hybrid")],
        default="onsite",
    )
    join_url = line(
        _("Address of the digital room"),
        1000,
        description=_("It is never shown in public. Each person is led to it by their own link."),
    )
    join_opens_min = NumberField(
        _("How many minutes before the start does the digital room open?"),
        description=_("Left empty: 30."),
        default=30,
    )
    dial_in_number = line(
        _("Telephone number for dialling in"),
        50,
        description=_("For people without a computer. Only those who take part digitally see it."),
    )
    dial_in_meeting_id = line(_("Meeting number for dialling in"), 30)
    dial_in_pin = line(_("PIN for dialling in"), 30)
    venue_name = line(_("Place"), description=_("For example: town hall"))
    venue_room = line(_("Room"))
    venue_street = line(_("Street and number"))
    venue_postal_code = line(_("Postal code"), 20)
    venue_city = line(_("Town"))
    capacity = NumberField(_("Places on site"), description=_("Leave it empty if there is no limit."))
    digital_capacity = NumberField(_("Digital places"), description=_("Leave it empty if there is no limit."))
    waiting_list = BooleanField(_("When all places are taken, people can put themselves on a waiting list."))
    registration_mode = RadioField(
        _("How do people register?"),
        [InputRequired(_("Please choose how people register."))],
        choices=[
            SelectChoice("form", _("With the form here")),
            SelectChoice("email", _("By e-mail to a mailbox")),
            SelectChoice("external", _("On another website")),
            SelectChoice("none", _("Not at all")),
        ],
        default="form",
    )
    registration_address = line(
        _("Mailbox or web address for registering"),
        1000,
        description=_("With the form here: a short web address that leads to it, if there is one."),
    )
    opens_on = DayField(_("Registration opens on"), description=_("Leave it empty to open at once."))
    opens_time = ClockField(_("Opens at"))
    closes_on = DayField(
        _("Registration closes on"),
        description=_("Without a time it closes at the end of that day. Left empty: when the event begins."),
    )
    closes_time = ClockField(_("Closes at"))
    contact_name = line(_("Contact person"))
    contact_role = line(_("Role or office"))
    contact_email = line(_("E-mail address for questions"), 254)
    contact_phone = line(_("Telephone"), 50)
    host = line(_("Organised by"))
    access = text(
        _("Accessibility of the event"), description=_("Steps, lift, toilet, sign language, induction loop, parking.")
    )
    target_groups = text(_("Who is invited"), description=_("One group a line."))
    retention_days = NumberField(
        _("Delete people's data how many days after the event?"),
        [InputRequired(_("Please enter a number of days."))],
        default=30,
    )
    timezone = line(_("Time zone"), 50, description=_("For example: Europe/Berlin"))

    base: EventFacts | None = None
    values: EventValues

    def validate_timezone(self, field: Field) -> None:
        """A zone that the clock knows."""
        try:
            ZoneInfo(field.data or "Europe/Berlin")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            field.data = "Europe/Berlin"
            raise ValidationError(gettext("Please enter a time zone such as Europe/Berlin.")) from None

    def validate_contact_email(self, field: Field) -> None:
        """An address that mail can be sent to."""
        if field.data and parse_address(field.data) is None:
            raise ValidationError(gettext("Please enter an e-mail address such as name@example.org."))

    def validate_join_url(self, field: Field) -> None:
        """Nothing that runs."""
        if field.data and not is_web_address(field.data):
            raise ValidationError(gettext("Please enter a web address that begins with https://"))

    def validate_join_opens_min(self, field: Field) -> None:
        """Nobody waits in a room for half a day."""
        if field.data is not None and not 0 <= field.data <= LONGEST_OPENING_MIN:
            raise ValidationError(gettext("Please enter a number between 0 and 240."))

    def validate_dial_in_number(self, field: Field) -> None:
        """A number that can be dialled."""
        if not TELEPHONE.match(field.data or ""):
            raise ValidationError(gettext("Please enter a telephone number such as 030 123456."))

    def validate_dial_in_meeting_id(self, field: Field) -> None:
        """What a telephone can type."""
        if not KEYPAD.match(field.data or ""):
            raise ValidationError(gettext("Please use digits only, as they are typed on a telephone."))

    validate_dial_in_pin = validate_dial_in_meeting_id

    def validate_retention_days(self, field: Field) -> None:
        """Data that is no longer needed goes; a year is the longest."""
        if field.data is not None and not 1 <= field.data <= 365:
            raise ValidationError(gettext("Please enter a number between 1 and 365."))

    def validate_registration_address(self, field: Field) -> None:
        """A mailbox for registering by mail, else a web address."""
        if not field.data:
            return
        if self.registration_mode.data == RegistrationMode.EMAIL:
            if parse_address(field.data) is None:
                raise ValidationError(gettext("Please enter an e-mail address such as name@example.org."))
        elif not is_web_address(field.data):
            raise ValidationError(gettext("Please enter a web address that begins with https://"))


class NewEventForm(EventForm):
    """A new event also gets its address, which stays."""

    slug = line(
        _("Web address of the event"),
        80,
        description=_("Small letters, digits and hyphens; it cannot be changed later. Left empty: made of the title."),
    )

    def validate_slug(self, field: Field) -> None:
        """What may stand in an address, and is still free."""
        if field.data and not events.SLUG.fullmatch(field.data):
            raise ValidationError(gettext("Please use only small letters, digits and single hyphens."))
        if field.data and events.find(field.data):
            raise ValidationError(gettext("Another event has this address already."))


def shown(event: EventFacts) -> dict[str, Any]:
    """An event as the form shows it."""
    starts_on, starts_time = _day_and_time(event.starts_at, event.timezone)
    ends_on, ends_time = _day_and_time(event.ends_at, event.timezone)
    opens_on, opens_time = _day_and_time(event.registration_opens_at, event.timezone)
    closes_on, closes_time = _day_and_time(event.registration_closes_at, event.timezone)
    names = ("title", "summary", "description", "timezone", "capacity", "digital_capacity", "waiting_list", "host")
    more = ("registration_address", "access", "retention_days", "join_url", "join_opens_min")
    return {
        **{name: getattr(event, name) for name in names + more},
        "version": str(event.version),
        "format": event.format.value,
        "registration_mode": event.registration_mode.value,
        "starts_on": starts_on,
        "starts_time": starts_time,
        "ends_on": ends_on if ends_on != starts_on else None,
        "ends_time": ends_time,
        "opens_on": opens_on,
        "opens_time": opens_time,
        "closes_on": closes_on,
        "closes_time": None if closes_time == END_OF_DAY else closes_time,
        **{f"dial_in_{part}": getattr(event.dial_in, part) for part in _DIAL_IN},
        "venue_name": event.venue.name,
        "venue_room": event.venue.room,
        "venue_street": event.venue.street,
        "venue_postal_code": event.venue.postal_code,
        "venue_city": event.venue.city,
        "contact_name": event.contact.name,
        "contact_role": event.contact.role,
        "contact_email": event.contact.email,
        "contact_phone": event.contact.phone,
        "target_groups": "\n".join(event.target_groups),
    }


def _day_and_time(instant: datetime | None, timezone: str) -> tuple[date | None, time | None]:
    if instant is None:
        return None, None
    clock = local(instant, timezone)
    return clock.date(), clock.time().replace(microsecond=0)


def form_of(event: EventFacts, data: ImmutableMultiDict[str, str] | None = None) -> EventForm:
    """The form of an event, as it stands or as it was sent."""
    form = EventForm(data, data=shown(event))
    form.base = event
    if event.parts:
        # Each part has a format of its own.
        del form.format
    return form


def is_valid(form: EventForm) -> bool:
    """Check every field and what they say together; `form.values` then holds the event. All errors come at once."""
    good = form.validate()
    if not form.registration_mode.errors:
        form.values = _values(form)
        _check_together(form)
    return good and not form.errors


def _values(form: EventForm) -> EventValues:
    """What the form says, on top of what it does not show."""
    base = events.values_of(form.base) if form.base else EventValues(title="")
    zone = form.timezone.data or "Europe/Berlin"
    starts_at = _instant(form, "starts", zone, base.starts_at)
    if form.ends_time.data and not form.ends_on.data:
        form.ends_on.data = form.starts_on.data
    return replace(
        base,
        title=form.title.data or "",
        summary=form.summary.data or "",
        description=form.description.data or "",
        starts_at=starts_at,
        ends_at=_instant(form, "ends", zone, base.ends_at),
        timezone=zone,
        venue=Venue(**{part: form[f"venue_{part}"].data or "" for part in _VENUE}),
        capacity=form.capacity.data,
        digital_capacity=form.digital_capacity.data,
        waiting_list=bool(form.waiting_list.data),
        registration_mode=RegistrationMode(form.registration_mode.data),
        registration_address=form.registration_address.data or "",
        registration_opens_at=_instant(form, "opens", zone, base.registration_opens_at, without_time=time(0)),
        registration_closes_at=_instant(form, "closes", zone, base.registration_closes_at, without_time=END_OF_DAY),
        contact=Contact(**{part: form[f"contact_{part}"].data or "" for part in _CONTACT}),
        target_groups=tuple(line for line in (form.target_groups.data or "").splitlines() if line),
        host=form.host.data or "",
        access=form.access.data or "",
        retention_days=form.retention_days.data or 30,
        dial_in=DialIn(**{part: form[f"dial_in_{part}"].data or "" for part in _DIAL_IN}),
        join_opens_min=30 if form.join_opens_min.data is None else form.join_opens_min.data,
    )


_VENUE = ("name", "room", "street", "postal_code", "city")
_DIAL_IN = ("number", "meeting_id", "pin")
_CONTACT = ("name", "role", "email", "phone")


def _instant(
    form: EventForm, name: str, zone: str, kept: datetime | None, *, without_time: time | None = None
) -> datetime | None:
    """The instant of a day and a time; what was not touched keeps its seconds."""
    day, clock = form[f"{name}_on"], form[f"{name}_time"]
    if day.data is None:
        if clock.data is not None and not day.errors:
            _add_error(day, gettext("Please enter the day as well."))
        return None
    wall_clock: time | None = clock.data or without_time
    if wall_clock is None:
        if not clock.errors:
            _add_error(clock, gettext("Please enter the time as well."))
        return None
    if kept and form.base and zone == form.base.timezone:
        kept_day, kept_clock = _day_and_time(kept, zone)
        if kept_clock and day.data == kept_day and wall_clock in (kept_clock, kept_clock.replace(second=0)):
            return kept
    if wall_clock == END_OF_DAY:
        return end_of_day(day.data, zone).astimezone(ZoneInfo("UTC"))
    if not exists(day.data, wall_clock, zone):
        _add_error(clock, gettext("This time does not exist: the clocks are put forward in that night."))
        return None
    return datetime.combine(day.data, wall_clock, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def _check_together(form: EventForm) -> None:
    """What only shows when the fields are read together."""
    values = form.values
    if values.starts_at and values.ends_at and values.ends_at <= values.starts_at:
        _add_error(form.ends_time, str(labels.PROBLEM["ends_at", "before_start"]))
    if values.registration_closes_at and values.starts_at and values.registration_closes_at > values.starts_at:
        _add_error(form.closes_on, str(labels.PROBLEM["registration_closes_at", "after_start"]))
    if values.dial_in != DialIn() and not values.dial_in.number:
        _add_error(form.dial_in_number, gettext("Please enter the telephone number as well."))
    opens, closes = values.registration_opens_at, values.registration_closes_at
    if opens and closes and opens >= closes:
        _add_error(form.opens_on, str(labels.PROBLEM["registration_opens_at", "after_deadline"]))


def add_problems(form: EventForm, problems: Iterable[Problem]) -> None:
    """Say at the fields what the rules have against the event as it would be."""
    for problem in problems:
        text = str(labels.PROBLEM.get((problem.field, problem.code), gettext("Please check this entry.")))
        field = form[labels.PROBLEM_ANCHOR.get(problem.field, "title")]
        if not field.errors:
            _add_error(field, text)


def _add_error(field: Field, text: str) -> None:
    if text not in field.errors:
        field.errors = [*field.errors, text]


def chosen_format(form: EventForm) -> Format | None:
    """The format that a draft is given; None where each part has its own."""
    return Format(form.format.data) if "format" in form else None


def form_of_new_date(event: EventFacts, data: ImmutableMultiDict[str, str] | None = None) -> EventForm:
    """The form of a postponed event: day and time are asked for anew, so that nobody saves the old ones unawares."""
    form = form_of(event, data)
    for field in (form.starts_on, form.starts_time):
        field.flags.required = True
    if data is None:
        for field in (form.starts_on, form.starts_time, form.ends_on, form.ends_time):
            field.data = None
    return form
