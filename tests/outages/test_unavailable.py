"""While the database cannot be used, people and programs are told so, in words and with a time to come back."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from regservice.clock import utc_now
from regservice.db import db
from regservice.web.access import form_token
from regservice.wiring import Wiring
from regservice.workers import service as workers
from tests.conftest import application
from tests.databases import Postgres, free_port, settings_for
from tests.forms import forms_in

SLUG = "dialogue-evening"
TITLES = {"de": "Im Moment nicht erreichbar", "en": "Not available at the moment"}
AGAIN = {
    "de": "Unsere Datenbank ist nicht erreichbar. Bitte warten Sie eine Minute und öffnen Sie diese Seite noch einmal.",
    "en": "Our database cannot be reached. Please wait a minute and open this page again.",
}
SEND_AGAIN = {
    "de": "Unsere Datenbank ist nicht erreichbar. Vielleicht ist nicht gespeichert, was Sie abgeschickt haben. "
    "Bitte warten Sie eine Minute, gehen Sie zurück und schicken Sie es noch einmal ab. "
    "Niemand wird doppelt angemeldet.",
    "en": "Our database cannot be reached, and what you sent may not have been saved. Please wait a minute, go back "
    "and send it once more. Nobody is registered twice.",
}


@pytest.fixture
def nobody_there(tmp_path: Path) -> Iterator[Flask]:
    """The application of a server that does not listen."""
    with application(settings_for(tmp_path, f"postgresql://u@127.0.0.1:{free_port()}/none"), Wiring()) as app:
        yield app


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("path", ["/", f"/events/{SLUG}", "/nowhere", "/organise", "/r/token", "/metrics"])
def test_every_page_says_what_to_do(nobody_there: Flask, path: str, language: str) -> None:
    answer = nobody_there.test_client().get(f"{path}?lang={language}")
    if (answer.status_code, path) == (302, "/organise"):
        return  # Nobody is signed in, which is known without asking.
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"<h1>{TITLES[language]}</h1>" in answer.text
    assert AGAIN[language] in answer.text


@pytest.mark.parametrize("language", ["de", "en"])
def test_who_sent_a_form_is_told_that_it_may_be_sent_again(nobody_there: Flask, language: str) -> None:
    with nobody_there.test_request_context("/lost"):
        hidden = forms_in(f"<form method=post>{form_token()}</form>")[0][1]
    answer = nobody_there.test_client().post(f"/lost?lang={language}", data={**hidden, "email": "ada@example.org"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert SEND_AGAIN[language] in answer.text


def test_a_program_gets_a_problem(nobody_there: Flask) -> None:
    person = {"name": "Ada", "email": "ada@example.org", "language": "de", "consent": True}
    for answer in (
        nobody_there.test_client().get("/api/v1/events"),
        nobody_there.test_client().post(f"/api/v1/events/{SLUG}/registrations", json=person),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert answer.mimetype == "application/problem+json"
        assert answer.json["type"] == "urn:regservice:problem:unavailable"


def test_health_and_readiness_tell_the_process_from_its_database(nobody_there: Flask) -> None:
    client = nobody_there.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json) == (503, {"status": "the database cannot be reached"})


def end_connections(postgres: Postgres, url: str) -> None:
    """As a restart of the server does: the one connection that is open is ended."""
    query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        assert admin.execute(query, [make_url(url).database]).fetchall() == [(True,)]


@pytest.mark.postgres
def test_connections_that_the_server_ended_are_made_anew_unseen(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url, application(settings_for(tmp_path, url), Wiring()) as app:
        client = app.test_client()
        assert client.get("/").status_code == 200
        db.session.remove()
        end_connections(postgres, url)
        assert client.get("/").status_code == 200


@pytest.mark.postgres
def test_what_was_read_is_worth_something_though_its_connection_is_lost(postgres: Postgres, tmp_path: Path) -> None:
    now = utc_now()
    with postgres.database() as url, application(settings_for(tmp_path, url), Wiring()):
        assert workers.last_heard_at(now) is None
        end_connections(postgres, url)
        workers.beat("worker-1", now)  # A use case begins after a read.
        assert workers.last_heard_at(now) == now
        end_connections(postgres, url)
        db.session.remove()  # So ends every request.
        assert workers.last_heard_at(now) == now


def test_one_waits_for_a_server_that_is_silent_and_the_others_are_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/none?connect_timeout=2"
        with application(settings_for(tmp_path, url), Wiring()) as app:
            assert app.test_client().get("/").status_code == 503  # From here on it is known.
            seconds: list[float] = []

            def visit() -> None:
                begin = time.monotonic()
                assert app.test_client().get("/").status_code == 503
                seconds.append(time.monotonic() - begin)

            threads = [threading.Thread(target=visit) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
        assert (sum(each < 1.5 for each in seconds), len(seconds)) == (5, 6)


@pytest.mark.postgres
def test_no_partner_waits_for_a_host_that_vanished(postgres: Postgres, tmp_path: Path) -> None:
    names = ("tcp_keepalives_idle", "tcp_user_timeout", "lock_timeout", "statement_timeout")
    with (
        postgres.database() as url,
        application(settings_for(tmp_path, f"{url}?tcp_user_timeout=7000"), Wiring()),
        db.engine.connect() as connection,
    ):
        theirs = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        ours = driver.info.get_parameters()
    assert theirs == ["5", "10000", "20s", "0"]
    # What stands in the operator's address wins.
    assert (ours["connect_timeout"], ours["keepalives_idle"], ours["tcp_user_timeout"]) == ("5", "5", "7000")
