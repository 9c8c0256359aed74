"""What the database ends in favour of another transaction is done again inside, and nobody sees it."""

import threading
import time

import psycopg
import pytest
from flask import Flask

from regservice.db import db
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.databases import Postgres
from tests.factories import make_event
from tests.forms import forms_in

pytestmark = pytest.mark.postgres


def wait_until_somebody_waits(admin: "psycopg.Connection[tuple[int]]", database: str, people: int) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    for _ in range(200):
        row = admin.execute(query, [database]).fetchone()
        if row and row[0] == people:
            return
        time.sleep(0.02)
    raise AssertionError(f"{people} do not wait for a lock")


@pytest.mark.parametrize("way", ["form", "api"])
def test_a_registration_that_is_the_victim_of_a_deadlock_is_taken(
    postgres_app: Flask, postgres: Postgres, clock: Clock, way: str
) -> None:
    """As the job that forgets old counts may meet it: it takes the rows of the limits in no particular order."""
    name = db.engine.url.database or ""
    event = make_event(clock())
    person = {"name": "Ada", "email": "ada@example.org", "language": "de", "consent": "yes"}
    client, path = postgres_app.test_client(), f"/events/{event.slug}/register"
    hidden = forms_in(client.get(path).text)[0][1]
    clock.advance(seconds=3)
    statuses: list[int] = []

    def send() -> None:
        if way == "form":
            answer = client.post(path, data={**hidden, **person})
        else:
            answer = client.post(f"/api/v1{path.replace('register', 'registrations')}", json=person | {"consent": True})
        statuses.append(answer.status_code)

    sending = threading.Thread(target=send)
    with (
        psycopg.connect(postgres.admin_url, autocommit=True) as admin,
        psycopg.connect(postgres.admin_url.rsplit("/", 1)[0] + f"/{name}") as rival,
    ):
        # Who looks for a deadlock first is the one that ends: the registration.
        rival.execute("SET deadlock_timeout = '60s'")
        rival.execute("SELECT id FROM event WHERE id = %s FOR UPDATE", [event.id])
        sending.start()
        wait_until_somebody_waits(admin, name, 1)
        rival.execute("LOCK TABLE limit_count")
        rival.rollback()
        sending.join(20)
    assert statuses == [200 if way == "form" else 202]
    assert len(registrations.of_event(event.id, tuple(State))) == 1
