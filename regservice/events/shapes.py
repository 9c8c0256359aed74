"""The shape of an event as a document, the same in YAML files and in the JSON API.

Unknown members are refused, so that a typing error never passes for an empty value. Every message is an English msgid;
who shows it to people translates it.
"""

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from regservice.events.rooms import SYSTEMS
from regservice.events.rules import is_web_address
from regservice.events.types import EventStatus, Format, QuestionKind, RegistrationMode, SessionKind

LINE, TEXT, LIST = 300, 20_000, 200
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_HINT = "Use a-z, 0-9 and hyphens."
KEY = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
TELEPHONE = re.compile(r"(?:\+?[0-9][0-9 /()-]{2,40})?\Z")
KEYPAD = re.compile(r"[0-9 #*]{0,30}\Z")
LONGEST_OPENING_MIN = 240
# What can be stored; `held` follows from the clock, and `archived` from the deletion of the data.
SETTABLE = (EventStatus.DRAFT, EventStatus.PUBLISHED, EventStatus.POSTPONED, EventStatus.CANCELLED)


class Text(fields.String):
    """Text of several lines without control characters."""

    longest = TEXT

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more).replace("\r\n", "\n").strip()
        if CONTROL.search(text):
            raise ValidationError("This text contains characters that cannot be shown.")
        if len(text) > self.longest:
            raise ValidationError("This text is too long.")
        return text


class Line(Text):
    """Text of one line."""

    longest = LINE

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if "\n" in text or "\t" in text:
            raise ValidationError("This text must be one line.")
        return text


class WebAddress(Line):
    """An http or https address."""

    longest = 2000

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text and not is_web_address(text):
            raise ValidationError("This is no web address such as https://www.example.org.")
        return text


class MailAddress(Line):
    """An e-mail address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text and not is_mail_address(text):
            raise ValidationError("This is no e-mail address such as name@example.org.")
        return text


class Instant(fields.Field[datetime]):
    """RFC 3339; without an offset it is read in the zone of the event. A bare date is possible where a day can end."""

    def __init__(self, *, days: bool = False, **more: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **more)
        self.days = days

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        try:
            parsed = _parsed_time(value)
            if isinstance(parsed, datetime):
                parsed.astimezone(ZoneInfo("UTC"))
                return parsed
        except (ValueError, OverflowError, TypeError):
            raise ValidationError("This is no time such as 2026-11-18T16:00:00+01:00.") from None
        if not self.days:
            raise ValidationError("This is no time such as 2026-11-18T16:00:00+01:00.")
        return parsed


def _parsed_time(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError(value)
    return date.fromisoformat(value) if len(value) == len("2026-11-18") else datetime.fromisoformat(value)


class Day(fields.Date):
    """A local day; YAML reads one by itself."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> date:
        return super()._deserialize(str(value), attr, data, **more)


