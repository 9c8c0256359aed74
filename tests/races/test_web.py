"""The races through the real web server with several processes."""

from collections import Counter
from pathlib import Path

from flask import Flask

from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.forms import forms_in
from tests.races import kills, web
from tests.races.browsers import at_once, get, post
from tests.races.crowd import crowd
from tests.races.place import Place
from tests.servers import web_server

SEVERAL = {"REGSERVICE_REHEARSAL": "1", "WEB_CONCURRENCY": "2"}


def test_the_last_places_are_given_once_and_64_clicks_of_one_person_are_one_place(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with web_server(tmp_path, database_url, **SEVERAL) as base:
        waiting = web.rush(base, 64, 23, waiting_list=True)
        refused = web.rush(base, 64, 23, waiting_list=False)
        event = web.coming_event(50)
        path = f"/events/{event.slug}/register"
        _, hidden = forms_in(get(base, path))[0]
        values = {**hidden, "name": "Ada", "email": "ada@example.org", "language": "de", "consent": "yes"}
        clicks = at_once([lambda: post(base, path, values)[0] for _ in range(64)])
    assert waiting.states == {State.CONFIRMED: 23, State.WAITLISTED: 41}
    assert waiting.statuses == {200: 64}
    assert refused.states == {State.CONFIRMED: 23, State.EXPIRED: 41}
    assert refused.statuses == {200: 23, 409: 41}
    assert Counter(clicks) == {200: 64}
    assert len(registrations.of_event(event.id, tuple(State))) == 1


def test_reading_and_writing_at_once_nobody_hears_of_the_database(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with web_server(tmp_path, database_url, **SEVERAL) as base, crowd(16, database_url, tmp_path) as processes:
        found = web.everything_at_once(processes, base, seed="2026", steps=30)
    assert found.wrong == []
    assert sum(found.answers.values()) > 200


def test_a_server_that_is_killed_loses_no_acknowledged_registration(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    place = Place(database="", url=database_url, folder=tmp_path)
    found = kills.sign_ups_under_kills(place, kills=2, seed="2026")
    assert found.wrong == []
    assert found.acknowledged > 2
    assert found.broken_off > 0
