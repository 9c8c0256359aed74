"""An event as a document and back: what YAML files and the JSON API read and write.

Names are those of `EventValues`; what a document does not name stays as it was.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError

from regservice.events import nested, rules
from regservice.events.rooms import LINK
from regservice.events.rules import is_web_address
from regservice.events.shapes import is_mail_address
from regservice.events.types import (
    DialIn,
    EventFacts,
    EventValues,
    Format,
    RegistrationMode,
    SessionFacts,
    SessionKind,
    SessionValues,
)

INSTANTS = ("starts_at", "ends_at", "registration_opens_at", "registration_closes_at")


class Invalid(Exception):
    """The document cannot be used; `errors` holds what is wrong with each member."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(texts)}" for name, texts in errors.items()))
        self.errors = errors


VALUE_NAMES = tuple(entry.name for entry in fields(EventValues))
DEFAULTS = {entry.name: entry.default for entry in fields(EventValues) if entry.default is not MISSING}
BUILD: dict[str, Any] = {
    "venue": nested.venue,
    "contact": nested.contact,
    "dial_in": nested.dial_in,
    "speakers": nested.speakers,
    "agenda": nested.agenda,
    "groups": nested.groups,
    "questions": nested.questions,
    "documents": nested.documents,
    "image": nested.image,
    "target_groups": tuple,
    "assumptions": tuple,
}


def checked(data: Any, schema: Schema, *, partial: bool = False) -> dict[str, Any]:
    """The members of a document in our types. Raises Invalid, which names every member that is wrong."""
    if not isinstance(data, Mapping):
        raise Invalid({"document": ["This must be an object with members."]})
    try:
        return dict(schema.load(data, partial=partial))
    except ValidationError as error:
        raise Invalid(flat(error.messages)) from None


def flat(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Nested messages under dotted names: `agenda.0.title`."""
    if isinstance(messages, Mapping):
        found: dict[str, list[str]] = {}
        for name, part in messages.items():
            inner = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            for key, texts in flat(part, inner).items():
                found.setdefault(key, []).extend(texts)
        return found
    return {path or "document": [str(text) for text in messages]}


def values_from(members: Mapping[str, Any], base: EventValues) -> EventValues:
    """The event values of checked members; what they do not name stays as in `base`. Raises Invalid."""
    given: dict[str, Any] = {name: members[name] for name in VALUE_NAMES if name in members}
    for name in ("venue", "contact", "dial_in"):
        if given.get(name) is not None:
            given[name] = asdict(getattr(base, name)) | given[name]
    for name, value in given.items():
        given[name] = DEFAULTS[name] if value is None else BUILD.get(name, _same)(value)
    return _consistent(_localised(replace(base, **given)))


def _same(value: Any) -> Any:
    return value


def _localised(values: EventValues) -> EventValues:
    """Read times without an offset in the event's zone, and a deadline without a time as the end of that day."""
    zone = values.timezone
    times: dict[str, Any] = {name: _instant(getattr(values, name), zone) for name in INSTANTS}
    agenda = tuple(
        replace(item, starts_at=_instant(item.starts_at, zone), ends_at=_instant(item.ends_at, zone))
        for item in values.agenda
    )
    return replace(values, agenda=agenda, **times)


def _instant(value: Any, zone: str) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        return rules.end_of_day(value, zone).astimezone(ZoneInfo("UTC"))
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(zone))
    instant: datetime = value.astimezone(ZoneInfo("UTC"))
    return instant


def _consistent(values: EventValues) -> EventValues:
    address, mode = values.registration_address, values.registration_mode
    if address and mode is RegistrationMode.EMAIL and not is_mail_address(address):
        raise Invalid({"registration_address": ["This is no e-mail address such as name@example.org."]})
    if address and mode is not RegistrationMode.EMAIL and not is_web_address(address):
        raise Invalid({"registration_address": ["This is no web address such as https://www.example.org."]})
    if values.dial_in != DialIn() and not values.dial_in.number:
        raise Invalid({"dial_in.number": ["This must not be empty."]})
    return values


def sessions_from(members: Mapping[str, Any], event: EventFacts) -> list[SessionValues]:
    """The sessions that checked members name; format and room are as they were, and the event's for a new one."""
    known = {part.title: part for part in event.parts}
    found = []
    for given in members["sessions"] or ():
        like = known.get(given["title"], event.sessions[0])
        own = {"kind": SessionKind.TALK, "format": like.format, "join_url": like.join_url}
        named = {name: value for name, value in given.items() if value is not None or name == "join_url"}
        times = {name: _instant(given.get(name), event.timezone) for name in ("starts_at", "ends_at")}
        values = SessionValues(**(own | named | times))
        found.append(replace(values, join_url=values.join_url or ""))
    return found


def without_offset(members: Mapping[str, Any]) -> list[str]:
    """The times that say no offset, for readers that need one."""
    named = [(name, members.get(name)) for name in INSTANTS]
    for member in ("agenda", "sessions"):
        for number, item in enumerate(members.get(member) or ()):
            named += [(f"{member}.{number}.{name}", item.get(name)) for name in ("starts_at", "ends_at")]
    return [
        name for name, value in named if value is not None and (not isinstance(value, datetime) or value.tzinfo is None)
    ]


def document_from(event: EventFacts) -> dict[str, Any]:
    """An event as a document; what is empty or at its default is left out. Times carry the offset of its zone."""
    members: dict[str, Any] = {
        "slug": event.slug,
        "status": event.lifecycle.value,
        "status_reason": event.status_reason,
        "format": event.format.value,
        "join_url": event.join_url,
        "room_system": event.room_system if event.room_system != LINK else "",
    }
    for name in VALUE_NAMES:
        value = getattr(event, name)
        if name == "timezone" or name not in DEFAULTS or value != DEFAULTS[name]:
            members[name] = plain(value, event.timezone)
    if event.format is Format.MIXED:
        # It follows from the sessions, and cannot be set.
        del members["format"]
    if event.parts:
        members["sessions"] = [_session_document(part, event) for part in event.parts]
    return {name: value for name, value in members.items() if value != ""}


def _session_document(part: SessionFacts, event: EventFacts) -> dict[str, Any]:
    members = {"title": part.title, "kind": part.kind.value, "format": part.format.value}
    defaults = SessionValues()
    for name in ("starts_at", "ends_at", "place", "capacity", "for_everyone", "people_choose"):
        if (value := getattr(part, name)) != getattr(defaults, name):
            members[name] = plain(value, event.timezone)
    return members if part.join_url == event.join_url else members | {"join_url": part.join_url}


def plain(value: Any, zone: str) -> Any:
    """A value as text, numbers, lists and objects; times in RFC 3339 with the offset of the zone."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).isoformat()
    if isinstance(value, tuple | list):
        return [plain(part, zone) for part in value]
    if hasattr(value, "__dataclass_fields__"):
        parts = {entry.name: (getattr(value, entry.name), entry.default) for entry in fields(value)}
        return {name: plain(part, zone) for name, (part, default) in parts.items() if part != default}
    return value.value if hasattr(value, "value") else value
