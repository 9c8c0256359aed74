"""Threads of one process take turns for an event, so that PostgreSQL gives it to processes by turns."""

import threading
import time

import psycopg
import pytest
from flask import Flask

from regservice.db import db, transaction
from regservice.events import service as events
from tests.conftest import Clock
from tests.databases import Postgres
from tests.factories import make_event
from tests.outages.test_deadlocks import wait_until_somebody_waits

pytestmark = pytest.mark.postgres


def lock_twice(app: Flask, event_id: int) -> None:
    with app.app_context(), transaction():
        events.lock(event_id)
        events.lock_places(event_id)


def test_one_thread_of_a_process_asks_for_an_event_until_the_others_have_waited_too_long(
    postgres_app: Flask, postgres: Postgres, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regservice.db.TURN_S", 2.0)
    event, other = make_event(clock()), make_event(clock())
    db.session.remove()
    name = db.engine.url.database or ""
    threads = [threading.Thread(target=lock_twice, args=(postgres_app, event.id)) for _ in range(3)]
    with (
        psycopg.connect(postgres.admin_url, autocommit=True) as admin,
        psycopg.connect(postgres.admin_url.rsplit("/", 1)[0] + f"/{name}") as rival,
    ):
        rival.execute("SELECT id FROM event WHERE id = %s FOR UPDATE", [event.id])
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        wait_until_somebody_waits(admin, name, 1)
        begun = time.monotonic()
        lock_twice(postgres_app, other.id)
        assert time.monotonic() - begun < 1.0, "another event's turn was waited for"
        wait_until_somebody_waits(admin, name, 3)
        rival.rollback()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)
    begun = time.monotonic()
    lock_twice(postgres_app, event.id)
    assert time.monotonic() - begun < 1.0, "a turn was not given back"
