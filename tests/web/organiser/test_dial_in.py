"""The organiser's form for dialling in and for when the room opens."""

import pytest
from flask.testing import FlaskClient

from regservice.events import service as events
from regservice.events.types import DialIn
from tests.conftest import Clock
from tests.web.organiser.test_events import edit
from tests.web.test_dial_in import DIAL_IN, digital


def test_the_organiser_sets_it_in_the_form(organiser: FlaskClient, clock: Clock) -> None:
    event = digital(clock)
    path = f"/organise/events/{event.slug}/edit"
    assert DIAL_IN.pin in organiser.get(path).text
    given = {"join_opens_min": "0", "dial_in_number": "030 1234", "dial_in_meeting_id": "5", "dial_in_pin": ""}
    assert edit(organiser, event, **given).status_code == 302
    kept = events.get(event.id)
    assert (kept.join_opens_min, kept.dial_in) == (0, DialIn(number="030 1234", meeting_id="5"))


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"join_opens_min": "241"}, "join_opens_min"),
        ({"dial_in_number": "javascript:1"}, "dial_in_number"),
        ({"dial_in_number": "", "dial_in_pin": "12"}, "dial_in_number"),
        ({"dial_in_pin": "12ab"}, "dial_in_pin"),
    ],
)
def test_the_form_refuses_what_cannot_be_dialled(
    organiser: FlaskClient, clock: Clock, given: dict[str, str], where: str
) -> None:
    event = digital(clock)
    page = edit(organiser, event, **given)
    assert (page.status_code, f'href="#{where}"' in page.text) == (400, True)
    assert events.get(event.id).dial_in == DIAL_IN