class Whole(fields.Nested):
    """A nested object that is always given as a whole, also where the rest is given in part."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, partial: Any = None, **more: Any) -> Any:
        return super()._deserialize(value, attr, data, partial=False, **more)


class Strict(Schema):
    """A shape that refuses members it does not know, in the order they are written down here."""

    class Meta:
        """Refuse unknown members."""

        unknown = RAISE


def is_mail_address(text: str) -> bool:
    """Whether this can be an e-mail address."""
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return True


def _zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError("This is no time zone such as Europe/Berlin.") from None


def _few(values: Any) -> None:
    if len(values) > LIST:
        raise ValidationError("These are too many.")


needed: dict[str, Any] = {"required": True, "validate": validate.Length(min=1, error="This must not be empty.")}
seats: dict[str, Any] = {
    "strict": True,
    "allow_none": True,
    "validate": validate.Range(0, 100_000, error="This is no usable number."),
}


class VenueShape(Strict):
    """Where it takes place on site."""

    name, room, street, postal_code, city = Line(), Line(), Line(), Line(), Line()


class ContactShape(Strict):
    """Whom to ask."""

    name, role = Line(), Line()
    email = MailAddress()
    phone = Line()


class DialInShape(Strict):
    """How to take part by telephone; never shown in public."""

    number = Line(validate=validate.Regexp(TELEPHONE, error="This is no telephone number."))
    meeting_id, pin = (
        Line(validate=validate.Regexp(KEYPAD, error="Use digits only, as they are typed on a telephone."))
        for _ in range(2)
    )


class SpeakerShape(Strict):
    """Who speaks or moderates; the address is told of decisions first and never shown in public."""

    name = Line(**needed)
    role, organisation = Line(), Line()
    email = MailAddress()
    moderates = fields.Boolean()


class AgendaItemShape(Strict):
    """One part of the programme of the day."""

    title = Line(**needed)
    kind = Line()
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)
    speakers = fields.List(Line(**needed), validate=_few)
    place = Line()


class GroupShape(Strict):
    """A working group."""

    name = Line(**needed)
    room = Line()
    capacity = fields.Integer(**seats)


class QuestionShape(Strict):
    """A question of the form."""

    key = Line(required=True, validate=validate.Regexp(KEY.pattern + r"\Z", error=SLUG_HINT))
    label = Line(**needed)
    kind = fields.Enum(QuestionKind, by_value=True)
    required = fields.Boolean()
    choices = fields.List(Line(**needed), validate=_few)

    @validates_schema
    def _choices(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("kind") in {QuestionKind.CHOICE, QuestionKind.CHOICES} and not data.get("choices"):
            raise ValidationError("This kind of question needs choices.", "choices")


class DocumentShape(Strict):
    """Something to read or download."""

    label = Line(**needed)
    url = WebAddress(**needed)
    format = Line()


class ImageShape(Strict):
    """A picture with its words."""

    url = WebAddress(**needed)
    alt, caption, credit = Line(), Line(), Line()


class SessionShape(Strict):
    """A part of the event with a format of its own."""

    title = Line(**needed)
    kind = fields.Enum(
        SessionKind, by_value=True, validate=validate.NoneOf([SessionKind.WHOLE], error="This cannot be set.")
    )
    format = fields.Enum(Format, by_value=True, validate=validate.NoneOf([Format.MIXED], error="This cannot be set."))
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)
    place = Line()
    capacity = fields.Integer(**seats)
    for_everyone = fields.Boolean()
    people_choose = fields.Boolean()
    join_url = WebAddress(allow_none=True)

    @validates_schema
    def _who_takes_part(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("people_choose") and data.get("for_everyone", True):
            raise ValidationError("What is for everyone cannot be chosen: set for_everyone to false.", "people_choose")

    @validates_schema
    def _times(self, data: dict[str, Any], **_: Any) -> None:
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends and (starts.tzinfo is None) == (ends.tzinfo is None) and ends <= starts:
            raise ValidationError("This is before the start.", "ends_at")


class EventShape(Strict):
    """What can be set of an event."""

    slug = Line(validate=validate.Regexp(rf"(?=.{{1,80}}\Z){SLUG.pattern}\Z", error=SLUG_HINT))
    title = Line(**needed)
    summary, description = Text(allow_none=True), Text(allow_none=True)
    status = fields.Enum(EventStatus, by_value=True, validate=validate.OneOf(SETTABLE, error="This cannot be set."))
    status_reason = Text(allow_none=True)
    starts_at, ends_at = Instant(allow_none=True), Instant(allow_none=True)
    timezone = Line(validate=_zone)
    venue = fields.Nested(VenueShape, allow_none=True)
    format = fields.Enum(Format, by_value=True, validate=validate.NoneOf([Format.MIXED], error="This cannot be set."))
    join_url = WebAddress(allow_none=True)
    room_system = fields.String(
        validate=validate.OneOf(
            SYSTEMS, error="There is no such system. Write link, bigbluebutton, jitsi or nextcloud_talk."
        )
    )
    capacity, digital_capacity = fields.Integer(**seats), fields.Integer(**seats)
    waiting_list = fields.Boolean()
    registration_mode = fields.Enum(RegistrationMode, by_value=True)
    registration_address = Line(allow_none=True)
    registration_opens_at = Instant(allow_none=True)
    registration_closes_at = Instant(allow_none=True, days=True)
    contact = fields.Nested(ContactShape, allow_none=True)
    speakers = fields.List(Whole(SpeakerShape), validate=_few)
    agenda = fields.List(Whole(AgendaItemShape), validate=_few)
    groups = fields.List(Whole(GroupShape), validate=_few)
    sessions = fields.List(Whole(SessionShape), validate=_few)
    questions = fields.List(Whole(QuestionShape), validate=_few)
    documents = fields.List(Whole(DocumentShape), validate=_few)
    target_groups = fields.List(Line(**needed), validate=_few)
    image = Whole(ImageShape, allow_none=True)
    host = Line(allow_none=True)
    access = Text(allow_none=True)
    town = Line(allow_none=True)
    retention_days = fields.Integer(strict=True, validate=validate.Range(0, 3650, error="This is no usable number."))
    assumptions = fields.List(Line(**needed), validate=_few)
    dial_in = fields.Nested(DialInShape, allow_none=True)
    join_opens_min = fields.Integer(
        strict=True, validate=validate.Range(0, LONGEST_OPENING_MIN, error="This is no usable number.")
    )

    @validates_schema
    def _session_titles(self, data: dict[str, Any], **_: Any) -> None:
        titles = [part["title"] for part in data.get("sessions", ()) if "title" in part]
        if len(set(titles)) < len(titles):
            raise ValidationError("Each session needs a title of its own.", "sessions")

    @validates_schema
    def _question_keys(self, data: dict[str, Any], **_: Any) -> None:
        keys = [question["key"] for question in data.get("questions", ())]
        if len(set(keys)) < len(keys):
            raise ValidationError("Each question needs a key of its own.", "questions")


class ProgrammeShape(Strict):
    """What can be set of a programme, which holds several events. The days are local, the last one included."""

    slug = Line(required=True, validate=validate.Regexp(rf"(?=.{{1,80}}\Z){SLUG.pattern}\Z", error=SLUG_HINT))
    title = Line(**needed)
    motto = Line()
    summary, description = Text(), Text()
    starts_on, ends_on = Day(required=True), Day(required=True)
    timezone = Line(validate=_zone)
    region = Line()
    towns = fields.List(Line(**needed), validate=_few)
    host = Line()
    documents = fields.List(Whole(DocumentShape), validate=_few)
    contact = fields.Nested(ContactShape)
    target_groups = fields.List(Line(**needed), validate=_few)

    @validates_schema
    def _days(self, data: dict[str, Any], **_: Any) -> None:
        if "starts_on" in data and "ends_on" in data and data["ends_on"] < data["starts_on"]:
            raise ValidationError("This is before the first day.", "ends_on")
