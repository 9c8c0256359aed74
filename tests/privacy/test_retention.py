"""The promised day of deletion, to the local day, on real databases."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.notices import service as notices
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore, Sent
from regservice.outbox.types import MessageFacts
from regservice.privacy import service as privacy
from regservice.registrations import rules, session_places
from regservice.registrations import service as registrations
from regservice.registrations.models import SessionPlace
from regservice.registrations.types import CancelCause
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event, register
from tests.facts import MADE_AT, event_facts, registration_facts

# The event ends on 20 November; thirty days later is 20 December, which begins at 23:00 UTC the day before.
DELETION_BEGINS = datetime(2026, 12, 19, 23, 0, tzinfo=UTC)


def test_people_are_deleted_on_the_promised_local_day_and_not_a_second_before(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    clock.set(DELETION_BEGINS - timedelta(seconds=1))
    assert privacy.erase_due(clock()) == 0
    clock.set(DELETION_BEGINS)
    assert privacy.erase_due(clock()) == 1
    assert privacy.erase_due(clock()) == 0
    assert registrations.find(ada.id) is None
    assert events.get(event.id).lifecycle == "archived"


def test_a_postponed_event_keeps_its_people_for_the_new_date_for_a_year(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    changes.postpone(event.id, reason="flood", by="test", now=clock())
    assert rules.kept_until(events.get(event.id), ada) == clock().date() + timedelta(days=365)
    clock.set(DELETION_BEGINS + timedelta(days=60))
    assert privacy.erase_due(clock()) == 0
    values = replace(
        events.values_of(event), starts_at=STARTS_AT + timedelta(days=120), ends_at=ENDS_AT + timedelta(days=120)
    )
    assert isinstance(changes.take_up_again(event.id, values, by="test", now=clock()), EventFacts)
    assert "new_date" in [message.kind for message in outbox.ledger_for_registration(ada.id)]
    clock.set(DELETION_BEGINS + timedelta(days=121))
    assert privacy.erase_due(clock()) == 1


def test_a_postponed_event_that_gets_no_date_loses_its_people_after_a_year(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    changes.postpone(event.id, reason="flood", by="test", now=clock())
    clock.advance(days=364)
    assert privacy.erase_due(clock()) == 0
    clock.advance(days=1)
    assert privacy.erase_due(clock()) == 1


def test_the_sessions_of_a_person_are_deleted_with_them(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    group = SessionValues(title="Group", kind=SessionKind.GROUP, for_everyone=False)
    made = session_changes.arrange(event.id, [(None, group)], by="test", now=clock())
    assert isinstance(made, EventFacts)
    ada = confirm(event, "Ada", clock())
    session_places.choose(ada.id, made.parts[0].id, by="test", now=clock())
    clock.set(DELETION_BEGINS)
    assert privacy.erase_due(clock()) == 1
    assert session().scalar(select(func.count()).select_from(SessionPlace)) == 0


def test_the_ledger_keeps_what_was_said_without_whom(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    clock.set(DELETION_BEGINS)
    privacy.erase_due(clock())
    ledger = outbox.ledger(event.id)
    assert {message.kind for message in ledger} == {"optin", "optin_again", "confirmed"}
    assert {(message.recipient, message.registration_id) for message in ledger} == {("", None)}


def test_what_ended_is_deleted_after_a_week(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    pending = register(event, "Ben", clock())
    registrations.cancel(ada.id, clock())
    clock.advance(days=7, seconds=-1)
    assert privacy.erase_due(clock()) == 0
    clock.advance(seconds=1)
    assert privacy.erase_due(clock()) == 1
    assert (registrations.find(ada.id), registrations.find(pending.id) is None) == (None, False)


def test_who_left_because_of_the_format_is_kept_until_the_start_for_they_are_asked_first(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock(), digital_capacity=None)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url="https://r.example.org", by="test", now=clock())
    registrations.cancel(ada.id, clock(), cause=CancelCause.FORMAT)
    registrations.cancel(ben.id, clock())
    clock.set(STARTS_AT - timedelta(seconds=1))
    assert privacy.erase_due(clock()) == 1
    left = registrations.find(ada.id)
    assert (registrations.find(ben.id), left is not None) == (None, True)
    assert left is not None
    assert rules.kept_until(events.get(event.id), left) == STARTS_AT.date() + timedelta(days=1)
    clock.advance(seconds=1)
    assert privacy.erase_due(clock()) == 1


@pytest.mark.parametrize(
    ("person", "days"),
    [
        ({}, 30),
        ({"state": State.CANCELLED, "ended_at": MADE_AT}, -43),
        ({"state": State.CANCELLED, "ended_at": MADE_AT, "cancel_cause": CancelCause.FORMAT}, 1),
        ({"state": State.CANCELLED, "ended_at": STARTS_AT, "cancel_cause": CancelCause.FORMAT}, 7),
        ({"state": State.CANCELLED, "ended_at": STARTS_AT + timedelta(days=25)}, 30),
    ],
)
def test_the_promised_day_of_deletion(person: dict[str, object], days: int) -> None:
    kept_until = rules.kept_until(event_facts(), registration_facts(**person))
    assert kept_until == STARTS_AT.date() + timedelta(days=days)


def test_who_registers_for_the_new_date_of_an_event_whose_day_had_come_is_deleted_as_well(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    clock.set(DELETION_BEGINS)
    assert privacy.erase_due(clock()) == 0
    length = timedelta(days=60)
    moved = replace(events.values_of(event), starts_at=STARTS_AT + length, ends_at=ENDS_AT + length)
    assert isinstance(changes.edit(event.id, moved, by="test", now=clock()), EventFacts)
    ada = confirm(event, "Ada", clock())
    clock.set(DELETION_BEGINS + length)
    assert privacy.erase_due(clock()) == 1
    assert registrations.find(ada.id) is None


def test_nothing_of_a_deleted_person_is_left_in_the_file(app: Flask, clock: Clock, tmp_path: Path) -> None:
    event = make_event(clock())
    confirm(event, "Xanthippe Canary", clock())
    clock.set(DELETION_BEGINS)
    privacy.erase_due(clock())  # Connections stay open, as those of a running service do.
    assert files_with(b"anthippe", tmp_path) == []


class _Mailbox:
    """Takes everything; what matters here is that the rows of the ledger grow and move."""

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        return notices.still_wanted(message, now)

    def send(self, message: MessageFacts, now: datetime) -> Sent:
        return Sent()


# Where rows move depends on the length of everything; with each of these something was left behind.
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_nothing_of_deleted_people_is_left_where_the_file_moved_their_rows(
    app: Flask, clock: Clock, tmp_path: Path, seed: int
) -> None:
    event = make_event(clock(), capacity=None)
    chance = random.Random(seed)
    for number in range(30):
        clock.advance(minutes=1)
        person = confirm(event, f"Canary {'x' * chance.randrange(60)} {number}", clock())
        if chance.random() < 0.3:
            sending.deliver(_Mailbox(), clock)
        if chance.random() < 0.3:
            registrations.cancel(person.id, clock(), reason="y" * chance.randrange(100))
        notices.plan_due(clock())
    clock.set(DELETION_BEGINS)
    assert privacy.erase_due(clock()) == 30
    assert files_with(b"canary", tmp_path) == []


def test_who_was_deleted_on_their_own_request_is_wiped_with_the_next_run(
    app: Flask, clock: Clock, tmp_path: Path
) -> None:
    event = make_event(clock())
    registrations.withdraw(register(event, "Canary", clock()).id, clock())
    remains = session().execute(text("PRAGMA user_version")).scalar_one()
    assert privacy.erase_due(clock()) == 0
    assert (remains, session().execute(text("PRAGMA user_version")).scalar_one()) == (1, 0)
    assert files_with(b"canary", tmp_path) == []


def files_with(words: bytes, folder: Path) -> list[str]:
    """The files of the database that hold these words, deleted or not."""
    files = [path for path in folder.iterdir() if path.name.startswith("test.sqlite3")]
    return [path.name for path in files if words in path.read_bytes()]
