"""What the API takes beyond events and rules, and what it answers; the OpenAPI document is made from these."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from regservice.events.shapes import EventShape, Instant, Line, Strict, Text
from regservice.events.types import EventStatus, Format
from regservice.formats.return_types import Seating
from regservice.formats.shapes import FormatRuleShape
from regservice.formats.types import Decision, WatchState
from regservice.outbox.types import MessageState
from regservice.registrations.types import Attendance, RegistrationState, Wish

LIMIT, MOST = 100, 1000
a_number = validate.Range(1, MOST, error="This must be at least 1 and at most 1000.")


class PageShape(Strict):
    """Which part of a list is wanted."""

    limit = fields.Integer(load_default=LIMIT, validate=a_number)
    after = fields.Integer(load_default=0, validate=validate.Range(0, error="This is no usable number."))


class EventChange(EventShape):
    """What changes of an event; what is not named stays."""


class RegistrationShape(Strict):
    """What a person says to register: the members are those of the form."""

    name, email, language, attendance = (fields.String(allow_none=True) for _ in range(4))
    group = fields.Raw(
        allow_none=True,
        metadata={
            "description": "The working group that the person wishes for: a session with `people_choose`, by its title "
            "or position. The place in it is taken when the person confirms; if it is full by then they choose another."
        },
    )
    consent = fields.Raw(allow_none=True, metadata={"description": "The privacy notice was read; any true value."})
    answers = fields.Dict(keys=fields.String(), values=fields.Raw(), allow_none=True)


class SessionTarget(fields.Field[Any]):
    """A session by its title or position, or an object that also names its own format."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        named = value.get("session") if isinstance(value, dict) else value
        formats = [option.value for option in Format if option is not Format.MIXED]
        wrong = isinstance(value, dict) and (value.get("format") not in formats or set(value) != {"session", "format"})
        if wrong or isinstance(named, bool) or not isinstance(named, str | int):
            raise ValidationError("This names no session: give its title or its position.")
        return value


class SwitchShape(Strict):
    """A switch of format: of the whole event, or of the sessions that are named by title or position."""

    format = fields.Enum(
        Format, by_value=True, required=True, validate=validate.NoneOf([Format.MIXED], error="This cannot be set.")
    )
    sessions = fields.List(SessionTarget(), load_default=None, allow_none=True)
    reason = Text(load_default="", allow_none=True)
    join_url = Line(load_default=None, allow_none=True)
    dry_run = fields.Boolean(load_default=False)
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The `version` that `GET …/format` said; when somebody has switched since then, the answer "
            "is 409 with the reason `just_switched` and nothing changes."
        },
    )
    emergency = fields.Boolean(
        load_default=False,
        metadata={
            "description": "The event has begun and must be switched all the same: to `digital` or `hybrid`, with a "
            "reason. The answer holds those whom no mail reaches as `call_list`."
        },
    )


class ReturnShape(Strict):
    """Back on site with fewer places than people: in both forms, and how it is settled who comes.

    `volunteers`: all who did not say that they stay digital. `lottery`: who was confirmed before the event went digital
    comes, the others draw for the rest.
    """

    seating = fields.Enum(Seating, by_value=True, required=True)
    reason = Text(load_default="", allow_none=True)
    confirm_by = Instant(load_default=None, allow_none=True)
    dry_run = fields.Boolean(load_default=False)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)
    seen = Line(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The `seen` of the dry run; when other people would stay digital by now, the answer is 409 "
            "with the reason `others_stay` and nothing changes."
        },
    )


class NothingShape(Strict):
    """No members."""


class RuleToSave(FormatRuleShape):
    """A rule, and optionally what was known when it was written."""

    event_version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The `event_version` that `GET …/format` said; when somebody has changed the event or its "
            "rule since then, the answer is 409 of the type `urn:regservice:problem:just-changed` and nothing changes."
        },
    )


class ReadingShape(Strict):
    """A reading entered by hand."""

    value = fields.Float(required=True)
    as_of = Instant(required=True)


class DecisionShape(Strict):
    """An answer to an open proposal."""

    decision = fields.Enum(Decision, by_value=True, required=True)
    reason = Text(load_default="", allow_none=True)


class PlaceSureShape(Strict):
    """Whether the place on site is sure."""

    confirmed = fields.Boolean(required=True, truthy={True}, falsy={False})


