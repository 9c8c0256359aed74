"""Whom a switch concerns, and what it changes for each person: only the sessions that are theirs."""

from collections.abc import Iterable, Sequence
from typing import Any

from regservice.events.types import EventFacts, Format, SessionFacts
from regservice.registrations import rules
from regservice.registrations.types import RegistrationFacts


def concerned_by(before: EventFacts, after: EventFacts, people: Iterable[RegistrationFacts]) -> set[int]:
    """The ids of the people who have a session whose format changed."""
    formats = {part.id: part.format for part in before.sessions}
    changed = {part.id for part in after.sessions if part.format is not formats[part.id]}
    return {
        person.id
        for person in people
        if any(part.id in changed for part in rules.sessions_with(after, person.session_ids))
    }


def what_changes(
    before: EventFacts, after: EventFacts, own: Sequence[SessionFacts], heard: dict[str, Any]
) -> dict[str, Any]:
    """The change of form for somebody with these sessions, from what they heard last to what holds now.

    `heard` is a decision that they were not told of yet: what it started from is what they know. Back to that is, for
    them, that it stays.
    """
    formats = {part.id: part.format.value for part in before.sessions}
    formats |= {part["id"]: part["from"] for part in heard.get("sessions", ())}
    parts = [
        {"id": part.id, "title": part.title, "from": formats[part.id], "to": part.format.value}
        for part in own
        if formats[part.id] != part.format.value
    ]
    was = heard.get("from", before.format.value)
    switched = bool(parts) if own else was != after.format.value
    change = {
        "outcome": "switched" if switched else "stays",
        "from": was,
        "to": after.format.value,
        "before_place": heard.get("before_place", place_in_words(before)),
    }
    return change | ({"sessions": parts} if parts else {})


def place_in_words(event: EventFacts) -> str:
    """The place that people knew; a digital event has none."""
    return "" if event.format is Format.DIGITAL else event.place
