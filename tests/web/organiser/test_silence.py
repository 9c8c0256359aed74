"""Organisers are told on every page when nobody sends mails; that the words fit and read well is seen in test_pages."""

import re

import pytest
from flask.testing import FlaskClient

from regservice.workers import service as workers
from tests.conftest import Clock
from tests.factories import make_event

TITLE = {"de": "Es werden keine E-Mails verschickt", "en": "E-mails are not being sent"}
PAGES = ("/organise", "/organise/events/new", "/organise/messages", "/organise/events/dialogue-evening/format")


def told(organiser: FlaskClient, path: str, language: str) -> str:
    """The words of the banner, or nothing."""
    page = organiser.get(f"{path}?lang={language}").text
    found = re.search(rf'role="status">.*?{TITLE[language]}.*?alert__body">(.*?)</div>', page, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found.group(1)).split()) if found else ""


@pytest.mark.parametrize("path", PAGES)
def test_a_worker_silent_for_more_than_a_minute_is_told_with_its_time(
    organiser: FlaskClient, clock: Clock, path: str
) -> None:
    make_event(clock())
    workers.beat("worker-1", clock())
    clock.advance(seconds=60)
    assert told(organiser, path, "de") == ""
    clock.advance(seconds=1)
    assert told(organiser, path, "de") == (
        "Der Teil des Dienstes, der sie verschickt, hat sich zuletzt am Dienstag, 6. Oktober 2026, 12:00 Uhr gemeldet. "
        "Bitte sagen Sie dem technischen Betrieb Bescheid. Was fällig ist, bleibt aufgehoben und wird verschickt, "
        "sobald dieser Teil wieder läuft."
    )
    workers.beat("worker-2", clock())
    assert told(organiser, path, "de") == ""


def test_a_worker_that_ended_in_good_order_is_missed_as_well(organiser: FlaskClient, clock: Clock) -> None:
    workers.beat("worker-1", clock())
    workers.leave("worker-1")
    assert told(organiser, "/organise", "en") == (
        "The part of the service that sends them is not running. Please tell the people who run this service. "
        "What is due is kept and is sent as soon as that part runs again."
    )


def test_people_are_not_troubled_with_it(client: FlaskClient) -> None:
    for path in ("/", "/organise/login"):
        page = client.get(path)
        assert page.status_code == 200
        assert not any(title in page.text for title in TITLE.values())
