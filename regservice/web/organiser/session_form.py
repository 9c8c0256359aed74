"""The form for one session of an event. Days and times are those of the event's zone."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Field, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.events import rules
from regservice.events.daytime import exists
from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts, SessionKind, SessionValues
from regservice.web.forms import Form
from regservice.web.organiser import labels
from regservice.web.organiser.form_fields import ClockField, DayField, NumberField, line
from regservice.web.registration_form import clean_line

# A session that would be longer is a slip of the keyboard; one may well end after midnight.
LONGEST = timedelta(hours=12)


class SessionForm(Form):
    """What an organiser says about a session."""

    title = StringField(
        _("Title"),
        [
            InputRequired(_("Please enter a title.")),
            Length(max=200, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_line],
    )
    kind = RadioField(
        _("What is it?"),
        [InputRequired(_("Please choose what it is."))],
        choices=[SelectChoice(code, labels.SESSION_KIND[code]) for code in SessionKind if code != "whole"],
        default="talk",
    )
    format = RadioField(
        _("Where do people take part?"),
        [InputRequired(_("Please choose where people take part."))],
        choices=[SelectChoice(code, labels.FORMAT[code]) for code in ("onsite", "digital", "hybrid")],
    )
    day = DayField(_("Day"), description=_("Left empty: the day on which the event begins."))
    starts_time = ClockField(_("Begins at"))
    ends_time = ClockField(_("Ends at"))
    place = line(_("Room on site"))
    people = RadioField(
        _("Who takes part?"),
        [InputRequired(_("Please choose who takes part."))],
        choices=[
            SelectChoice("everyone", _("Everyone who has a place")),
            SelectChoice("some", _("Only those whom you put into it")),
            SelectChoice("choose", _("Whoever chooses it on their own page, while there is room")),
        ],
        default="everyone",
    )
    capacity = NumberField(
        _("Places in this part"), description=_("Only where it is not for everyone. Left empty: no limit.")
    )
    join_url = line(
        _("Address of the digital room"),
        1000,
        description=_("It is never shown in public. Each person is led to it by their own link."),
    )

    taken_titles: frozenset[str] = frozenset()

    def validate_title(self, field: Field) -> None:
        """Sessions are told apart by their titles."""
        if field.data in self.taken_titles:
            raise ValidationError(gettext("Another part of this event has this title already."))

    def validate_join_url(self, field: Field) -> None:
        """Nothing that runs."""
        if field.data and not rules.is_web_address(field.data):
            raise ValidationError(gettext("Please enter a web address that begins with https://"))


def form_of(
    event: EventFacts, part: SessionFacts | None, data: ImmutableMultiDict[str, str] | None = None
) -> SessionForm:
    """The form of a session as it stands or as it was sent; without one that of a new session."""
    form = SessionForm(data, data=_shown(event, part))
    form.taken_titles = frozenset(other.title for other in event.parts if part is None or other.id != part.id)
    if part is not None and event.lifecycle is not EventStatus.DRAFT:
        # What everybody has read is switched, so that everybody is told.
        del form.format
    return form


def _shown(event: EventFacts, part: SessionFacts | None) -> dict[str, Any]:
    if part is None:
        first = event.sessions[0]
        return {"format": first.format.value, "join_url": first.join_url}
    starts = rules.local(part.starts_at, event.timezone) if part.starts_at else None
    ends = rules.local(part.ends_at, event.timezone) if part.ends_at else None
    return {
        "title": part.title,
        "kind": part.kind.value,
        "format": part.format.value,
        "day": starts.date() if starts else None,
        "starts_time": starts.time() if starts else None,
        "ends_time": ends.time() if ends else None,
        "place": part.place,
        "people": "everyone" if part.for_everyone else "choose" if part.people_choose else "some",
        "capacity": part.capacity,
        "join_url": part.join_url,
    }


def values_from(form: SessionForm, event: EventFacts, part: SessionFacts | None) -> SessionValues | None:
    """What the form says of the session; None where something has to be corrected."""
    good = form.validate()
    starts_at, ends_at = _times(form, event)
    if not good or form.errors:
        return None
    kept = part.format if part else event.sessions[0].format
    return SessionValues(
        title=form.title.data or "",
        kind=SessionKind(form.kind.data),
        format=Format(form.format.data) if "format" in form else kept,
        starts_at=starts_at,
        ends_at=ends_at,
        place=form.place.data or "",
        capacity=form.capacity.data,
        for_everyone=form.people.data == "everyone",
        people_choose=form.people.data == "choose",
        join_url=form.join_url.data or "",
    )


def _times(form: SessionForm, event: EventFacts) -> tuple[datetime | None, datetime | None]:
    """Begin and end as instants; an end before the begin is one after midnight."""
    begin, end = form.starts_time.data, form.ends_time.data
    if begin is None and end is None:
        return None, None
    day = form.day.data or (rules.local(event.starts_at, event.timezone).date() if event.starts_at else None)
    if day is None:
        form.day.errors = [*form.day.errors, gettext("Please enter the day as well.")]
        return None, None
    if begin is None:
        form.starts_time.errors = [*form.starts_time.errors, gettext("Please enter the time as well.")]
        return None, None
    starts_at = _instant(form.starts_time, day, begin, event.timezone)
    if end is None or starts_at is None:
        return starts_at, None
    ends_at = _instant(form.ends_time, day if end > begin else day + timedelta(days=1), end, event.timezone)
    if ends_at and ends_at - starts_at > LONGEST:
        form.ends_time.errors = [str(labels.PROBLEM["ends_at", "before_start"])]
    return starts_at, ends_at


def _instant(field: Field, day: date, clock: time, timezone: str) -> datetime | None:
    if not exists(day, clock, timezone):
        field.errors = [gettext("This time does not exist: the clocks are put forward in that night.")]
        return None
    return datetime.combine(day, clock, ZoneInfo(timezone)).astimezone(ZoneInfo("UTC"))
