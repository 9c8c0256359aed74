"""The list of the people of an event: searched and read page by page, for the door, and as a table for spreadsheets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from regservice.audit import service as audit
from regservice.db import transaction
from regservice.events.rules import local
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.limits import service as limits
from regservice.limits.service import Limit, TooMany
from regservice.registrations import rules, store
from regservice.registrations.models import RegistrationRow, session_ids
from regservice.registrations.sorting import name_key, plain
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState

PAGE_SIZE = 50
EXPORTS_DAY = Limit(name="export", count=20, window=timedelta(days=1))
# Who only asked and never confirmed is not on a list that leaves the service.
EXPORTED = tuple(
    state for state in RegistrationState if state not in {RegistrationState.PENDING, RegistrationState.EXPIRED}
)
AT_THE_DOOR = (RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW)
COLUMNS = (
    "code",
    "name",
    "email",
    "language",
    "status",
    "attendance",
    "registered_at",
    "wish",
    "joined_at",
    "format",
    "format_version",
)
_READ = (
    RegistrationRow.id,
    RegistrationRow.code,
    RegistrationRow.name,
    RegistrationRow.email,
    RegistrationRow.language,
    RegistrationRow.state,
    RegistrationRow.attendance,
    RegistrationRow.registered_at,
    RegistrationRow.answers,
    RegistrationRow.wish,
    RegistrationRow.joined_at,
)
CHUNK = 500

# Turns a code of the service into words: say("status", "confirmed"). Without words the codes themselves are written.
Say = Callable[[str, str], str]


@dataclass(frozen=True, kw_only=True)
class AttendeePage:
    """Some people of a list, and how many there are in all."""

    people: tuple[RegistrationFacts, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class DoorLine:
    """What the list at the door says of a person, and no more."""

    name: str
    code: str


def search(
    event_id: int, *, text: str = "", states: Sequence[RegistrationState] = tuple(RegistrationState), page: int = 1
) -> AttendeePage:
    """One page of the people whose name, address or code holds every word of `text`, by name; those who wait by turn.

    Case and accents do not count, which the databases cannot do alike; so names are compared here, without their rows.
    """
    words = plain(text).split()
    found = [
        (queued_at if tuple(states) == (RegistrationState.WAITLISTED,) else None, name_key(name), person_id)
        for person_id, name, email, code, queued_at in store.listed(event_id, states)
        if all(word in plain(f"{name}\n{email}\n{code}") for word in words)
    ]
    found.sort(key=lambda line: (line[0].timestamp() if line[0] else 0.0, line[1], line[2]))
    ids = [person_id for *_, person_id in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    people = store.with_ids(ids)
    return AttendeePage(people=tuple(people[person_id] for person_id in ids if person_id in people), total=len(found))


def counts(event_id: int) -> dict[RegistrationState, int]:
    """How many registrations of an event stand in each state."""
    summed = dict.fromkeys(RegistrationState, 0)
    for (_, state), number in store.counts(event_id).items():
        summed[state] += number
    return summed


def door_lines(event: EventFacts) -> list[DoorLine]:
    """Everyone with a place who comes, A to Z; no addresses and no answers, since the sheets lie about at the entrance.

    Who takes part digitally is waited for by nobody at the door.
    """
    people = [row.facts() for row in store.rows(event.id, AT_THE_DOOR)]
    coming = [person for person in people if Attendance.ONSITE in rules.ways_of(event, person)]
    return [
        DoorLine(name=person.name, code=person.code)
        for person in sorted(coming, key=lambda person: (name_key(person.name), person.code))
    ]


def begin_export(event_id: int, *, organiser_id: int, format: str, now: datetime) -> TooMany | None:
    """Record that an organiser takes the list out of the service; refused after 20 a day."""
    with transaction():
        if (refused := limits.take(EXPORTS_DAY, f"organiser:{organiser_id}", now)) is not None:
            return refused
        actor = f"organiser:{organiser_id}"
        audit.record("attendees.exported", f"event:{event_id}", actor=actor, now=now, format=format)
    return None


def table(event: EventFacts, say: Say = lambda _, code: code) -> Iterator[tuple[str, ...]]:
    """The heading, then a line for every registration but pending and expired ones, in the order they came.

    The questions of the event are columns, as are the parts where there are any to be in. Times are those of the
    event's zone. Each line says in which format the event takes place and by which of its versions, since a list that
    was taken along before a switch looks like one from after it.
    """
    titles = {part.id: part.title for part in event.parts if not part.for_everyone}
    columns = (*COLUMNS, "parts") if titles else COLUMNS
    yield (*(say("column", column) for column in columns), *(question.label for question in event.questions))
    say = cache(say)  # The same few words stand in every line.
    read = (*_READ, RegistrationRow.session_list) if titles else _READ
    last_id = 0
    # Plain columns, since a long list needs neither rows that can be changed nor whole facts.
    while chunk := store.columns_of(event.id, EXPORTED, read, after_id=last_id, limit=CHUNK):
        for (
            _,
            code,
            name,
            email,
            language,
            state,
            attendance,
            registered_at,
            answers,
            wish,
            joined_at,
            *chosen,
        ) in chunk:
            yield (
                code,
                name,
                email,
                language,
                say("status", state),
                say("attendance", attendance),
                _minute(registered_at, event),
                say("wish", wish),
                _minute(joined_at, event),
                say("format", event.format),
                str(event.format_version),
                *(_titles_of(session_list, titles) for session_list in chosen),
                *(answer_text(question, answers, say) for question in event.questions),
            )
        last_id = chunk[-1].id


def _minute(instant: datetime | None, event: EventFacts) -> str:
    """In the event's zone, as spreadsheets sort it."""
    return f"{local(instant, event.timezone):%Y-%m-%d %H:%M}" if instant else ""


def _titles_of(session_list: str | None, titles: Mapping[int, str]) -> str:
    """The parts that a person was put into or chose, in the order of the programme."""
    own = session_ids(session_list)
    return ", ".join(title for identity, title in titles.items() if identity in own)


def exported(event_id: int) -> Iterator[RegistrationFacts]:
    """Everyone but pending and expired people, in the order they came, read a chunk at a time."""
    last_id = 0
    while chunk := store.rows(event_id, EXPORTED, RegistrationRow.id > last_id, limit=CHUNK):
        yield from (row.facts() for row in chunk)
        last_id = chunk[-1].id


def answer_text(question: Question, answers: Mapping[str, Any], say: Say = lambda _, code: code) -> str:
    """The answer to a question in one cell; empty where there is none."""
    match answers.get(question.key):
        case None:
            return ""
        case bool() as yes:
            return say("answer", "yes" if yes else "no")
        case "yes" | "no" as code if question.kind is QuestionKind.YES_NO:
            return say("answer", code)
        case list() | tuple() as several:
            return ", ".join(str(part) for part in several)
        case answer:
            return str(answer)
