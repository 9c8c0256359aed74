"""Large databases for measurements: one real row, made by the service, written many times by the database itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text, update

from regservice.db import Base, db, is_postgresql, session, transaction
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.outbox import service as outbox
from regservice.outbox.models import Message
from regservice.outbox.types import MessageState
from regservice.registrations import desk
from regservice.registrations.attendee_list import COLUMNS
from regservice.registrations.types import Confirmed, RegistrationRequest, Source
from tests.factories import make_event

# Numbers of copies begin here, so that what the service makes meanwhile has its own.
FIRST = 1_000_000
# What of a row must be another in each copy; `n.i` is its number.
REGISTRATION = {
    "name": "'Person ' || n.i",
    "email": "'person.' || n.i || '@example.org'",
    "email_key": "'person.' || n.i || '@example.org'",
    "code": "'N' || n.i",
    "link_hash": "'link of ' || original.id || ' ' || n.i",
}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is in a database."""

    events: int
    registrations: int
    messages: int


def full_event(now: datetime, people: int, *, columns: int = 15) -> EventFacts:
    """An event with this many people who have a place; it asks as many questions as its list has further columns."""
    questions = tuple(
        Question(key=f"q{number}", label=f"Question {number}", kind=QuestionKind.TEXT)
        for number in range(columns - len(COLUMNS))
    )
    starts_at = now + timedelta(days=30)
    event = make_event(
        now, capacity=None, questions=questions, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3)
    )
    answers = {question.key: f"An answer to {question.label}" for question in questions}
    _copy("registration", _entered(event, "Ada", now, answers=answers), people - 1, REGISTRATION)
    _settle()
    return event


def enter_people(event: EventFacts, number: int, now: datetime) -> None:
    """Staff enter so many people, and a mail to each is due at once."""
    with transaction():
        for person in range(number):
            _entered(event, f"Person.{person}", now)


def fill(now: datetime, size: Size) -> None:
    """Events with people whose reminders are planned over all of them.

    One message of five in the ledger is a reminder that waits for its day, the others were sent.
    """
    event = full_event(now, 1)
    person = _entered(event, "Ben", now)
    [message] = [found for found in outbox.ledger_for_registration(person) if found.kind == "confirmed"]
    _copy("event", event.id, size.events, {"slug": "'event-' || n.i"})
    _copy(
        "event_session",
        _only("SELECT id FROM event_session WHERE event_id = :value", event.id),
        size.events,
        {"event_id": "(SELECT id FROM event WHERE slug = 'event-' || n.i)"},
    )
    first = _only("SELECT id FROM event WHERE slug = :value", f"event-{FIRST}")
    one_of_them = f"{first} + n.i % {size.events}"
    # Their reminders are among the messages: else the first run of a job that is to find nothing would plan a million.
    others = REGISTRATION | {"event_id": one_of_them, "planned_version": "1"}
    _copy("registration", person, size.registrations, others)
    whose = {"event_id": one_of_them, "registration_id": f"{FIRST} + n.i % 1000000"}
    waiting = size.messages // 5
    _copy_message(message.id, waiting, whose, state=MessageState.WAITING, due_at=now + timedelta(days=29))
    _copy_message(message.id, size.messages - waiting, whose, state=MessageState.SENT, due_at=now, sent_at=now)
    _settle()


def _copy_message(
    message_id: int, count: int, whose: Mapping[str, str], *, state: MessageState, due_at: datetime, **more: datetime
) -> None:
    values = {"state": state, "due_at": due_at, "next_attempt_at": due_at} | more
    with transaction() as active:
        active.execute(update(Message).where(Message.id == message_id).values(values))
    keys = {"dedupe_key": f"'{state} ' || n.i", "message_id": f"'<{state}.' || n.i || '@example.org>'"}
    _copy("message", message_id, count, keys | whose)


def _entered(event: EventFacts, name: str, now: datetime, **more: object) -> int:
    email = f"{name.lower()}@example.net"
    request = RegistrationRequest(name=name, email=email, language="de", source=Source.STAFF, **more)  # type: ignore[arg-type]
    answer = desk.enter(event.id, request, by="benchmark", now=now)
    assert isinstance(answer, Confirmed), answer
    return answer.registration.id


def _only(statement: str, value: object) -> int:
    return int(session().execute(text(statement), {"value": value}).scalar_one())


def _copy(table: str, row_id: int, count: int, other: Mapping[str, str]) -> None:
    """Write a row again `count` times, with other values where each must have its own."""
    columns = [column.name for column in Base.metadata.tables[table].columns if column.name != "id"]
    values = ", ".join(other.get(name, f"original.{name}") for name in columns)
    statement = f"""
        INSERT INTO {table} ({", ".join(columns)})
        WITH RECURSIVE n(i) AS (SELECT {FIRST} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {FIRST + count})
        SELECT {values} FROM n, {table} AS original WHERE original.id = {row_id}
    """  # noqa: S608 - our own table names and numbers.
    if count > 0:
        with transaction() as active:
            active.execute(text(statement))


def _settle() -> None:
    """What PostgreSQL does by itself within some minutes, and would otherwise do while something is measured.

    SQLite never gathers statistics, and would choose other ways with them than it does in operation.
    """
    if is_postgresql():
        session().rollback()
        with db.engine.connect().execution_options(each_alone=True) as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
            connection.execute(text("CHECKPOINT"))
