"""What machines ask about the service."""

from flask import Flask
from flask.testing import FlaskClient

from regservice.db import db
from regservice.outbox import sending
from regservice.outbox.delivery import Retry, Scope
from regservice.workers import service as workers
from tests.conftest import Clock
from tests.factories import make_event, register
from tests.outbox.test_service import FakePost


def test_ready_means_a_worker_was_heard_from_within_a_minute(client: FlaskClient, app: Flask, clock: Clock) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    workers.beat("worker-1", clock())
    clock.advance(seconds=60)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["worker_age_s"]) == (200, 60.0)
    clock.advance(seconds=1)
    assert client.get("/readyz").status_code == 503


def test_what_waits_is_counted(client: FlaskClient, app: Flask, clock: Clock) -> None:
    register(make_event(clock()), "Ada", clock())
    workers.beat("worker-1", clock())
    clock.advance(seconds=30)
    answer = client.get("/readyz").json
    assert (answer["oldest_due_s"], answer["held"], answer["failed"], answer["uncertain"]) == (30.0, 0, 0, 0)
    assert 'regservice_messages{state="waiting"} 2.0' in client.get("/metrics").text


def test_a_database_of_another_version_is_not_ready(client: FlaskClient, app: Flask, clock: Clock) -> None:
    workers.beat("worker-1", clock())
    with db.engine.begin() as connection:
        newest = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = client.get("/readyz")
    assert (answer.status_code, "migrate" in answer.json["status"]) == (503, True)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE message")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (newest,))
    assert client.get("/readyz").status_code == 503


def test_a_relay_that_is_left_alone_is_told(client: FlaskClient, app: Flask, clock: Clock) -> None:
    register(make_event(clock()), "Ada", clock())
    workers.beat("worker-1", clock())
    assert client.get("/readyz").json["relay_paused_until"] is None
    sending.deliver(FakePost(outcomes=[Retry(reason="421 closing", scope=Scope.ALL)]), clock)
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["relay_paused_until"]) == (200, "2026-10-06T10:01:00+00:00")
    assert "regservice_relay_failures 1.0" in client.get("/metrics").text
    clock.advance(minutes=1)
    sending.deliver(FakePost(), clock)
    assert client.get("/readyz").json["relay_paused_until"] is None
    assert "regservice_relay_failures 0.0" in client.get("/metrics").text
