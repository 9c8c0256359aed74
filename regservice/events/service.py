"""Use cases of events: make, edit, publish, copy, close, and programmes that hold several."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import closing, nested, rules, sessions, store
from regservice.events.models import Event, EventSession
from regservice.events.types import DialIn, EventFacts, EventStatus, EventValues, Format, Problem
from regservice.kept import Kept

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 80
# More than anybody changes an event between a copy and the day it is brought back.
VERSIONS_SKIPPED = 1000
# German letters are written out, the rest loses its accents.
SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_kept: Kept[EventFacts] = Kept("events", most=200)


@dataclass(frozen=True, kw_only=True)
class SlugTaken:
    """Another event has this address already."""

    slug: str


@dataclass(frozen=True, kw_only=True)
class Incomplete:
    """The event cannot be published yet; every missing part is named."""

    problems: tuple[Problem, ...]


def values_of(event: EventFacts) -> EventValues:
    """The part of an event that an organiser can set."""
    return EventValues(**{entry.name: getattr(event, entry.name) for entry in fields(EventValues)})


def slug_from(title: str, otherwise: str = "event") -> str:
    """An address made of a title: lower case, letters and digits, hyphens."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(SPELLED_OUT)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-") or otherwise


def create(
    values: EventValues,
    *,
    by: str,
    now: datetime,
    slug: str = "",
    owner_id: int | None = None,
    programme_id: int | None = None,
    format: Format = Format.ONSITE,
    join_url: str = "",
) -> EventFacts | SlugTaken:
    """Make a draft with one session."""
    with transaction():
        if slug and store.find(slug):
            return SlugTaken(slug=slug)
        row = Event(
            slug=slug or _free_slug(slug_from(values.title)),
            owner_id=owner_id,
            programme_id=programme_id,
            lifecycle=EventStatus.DRAFT,
            calendar_changed_at=now,
            created_at=now,
            sessions=[EventSession(position=1, format=format, join_url=join_url)],
            **nested.columns(values),
        )
        session().add(row)
        session().flush()
        audit.record("event.created", f"event:{row.id}", actor=by, now=now)
        return row.facts()


def _free_slug(wanted: str) -> str:
    # A long one is shortened to leave room for the number, so what begins with the short one counts.
    short = wanted[: LONGEST_SLUG - 5].rstrip("-")
    taken = store.slugs_like(short)
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{short}-{number}"
    return slug


def update(event_id: int, values: EventValues, *, by: str, now: datetime) -> EventFacts:
    """Write an organiser's edit; a change of time or place counts as a new schedule. Part of the caller's transaction.

    The caller has locked the event.
    """
    row = store.get_row(event_id)
    before = row.facts()
    store.set_columns(row, nested.columns(values))
    row.version += 1
    if rules.delete_on(before) != rules.delete_on(values):
        # Who registers for the new date is promised a day of deletion as well.
        row.erased_at = None
    if rules.moves_schedule(before, values):
        row.schedule_version += 1
        _changes_calendar(row, now)
    session().flush()
    changed = [
        entry.name for entry in fields(EventValues) if getattr(before, entry.name) != getattr(values, entry.name)
    ]
    audit.record("event.edited", f"event:{event_id}", actor=by, now=now, fields=changed)
    return row.facts()


def edit_draft(
    event_id: int, values: EventValues, *, format: Format | None, join_url: str, by: str, now: datetime
) -> EventFacts:
    """Write an edit of an event that nobody has seen yet: its format can still be chosen, and nobody is told.

    Without a format the sessions keep theirs.
    """
    with transaction():
        event = store.lock(event_id)
        row = store.get_row(event_id)
        for part in row.sessions:
            part.format = format or part.format
            if join_url != event.join_url:
                part.join_url = join_url
        return update(event_id, values, by=by, now=now)


def set_lifecycle(event_id: int, lifecycle: EventStatus, *, reason: str, by: str, now: datetime) -> EventFacts:
    """Publish, postpone, cancel or take back. Part of the caller's transaction, which has locked the event."""
    row = store.get_row(event_id)
    if row.lifecycle == EventStatus.POSTPONED and lifecycle is EventStatus.PUBLISHED:
        # Reminders of the old schedule were withdrawn; even for the same date they are planned anew.
        row.schedule_version += 1
    if row.lifecycle == EventStatus.DRAFT and lifecycle is EventStatus.PUBLISHED:
        row.announced_starts_at = row.starts_at
    row.lifecycle = lifecycle
    row.status_reason = reason
    row.version += 1
    _changes_calendar(row, now)
    session().flush()
    audit.record(f"event.{lifecycle.value}", f"event:{event_id}", actor=by, now=now)
    return row.facts()


def set_session_formats(
    event_id: int, targets: Mapping[int, Format], join_url: str | None, *, now: datetime
) -> EventFacts:
    """Give sessions their new formats; the format's version rises by one. Part of the caller's transaction.

    `join_url` None keeps the room that is set. A room that a system made is given up once nothing is digital any more.
    """
    row = store.get_row(event_id)
    for part in row.sessions:
        if part.id in targets:
            part.format = targets[part.id]
            part.join_url = part.join_url if join_url is None else join_url
        if Format(part.format) is Format.ONSITE:
            closing.give_up_made(row, part, now)
    row.format_version += 1
    if all(Format(part.format) is Format.ONSITE for part in row.sessions):
        closing.give_up(row, now)
    row.version += 1
    _changes_calendar(row, now)
    session().flush()
    return row.facts()


