"""Events as YAML files: in, as drafts or published, and out again without loss."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import yaml

from regservice.config import current_settings
from regservice.db import transaction
from regservice.events import programmes
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.document import Invalid, checked, document_from, plain, values_from
from regservice.events.shapes import EventShape, ProgrammeShape
from regservice.events.types import EventFacts, EventStatus, EventValues, Problem, ProgrammeFacts
from regservice.exchange import saving
from regservice.formats import service as formats
from regservice.formats.shapes import FormatRuleShape, rule_document, rule_from
from regservice.formats.types import FormatRule

LARGEST_FILE = 2 * 1024 * 1024
PAST = Problem(field="starts_at", code="past")
NOT_IN_DOCUMENT = {"id", "version", "changed_at"}


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The addresses of the events that were made or changed, in the order of the file."""

    created: tuple[str, ...]
    updated: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ImportRefused:
    """Nothing was imported; `errors` names every member that is wrong."""

    errors: dict[str, list[str]]


def import_text(text: str, *, by: str, now: datetime, owner_id: int | None = None) -> Imported | ImportRefused:
    """Make or change the events of a YAML file; all of them or none."""
    try:
        return import_document(read_yaml(text), by=by, now=now, owner_id=owner_id)
    except Invalid as error:
        return ImportRefused(errors=error.errors)


def read_yaml(text: str) -> Any:
    """The content of a YAML file. Raises Invalid."""
    if len(text) > LARGEST_FILE:
        raise Invalid({"document": ["This file is too large."]})
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise Invalid({"document": [f"This is no YAML file{where}."]}) from None


def import_document(document: Any, *, by: str, now: datetime, owner_id: int | None = None) -> Imported:
    """Make or change one event, a list of `events`, or a `programme` with its events. Raises Invalid."""
    if not isinstance(document, Mapping):
        raise Invalid({"document": ["This must be an object with members."]})
    with transaction():
        if "events" not in document and not isinstance(document.get("programme"), Mapping):
            return _summary([_import_event("", document, None, by=by, now=now, owner_id=owner_id)])
        if unknown := set(document) - {"programme", "events"}:
            raise Invalid({str(name): ["Unknown field."] for name in sorted(unknown, key=str)})
        programme = _import_programme(document.get("programme"), by=by, now=now)
        parts = document.get("events") or []
        if not isinstance(parts, list):
            raise Invalid({"events": ["This must be a list."]})
        return _summary(
            [
                _import_event(f"events.{number}.", part, programme, by=by, now=now, owner_id=owner_id)
                for number, part in enumerate(parts)
            ]
        )


def _summary(done: list[tuple[EventFacts, bool]]) -> Imported:
    return Imported(
        created=tuple(event.slug for event, new in done if new),
        updated=tuple(event.slug for event, new in done if not new),
    )


def _import_programme(document: Any, *, by: str, now: datetime) -> ProgrammeFacts | None:
    if document is None:
        return None
    try:
        members = checked(document, ProgrammeShape())
    except Invalid as error:
        raise _under("programme.", error) from None
    empty: dict[str, Any] = {"towns": [], "documents": [], "contact": {}, "target_groups": []}
    empty |= {"motto": "", "summary": "", "description": "", "region": "", "host": ""}
    return programmes.save(empty | {"timezone": current_settings().timezone} | members, by=by, now=now)


def _import_event(
    path: str, document: Any, programme: ProgrammeFacts | None, *, by: str, now: datetime, owner_id: int | None
) -> tuple[EventFacts, bool]:
    try:
        members, rule = _members(document)
        known = events.find(members.get("slug", ""))
        fresh = EventValues(title="", timezone=current_settings().timezone)
        values = values_from(members, fresh)
        if known is None:
            event = _bring_in(members, values, programme, by=by, now=now, owner_id=owner_id)
        else:
            event = saving.change(known, members, values, by=by, now=now)
        if rule is not None and not event_rules.has_started(event, now):
            _save_rule(event, rule, by=by, now=now)
        return event, known is None
    except Invalid as error:
        raise _under(path, error) from None


def _members(document: Any) -> tuple[dict[str, Any], FormatRule | None]:
    """What the file says of the event, and of the rule by which it goes digital."""
    if not isinstance(document, Mapping) or document.get("format_rule") is None:
        return checked(document, EventShape()), None
    rest = {name: value for name, value in document.items() if name != "format_rule"}
    members = checked(rest, EventShape())
    zone = members.get("timezone", current_settings().timezone)
    try:
        return members, rule_from(checked(document["format_rule"], FormatRuleShape()), zone)
    except Invalid as error:
        raise _under("format_rule.", error) from None


def _save_rule(event: EventFacts, rule: FormatRule, *, by: str, now: datetime) -> None:
    try:
        saving.save_rule(event, rule, by=by, now=now)
    except Invalid as error:
        raise _under("format_rule.", error) from None


def _bring_in(
    members: dict[str, Any],
    values: EventValues,
    programme: ProgrammeFacts | None,
    *,
    by: str,
    now: datetime,
    owner_id: int | None,
) -> EventFacts:
    """A new event in the state that the file gives it; an event of the past comes back as what was."""
    programme_id = programme.id if programme else None
    event = saving.create(members, values, by=by, now=now, owner_id=owner_id, programme_id=programme_id)
    status = members.get("status", EventStatus.DRAFT)
    if status is EventStatus.DRAFT:
        return event
    problems = [problem for problem in event_rules.publish_problems(event, now) if problem != PAST]
    if problems:
        raise Invalid(saving.problem_texts(problems))
    return events.set_lifecycle(event.id, status, reason=members.get("status_reason") or "", by=by, now=now)


def _under(path: str, error: Invalid) -> Invalid:
    return Invalid({path + name: texts for name, texts in error.errors.items()})


def export_text(slug: str) -> str | None:
    """The event or the programme of this address as YAML, or None."""
    if event := events.find(slug):
        return to_yaml(_event_document(event))
    if programme := programmes.find(slug):
        parts = [_event_document(event) for event in programmes.all_events(programme.id)]
        return to_yaml({"programme": _programme_document(programme), "events": parts})
    return None


def _event_document(event: EventFacts) -> dict[str, Any]:
    """What was archived was published; that its data is deleted cannot be brought in again."""
    members = document_from(event)
    if rule := formats.find_rule(event.id):
        members["format_rule"] = rule_document(rule, event.timezone)
    return members | {"status": EventStatus.PUBLISHED.value} if event.lifecycle is EventStatus.ARCHIVED else members


def _programme_document(programme: ProgrammeFacts) -> dict[str, Any]:
    members = {
        entry.name: plain(getattr(programme, entry.name), programme.timezone)
        for entry in fields(programme)
        if entry.name not in NOT_IN_DOCUMENT
    }
    return {name: value for name, value in members.items() if value not in ("", [], {})}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that people can read and edit them."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(document: dict[str, Any]) -> str:
    """A document as YAML that people can read and edit."""
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
