"""How many statements people's pages and mails cost, and that reading on PostgreSQL costs nothing beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import event as database_event
from sqlalchemy import select, text, union_all

from benchmarks.targets import TARGETS
from regservice.db import db, session
from regservice.events.types import EventFacts, Format
from regservice.formats import decisions
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices.delivery import LetterPost
from regservice.outbox import sending
from regservice.outbox.delivery import Sent
from regservice.registrations import desk, keeping, registering, store
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState, Wish
from regservice.workers.models import Heartbeat
from tests.conftest import Clock, OutsideClient
from tests.factories import make_event, register, request_for
from tests.formats.test_decisions import NOON, announced, read
from tests.formats.test_switching import to_digital
from tests.forms import forms_in
from tests.registrations.test_choosing import event_with, group


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement, without BEGIN."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    database_event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        database_event.remove(db.engine, "before_cursor_execute", note)


def enter(event: EventFacts, numbers: range, clock: Clock) -> None:
    """Staff enter people, who get a mail each."""
    for number in numbers:
        desk.enter(event.id, request_for(f"Person {number}"), by="test", now=clock())


def test_a_page_and_a_calendar_that_nobody_changed_cost_one_statement(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    each_app.test_client_class = OutsideClient
    client = each_app.test_client()
    for path in (f"/events/{event.slug}", f"/events/{event.slug}/calendar.ics"):
        first = client.get(path)
        with counted() as statements:
            again = client.get(path)
        assert (again.status_code, again.data, len(statements)) == (200, first.data, 1)


def test_a_page_read_for_the_first_time_costs_two_statements_and_a_third_for_rule_and_switch(
    each_app: Flask, clock: Clock
) -> None:
    earlier, plain = make_event(clock()), make_event(clock())
    ruled, *_ = announced(clock)
    read(ruled, clock, 100, 200, 350)
    clock.set(NOON)
    assert decisions.decide_due(clock()) == 1
    switched = make_event(clock(), capacity=None)
    assert isinstance(to_digital(switched, clock), Switched)
    each_app.test_client_class = OutsideClient
    client, costs = each_app.test_client(), []
    client.get(f"/events/{earlier.slug}")  # What the town looks like is kept from here on.
    for event in (plain, ruled, switched):
        with counted() as statements:
            assert client.get(f"/events/{event.slug}").status_code == 200
        costs.append(len(statements))
    assert costs == [2, 3, 3]


def test_a_whole_registration_costs_no_more_statements_than_promised(each_app: Flask, clock: Clock) -> None:
    """Form, submit, confirm page and confirm together; the mail between them is the worker's."""
    event = make_event(clock(), capacity=None)
    each_app.test_client_class = OutsideClient
    client, path, costs = each_app.test_client(), f"/events/{event.slug}/register", []
    for name in ("Ada", "Ben"):
        with counted() as statements:
            hidden = forms_in(client.get(path).text)[0][1]
            clock.advance(minutes=1)
            person = {"name": name, "email": f"{name}@example.org", "language": "de", "consent": "yes"}
            assert client.post(path, data=hidden | person).status_code == 200
        [pending] = registrations.of_event(event.id, (RegistrationState.PENDING,))
        link = f"/r/{registrations.personal_token(pending)}/confirm"
        with counted() as more:
            hidden = forms_in(client.get(link).text)[0][1]
            assert client.post(link, data=hidden).status_code == 200
        assert registrations.of_event(event.id, (RegistrationState.CONFIRMED,))[-1].name == name
        costs.append(len(statements) + len(more))
    # The first reads what is kept from then on.
    assert TARGETS["registration statements"].is_kept_by(costs[1])


@pytest.mark.parametrize(
    ("wish", "facts", "counts"),
    [
        (Wish.ONSITE, {"waiting_list": True}, 0),
        (Wish.ONSITE, {"waiting_list": False}, 1),
        (Wish.ONSITE, {"waiting_list": False, "capacity": None}, 0),
        (Wish.EITHER, {"waiting_list": True}, 1),
        (Wish.EITHER, {"waiting_list": False}, 1),
    ],
)
def test_seats_are_counted_at_registration_only_where_they_decide(
    each_app: Flask, clock: Clock, wish: Wish, facts: dict[str, Any], counts: int
) -> None:
    event = make_event(clock(), format=Format.HYBRID, **({"capacity": 30} | facts))
    with counted() as statements:
        register(event, "Ada", clock(), attendance=wish)
    assert len([each for each in statements if "GROUP BY registration.attendance" in each]) == counts


