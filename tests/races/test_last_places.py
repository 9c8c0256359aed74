"""64 people press the button at the same moment, through a real server with several processes: exactly the capacity."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier, Thread
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.databases import Postgres, settings_for
from tests.factories import make_event, register
from tests.forms import forms_in
from tests.servers import web_server

PEOPLE = 64


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url, REGSERVICE_REHEARSAL="1"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run all jobs behind one barrier and return what each gave."""
    barrier, results = Barrier(len(jobs)), [None] * len(jobs)

    def run(number: int) -> None:
        barrier.wait()
        results[number] = jobs[number]()  # type: ignore[call-overload]

    threads = [Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def post(base: str, path: str, values: dict[str, str]) -> int:
    """One POST over a connection of its own."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request("POST", path, urlencode(values), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def get(base: str, path: str) -> str:
    """One page."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("waiting_list", [True, False])
def test_the_last_places_are_given_exactly_once(
    service: Flask, database_url: str, tmp_path: Path, waiting_list: bool
) -> None:
    now = utc_now()
    capacity = random.Random(f"{waiting_list}").randint(1, 50)
    event = make_event(
        now,
        capacity=capacity,
        waiting_list=waiting_list,
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=30, hours=3),
    )
    people = [register(event, f"Person {number}", now) for number in range(PEOPLE)]
    links = [f"/r/{registrations.personal_token(person)}/confirm" for person in people]
    with web_server(tmp_path, database_url, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2") as base:
        forms = [forms_in(get(base, link))[0][1] for link in links]
        statuses = at_once([lambda n=n: post(base, links[n], forms[n]) for n in range(PEOPLE)])  # type: ignore[misc]
    db.session.rollback()
    found = Counter(person.state for person in registrations.of_event(event.id, tuple(State)))
    late = State.WAITLISTED if waiting_list else State.EXPIRED
    assert found == {State.CONFIRMED: capacity, late: PEOPLE - capacity}
    refused = 200 if waiting_list else 409
    assert Counter(statuses) == Counter([200] * capacity + [refused] * (PEOPLE - capacity))


def test_one_person_pressing_64_times_takes_one_place(service: Flask, database_url: str, tmp_path: Path) -> None:
    now = utc_now()
    event = make_event(now, capacity=50, starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=30, hours=3))
    with web_server(tmp_path, database_url, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2") as base:
        path = f"/events/{event.slug}/register"
        _, hidden = forms_in(get(base, path))[0]
        values = {**hidden, "name": "Ada", "email": "ada@example.org", "language": "de", "consent": "yes"}
        statuses = at_once([lambda: post(base, path, values) for _ in range(PEOPLE)])
    db.session.rollback()
    assert Counter(statuses) == {200: PEOPLE}
    assert len(registrations.of_event(event.id, tuple(State))) == 1
