"""Taking part by telephone, and when the room opens: set by the organiser, told to those with a digital place alone."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.config import current_settings
from regservice.events import service as events
from regservice.events.types import DialIn, EventFacts, Format
from regservice.notices.letters import Sending, letter_to_participant
from regservice.registrations.types import Attendance, Participation, RegistrationFacts, RegistrationState
from regservice.town.types import TownFacts
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.facts import registration_facts
from tests.notices.messages import message_facts
from tests.web.test_personal import link

DIAL_IN = DialIn(number="0800 5550199", meeting_id="712 345", pin="471199#")
ROOM = "https://room.example.org/x"


def digital(clock: Clock, **changes: Any) -> EventFacts:
    """A published digital event with a telephone dial-in."""
    values = {"dial_in": DIAL_IN, "digital_capacity": None, "format": Format.DIGITAL} | changes
    return make_event(clock(), join_url=ROOM, **values)


def mail(event: EventFacts, kind: str, clock: Clock, payload: dict[str, Any] | None = None, **person: Any) -> str:
    """The text of a mail to a confirmed person, in English."""
    facts: dict[str, Any] = {"language": "en", "event_id": event.id, "attendance": Attendance.DIGITAL} | person
    own: RegistrationFacts = registration_facts(**facts)
    of = Participation(registration=own, event=event)
    sending = Sending(settings=current_settings(), town=TownFacts(name="Exampletown"), now=clock())
    return letter_to_participant(message_facts(kind, payload=payload or {}), of, "token", sending).text


@pytest.mark.parametrize("format", [Format.DIGITAL, Format.HYBRID])
def test_who_takes_part_digitally_finds_number_and_pin_on_the_own_page(
    client: FlaskClient, app: Flask, clock: Clock, format: Format
) -> None:
    ada = confirm(digital(clock, format=format), "Ada", clock(), attendance=Attendance.DIGITAL)
    page = client.get(link(ada)).text
    assert [part in page for part in ("0800\u00a05550199", "712 345", "471199#", "tel:08005550199")] == [True] * 4


def test_who_comes_or_waits_does_not_find_it(client: FlaskClient, app: Flask, clock: Clock) -> None:
    both = digital(clock, format=Format.HYBRID, digital_capacity=1)
    onsite = confirm(both, "Ada", clock(), attendance=Attendance.ONSITE)
    confirm(both, "Ben", clock(), attendance=Attendance.DIGITAL)
    waits = confirm(both, "Cem", clock(), attendance=Attendance.DIGITAL)
    assert (onsite.state, waits.state) == (RegistrationState.CONFIRMED, RegistrationState.WAITLISTED)
    pages = [client.get(link(person)).text for person in (onsite, waits)] + [client.get(f"/events/{both.slug}").text]
    assert [DIAL_IN.pin in page or DIAL_IN.number in page for page in pages] == [False] * 3


@pytest.mark.parametrize(
    ("kind", "payload", "person", "before", "says"),
    [
        ("remind_2h", {}, {}, timedelta(hours=2), True),
        ("remind_1d", {}, {}, timedelta(hours=20), False),
        ("confirmed", {}, {}, timedelta(hours=24), False),
        ("confirmed", {}, {}, timedelta(hours=24, seconds=-1), True),
        ("decision", {"outcome": "switched", "from": "onsite"}, {}, timedelta(days=4), True),
        ("decision", {"outcome": "stays"}, {}, timedelta(days=4), False),
        ("decision", {"outcome": "switched"}, {"state": RegistrationState.WAITLISTED}, timedelta(days=4), False),
    ],
)
def test_mails_name_it_where_it_is_soon_needed(
    app: Flask, clock: Clock, kind: str, payload: dict[str, Any], person: dict[str, Any], before: timedelta, says: bool
) -> None:
    event = digital(clock)
    clock.set(STARTS_AT - before)
    text = mail(event, kind, clock, payload, **person)
    assert [part in text for part in (DIAL_IN.number, DIAL_IN.meeting_id, DIAL_IN.pin)] == [says] * 3


@pytest.mark.parametrize("kind", ["remind_2h", "confirmed"])
def test_mails_to_people_on_site_never_name_it(app: Flask, clock: Clock, kind: str) -> None:
    event = digital(clock, format=Format.HYBRID)
    clock.set(STARTS_AT - timedelta(hours=2))
    assert DIAL_IN.pin not in mail(event, kind, clock, attendance=Attendance.ONSITE)


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (0, "The room opens at the start."),
        (1, "The room opens 1 minute before the start."),
        (45, "The room opens 45 minutes before the start."),
    ],
)
def test_mails_say_when_the_room_opens(app: Flask, clock: Clock, minutes: int, sentence: str) -> None:
    assert f"at the start. {sentence}\n" in mail(digital(clock, join_opens_min=minutes), "remind_2h", clock)


@pytest.mark.parametrize(("minutes", "early"), [(0, 1), (10, 601), (240, 240 * 60 + 1)])
def test_the_room_opens_when_the_organiser_says(
    client: FlaskClient, app: Flask, clock: Clock, minutes: int, early: int
) -> None:
    ada = confirm(digital(clock, join_opens_min=minutes), "Ada", clock())
    clock.set(STARTS_AT - timedelta(seconds=early))
    assert client.get(link(ada) + "/join").status_code == 200
    clock.set(STARTS_AT - timedelta(minutes=minutes))
    assert client.get(link(ada) + "/join").headers["Location"] == ROOM


def test_a_copy_begins_without_it(app: Flask, clock: Clock) -> None:
    copied = events.copy(digital(clock).id, by="test", now=clock(), owner_id=None)
    assert copied.dial_in == DialIn()