def test_a_mail_costs_four_statements_beside_its_batch(each_app: Flask, clock: Clock) -> None:
    """The outcome of the one before, the circumstances, whom and what it is about, and its mark."""
    event, post = make_event(clock(), capacity=None), LetterPost(hand_over=lambda _: Sent())
    costs = []
    for people in (range(1), range(1, 11), range(11, 31)):
        enter(event, people, clock)
        with counted() as statements:
            assert sending.deliver(post, clock).sent == len(people)
        costs.append(len(statements))
    assert costs[2] - costs[1] == 4 * 10


@pytest.mark.parametrize(("capacity", "each"), [(None, 4), (30, 5)])
def test_a_reminder_counts_who_waits_with_one_more(
    each_app: Flask, clock: Clock, capacity: int | None, each: int
) -> None:
    """Only where somebody may have to wait."""
    event, post = make_event(clock(), capacity=capacity), LetterPost(hand_over=lambda _: Sent())
    costs = []
    enter(event, range(30), clock)
    notices.plan_due(clock())
    sending.deliver(post, clock)
    assert event.starts_at is not None
    clock.set(event.starts_at)
    clock.advance(days=-7)
    for limit in (1, 5, 15):
        with counted() as statements:
            assert sending.deliver(post, clock, limit=limit).sent == limit
        costs.append(len(statements))
    assert costs[2] - costs[1] == each * 10


@pytest.mark.postgres
def test_reading_on_postgresql_begins_nothing_and_writing_does(postgres_app: Flask) -> None:
    for statement, status in (
        (select(Heartbeat.worker), TransactionStatus.IDLE),
        (union_all(select(Heartbeat.worker), select(Heartbeat.worker)), TransactionStatus.IDLE),
        (select(Heartbeat.worker).with_for_update(), TransactionStatus.INTRANS),
        (text("SELECT worker FROM heartbeat"), TransactionStatus.INTRANS),
    ):
        session().rollback()
        session().execute(statement)
        connections = [
            found.connection.driver_connection
            for found in (session().connection(bind_arguments={"clause": statement}),)
        ]
        assert [found.info.transaction_status for found in connections if found] == [status]


def test_who_is_registered_already_is_found_without_reading_the_event(app: Flask, clock: Clock) -> None:
    """With an OR over address and form, both databases read everybody at the event, at each registration."""
    event = make_event(clock(), capacity=None)
    with counted() as statements:
        store.find_known(event.id, "ada@example.org", "a form")
    plan = session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0]}", _blanks(statements[0]))
    read = [str(row[3]) for row in plan if "registration " in str(row[3])]
    assert read == [
        "SEARCH registration USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH registration USING INDEX uq_registration_active_address (event_id=? AND email_key=?)",
        "SEARCH registration USING INDEX ix_registration_event_request_key (event_id=? AND request_key=?)",
    ]


def test_places_that_are_held_are_counted_without_reading_who_takes_part_digitally(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=None)
    with counted() as statements:
        store.taken_and_waiting(event.id)
    plan = session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0]}", _blanks(statements[0]))
    read = [str(row[3]) for row in plan if "registration " in str(row[3])]
    assert read == [
        "SEARCH registration USING COVERING INDEX ix_registration_event_state (event_id=? AND state=?)",
        "SEARCH registration USING INDEX ix_registration_answer_by (answer_by>?)",
    ]


def test_who_did_not_answer_in_time_is_found_without_reading_everybody(app: Flask, clock: Clock) -> None:
    with counted() as statements:
        keeping.end_due(clock())
    plan = session().connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statements[0]}", _blanks(statements[0]))
    assert [str(row[3]) for row in plan] == ["SEARCH registration USING INDEX ix_registration_answer_by (answer_by<?)"]


def _blanks(statement: str) -> tuple[str, ...]:
    return ("",) * statement.count("?")


def test_a_group_costs_a_registration_one_statement_and_others_nothing(each_app: Flask, clock: Clock) -> None:
    """With the count of people in groups; who wishes for none pays nothing for the groups of others."""
    plain, grouped = make_event(clock(), capacity=None), event_with(clock, group("Housing", None))
    register(plain, "First", clock())  # Whatever is read once and kept is read here.
    costs = {}
    for name, event, wanted in (
        ("none there", plain, None),
        ("none wished", grouped, None),
        ("one wished", grouped, grouped.parts[0].id),
    ):
        with counted() as statements:
            registering.register(event.id, request_for(name, group=wanted), sender=name, now=clock())
        costs[name] = len(statements)
        [pending] = registrations.of_event(event.id, (RegistrationState.PENDING,))[-1:]
        with counted() as statements:
            registrations.confirm(pending.id, clock())
        costs[f"{name}, confirmed"] = len(statements)
    assert costs["none wished"] == costs["none there"]
    assert costs["none wished, confirmed"] == costs["none there, confirmed"]
    assert costs["one wished"] == costs["none there"] + 1
