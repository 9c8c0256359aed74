"""By the API somebody says that the place on site is sure; it counts for this place and these hours."""

from dataclasses import replace
from typing import Any

import pytest

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Venue
from regservice.formats import venue
from tests.conftest import Clock
from tests.factories import make_event
from tests.web.api.conftest import Caller

PLACE = "Town hall, Large hall, Market 1, 12345 Exampletown"


@pytest.fixture
def event(app: object, clock: Clock) -> EventFacts:
    return make_event(clock())


def say(town_hall: Caller, event: EventFacts, body: Any, status: int = 200) -> Any:
    answer = town_hall("POST", f"/events/{event.slug}/format/venue", body)
    assert answer.status_code == status, answer.text
    return answer.json


def test_it_is_confirmed_and_taken_back(town_hall: Caller, event: EventFacts, clock: Clock) -> None:
    address = f"/events/{event.slug}/format/venue"
    unsure = {"confirmed": False, "confirmed_at": None, "venue": PLACE}
    assert town_hall("GET", address).json == unsure
    sure = say(town_hall, event, {"confirmed": True})
    assert sure == {"confirmed": True, "confirmed_at": "2026-10-06T12:00:00+02:00", "venue": PLACE}
    clock.advance(hours=1)
    assert (say(town_hall, event, {"confirmed": True}), town_hall("GET", address).json) == (sure, sure)
    moved = replace(events.values_of(event), venue=Venue(name="Library", city="Exampletown"))
    changes.edit(event.id, moved, by="test", now=clock())
    assert town_hall("GET", address).json == unsure | {"venue": "Library, Exampletown"}
    say(town_hall, event, {"confirmed": True})
    assert say(town_hall, event, {"confirmed": False})["confirmed"] is False
    assert venue.confirmed(events.get(event.id)) is None


@pytest.mark.parametrize("body", [{}, {"confirmed": "maybe"}, {"confirmed": None}, {"confirmed": True, "sure": "yes"}])
def test_anything_else_is_no_answer(town_hall: Caller, event: EventFacts, body: dict[str, Any]) -> None:
    say(town_hall, event, {"confirmed": True})
    assert set(say(town_hall, event, body, 422)["errors"]) <= {"confirmed", "sure"}
    assert venue.confirmed(events.get(event.id)) is not None