class PlaceSureAnswer(Schema):
    """Whether somebody confirmed the place on site as it is now, and when."""

    confirmed = fields.Boolean()
    confirmed_at = Instant(allow_none=True)
    venue = fields.String()


class EventAnswer(EventShape):
    """An event.

    `join_url`, `room_system`, `dial_in`, `assumptions` and `status_reason` of drafts are only in answers to a token.
    """

    status = fields.Enum(EventStatus, by_value=True)
    format = fields.Enum(Format, by_value=True)
    registration_state = fields.String(validate=validate.OneOf(["not_yet", "open", "full", "closed"]))
    url = fields.URL()


class RegistrationAnswer(Schema):
    """A person's registration."""

    status = fields.Enum(RegistrationState, by_value=True)
    name, email, language, code = fields.String(), fields.String(), fields.String(), fields.String()
    attendance = fields.Enum(Attendance, by_value=True)
    wish = fields.Enum(Wish, by_value=True)
    registered_at = Instant()
    # When the person first pressed the button into the digital room.
    joined_at = Instant(allow_none=True)
    # The form in which the event takes place, and the number of the switch to it.
    format = fields.Enum(Format, by_value=True)
    format_version = fields.Integer()
    answers = fields.Dict()


class AcceptedAnswer(Schema):
    """The person gets a mail; the registration counts once they have confirmed it."""

    status = fields.String(validate=validate.Equal("pending"))


class MessageAnswer(Schema):
    """A line of the ledger."""

    kind, recipient, reason, message_id = fields.String(), fields.String(), fields.String(), fields.String()
    state = fields.Enum(MessageState, by_value=True)
    uncertain = fields.Boolean()
    due_at, sent_at = Instant(), Instant(allow_none=True)
    attempts = fields.Integer()


class SwitchAnswer(Schema):
    """What a switch did, or what it would do."""

    changed = fields.Boolean()
    version = fields.Integer()
    effects = fields.Dict(keys=fields.String(), values=fields.Integer())
    blocked = fields.List(fields.String())
    without_seat = fields.Integer(metadata={"description": "How many people would have no place on site."})
    call_list = fields.List(
        fields.Dict(), metadata={"description": "In an emergency: `name`, `code` and `status` of whom to call."}
    )


class ReturnAnswer(SwitchAnswer):
    """What going back did; in a dry run who would come and who would stay digital.

    A draw can be repeated: a person's lot is SHA-256 of `seed:number`, the lowest come.
    """

    seats = fields.Integer(allow_none=True)
    coming = fields.Integer()
    staying = fields.List(
        fields.Dict(), metadata={"description": "`number`, `name` and `code` of who said so or chose so at first."}
    )
    seed = fields.String(allow_none=True)
    drew, without = fields.List(fields.Dict()), fields.List(fields.Dict())
    seen = fields.String()


class AskedAnswer(Schema):
    """How many people were asked by mail, and how many have no address and are asked by telephone."""

    mailed, to_call = fields.Integer(), fields.Integer()


class ReadingAnswer(Schema):
    """A reading as it is kept."""

    value = fields.Float()
    as_of = Instant()
    source = fields.String()


class FormatAnswer(Schema):
    """The format of an event and how it came to be."""

    format = fields.Enum(Format, by_value=True)
    version = fields.Integer(metadata={"description": "Counts the switches."})
    event_version = fields.Integer(metadata={"description": "Counts every change of the event and of its rule."})
    watch = fields.Enum(WatchState, by_value=True)
    proposal = fields.Dict(allow_none=True)
    stay_digital = fields.Dict(
        allow_none=True,
        metadata={
            "description": "Of those who would come back on site: how many were `asked` whether they would stay "
            "digital, said `yes`, said `no`, are `unanswered`."
        },
    )
    history = fields.List(fields.Dict())
    rule = fields.Nested(FormatRuleShape, allow_none=True)


class ProblemAnswer(Schema):
    """A refusal (RFC 9457)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


def list_of(item: type[Schema]) -> type[Schema]:
    """A page of a list."""
    members: dict[str, Any] = {"items": fields.List(fields.Nested(item)), "next": fields.URL(allow_none=True)}
    return type(f"{item.__name__}List", (Schema,), members)
