"""The nested parts of an event between dataclasses and JSON, the same in the database, the API and YAML files."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from regservice.events.types import (
    AgendaItem,
    Contact,
    DialIn,
    Document,
    EventValues,
    Image,
    Question,
    QuestionKind,
    Speaker,
    Venue,
    WorkingGroup,
)


def venue(value: dict[str, Any]) -> Venue:
    """A venue from its JSON."""
    return Venue(**value)


def contact(value: dict[str, Any]) -> Contact:
    """A contact from its JSON."""
    return Contact(**value)


def dial_in(value: dict[str, Any]) -> DialIn:
    """A dial-in from its JSON."""
    return DialIn(**value)


def speakers(value: list[Any]) -> tuple[Speaker, ...]:
    """Speakers from their JSON."""
    return tuple(Speaker(**part) for part in value)


def agenda(value: list[Any]) -> tuple[AgendaItem, ...]:
    """Agenda items from their JSON; times are ISO 8601 with offset."""
    return tuple(
        AgendaItem(
            **{
                **part,
                "starts_at": _instant(part.get("starts_at")),
                "ends_at": _instant(part.get("ends_at")),
                "speakers": tuple(part.get("speakers", ())),
            }
        )
        for part in value
    )


def groups(value: list[Any]) -> tuple[WorkingGroup, ...]:
    """Working groups from their JSON."""
    return tuple(WorkingGroup(**part) for part in value)


def questions(value: list[Any]) -> tuple[Question, ...]:
    """Questions from their JSON."""
    return tuple(
        Question(**{**part, "kind": QuestionKind(part.get("kind", "text")), "choices": tuple(part.get("choices", ()))})
        for part in value
    )


def documents(value: list[Any]) -> tuple[Document, ...]:
    """Documents from their JSON."""
    return tuple(Document(**part) for part in value)


def image(value: dict[str, Any] | None) -> Image | None:
    """A picture from its JSON."""
    return Image(**value) if value else None


def _instant(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def columns(values: EventValues) -> dict[str, Any]:
    """What an organiser set, as values for the columns of an event."""
    plain: dict[str, Any] = _json(asdict(values))
    # Instants that have columns of their own stay instants.
    for name in ("starts_at", "ends_at", "registration_opens_at", "registration_closes_at"):
        plain[name] = getattr(values, name)
    return plain


def _json(value: Any) -> Any:
    match value:
        case dict():
            return {key: _json(part) for key, part in value.items()}
        case list() | tuple():
            return [_json(part) for part in value]
        case datetime():
            return value.isoformat()
        case _:
            return value