def set_join_url(event_id: int, join_url: str, *, by: str, now: datetime) -> EventFacts:
    """Set the room of all sessions; calendars hold our own link, so nothing else changes."""
    with transaction():
        store.lock(event_id)
        row = store.get_row(event_id)
        for part in row.sessions:
            part.join_url = join_url
        row.version += 1
        audit.record("event.room_set", f"event:{event_id}", actor=by, now=now)
        session().flush()
        return row.facts()


def set_draft_formats(event_id: int, targets: Mapping[int, Format], *, by: str, now: datetime) -> EventFacts:
    """Choose the formats of sessions that nobody has seen yet. Part of the caller's transaction."""
    row = store.get_row(event_id)
    for part in row.sessions:
        part.format = targets.get(part.id, Format(part.format))
    row.version += 1
    session().flush()
    chosen = row.facts().format.value
    audit.record("event.format_chosen", f"event:{event_id}", actor=by, now=now, format=chosen)
    return row.facts()


def touch(event_id: int) -> None:
    """What the page shows changed, though not the event itself. Part of the caller's transaction, which locked it."""
    store.get_row(event_id).version += 1
    session().flush()


def _changes_calendar(row: Event, now: datetime) -> None:
    row.calendar_sequence += 1
    row.calendar_changed_at = now


def publish(event_id: int, *, by: str, now: datetime) -> EventFacts | Incomplete:
    """Show a draft to everybody, or say everything that is missing."""
    with transaction():
        event = store.lock(event_id)
        problems = rules.publish_problems(event, now)
        if problems:
            return Incomplete(problems=tuple(problems))
        if event.lifecycle is not EventStatus.DRAFT:
            return event
        return set_lifecycle(event_id, EventStatus.PUBLISHED, reason="", by=by, now=now)


def close_registration(event_id: int, *, by: str, now: datetime) -> EventFacts:
    """End registration at once: the deadline becomes this moment."""
    with transaction():
        event = store.lock(event_id)
        closed = replace(values_of(event), registration_closes_at=now)
        return update(event_id, closed, by=by, now=now)


def copy(event_id: int, *, by: str, now: datetime, owner_id: int | None) -> EventFacts:
    """Make a draft from an event: its content without dates, people, messages or switches."""
    with transaction():
        source = store.get(event_id)
        values = replace(
            values_of(source),
            starts_at=None,
            ends_at=None,
            registration_opens_at=None,
            registration_closes_at=None,
            agenda=tuple(replace(item, starts_at=None, ends_at=None) for item in source.agenda),
            dial_in=DialIn(),
        )
        made = create(values, by=by, now=now, owner_id=owner_id, programme_id=source.programme_id)
        assert isinstance(made, EventFacts)
        parts = [
            replace(sessions.values_of(part), starts_at=None, ends_at=None, format=Format.ONSITE, join_url="")
            for part in source.parts
        ]
        return sessions.arrange(made.id, sessions.named(made, parts), by=by, now=now) if parts else made


def lock(event_id: int) -> EventFacts:
    """The event, locked until the end of the caller's transaction: who changes places or format comes here first."""
    return store.lock(event_id)


def lock_places(event_id: int) -> EventFacts:
    """The event, locked, for who changes its places and nothing of the event: a version is read once and then kept."""
    return _kept.find((event_id, store.lock_version(event_id))) or store.lock(event_id)


def find(slug: str) -> EventFacts | None:
    """The event of this address, or None."""
    return store.find(slug)


def find_kept(slug: str) -> EventFacts | None:
    """The event of this address, or None, for who asks the database for nothing else: read only in a new version."""
    found = store.find_version(slug)
    return of_version(*found) if found else None


def find_by_id(event_id: int) -> EventFacts | None:
    """The event with this id, or None."""
    return store.find_by_id(event_id)


def get(event_id: int) -> EventFacts:
    """The event with this id."""
    return store.get(event_id)


def skip_versions() -> None:
    """Leave a gap before the next versions and calendar sequences. Part of the caller's transaction.

    After an earlier copy was brought back, those given since then must not be given again: browsers, calendars and
    this service's own memory take what they have for the newer (RFC 5545, 3.8.7.4).
    """
    store.skip_versions(VERSIONS_SKIPPED)


def of_version(event_id: int, version: int) -> EventFacts:
    """The event, read from the database only when this version of it is not in memory."""
    return _kept.get((event_id, version), lambda: store.get(event_id))


def unchanged(event_id: int, version: int) -> EventFacts:
    """The same inside a transaction that changes nothing of the event: what is in memory was committed before."""
    return _kept.find((event_id, version)) or store.get(event_id)


def upcoming(now: datetime) -> list[EventFacts]:
    """What everybody may see of events that are not over, cancelled and postponed ones included."""
    return store.upcoming(now, rules.UPCOMING)


def past(now: datetime) -> list[EventFacts]:
    """What was."""
    return store.past(now, (EventStatus.PUBLISHED, EventStatus.ARCHIVED))


def for_organiser() -> list[EventFacts]:
    """All events, drafts included, the newest first."""
    return store.in_states(tuple(EventStatus))


def public_page(*, after_id: int, limit: int) -> list[EventFacts]:
    """What everybody may see, page by page in the order it was made."""
    visible = tuple(state for state in EventStatus if state is not EventStatus.DRAFT)
    return store.page(after_id=after_id, limit=limit, lifecycles=visible)


def over_and_not_erased(now: datetime) -> list[EventFacts]:
    """Events that are over and still hold people's data."""
    return store.over_and_not_erased(now)


def mark_erased(event_id: int, *, people: int, now: datetime) -> None:
    """Remember that so many people were deleted; a held event is archived then. Part of the caller's transaction."""
    row = store.get_row(event_id)
    row.erased_at = now
    if people and row.lifecycle == EventStatus.PUBLISHED:
        row.lifecycle = EventStatus.ARCHIVED
        row.version += 1
