"""The link of an older mail to cancel because of the format: the page says how things stand by now."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import CancelCause, RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import fill_in, forms_in

FIRST = "we ask you first"
ELSE = "Your place then goes to somebody else."


def page_of(person: RegistrationFacts, more: str = "/cannot") -> str:
    return f"/r/{registrations.personal_token(person)}{more}"


def found(person: RegistrationFacts) -> RegistrationFacts:
    now = registrations.find(person.id)
    assert now is not None
    return now


def to(event: EventFacts, format: Format, clock: Clock) -> None:
    clock.advance(minutes=11)
    room = "https://room.example.org/x"
    answer = formats.switch(event.id, format, reason="Storm", join_url=room, by="test", now=clock())
    assert isinstance(answer, Switched), answer


@pytest.fixture
def event(client: FlaskClient, clock: Clock) -> EventFacts:
    """On site with one place, and digital with one."""
    return make_event(clock(), capacity=1, digital_capacity=1)


def test_while_it_is_digital_the_format_is_a_reason(client: FlaskClient, clock: Clock, event: EventFacts) -> None:
    ada, ben = (confirm(event, name, clock(), language="en") for name in ("Ada", "Ben"))
    to(event, Format.DIGITAL, clock)
    assert FIRST in client.get(page_of(ada)).text
    waits = client.get(page_of(ben)).text
    assert (FIRST in waits, ELSE in waits, "Cancel my registration" in waits) == (False, False, True)
    assert fill_in(client, page_of(ada), {}).status_code == 200
    assert (found(ada).state, found(ada).cancel_cause) == (State.CANCELLED, CancelCause.FORMAT)


@pytest.mark.parametrize("more", ["/cannot", "/cancel"])
def test_a_second_click_changes_nothing(client: FlaskClient, clock: Clock, event: EventFacts, more: str) -> None:
    ada = confirm(event, "Ada", clock(), language="en")
    to(event, Format.DIGITAL, clock)
    [(_action, hidden), *_] = forms_in(client.get(page_of(ada, more)).text)
    assert [client.post(page_of(ada, more), data=hidden).status_code for _ in range(2)] == [200, 200]
    assert [each.kind for each in outbox.ledger_for_registration(ada.id)].count("cancelled") == 1


def test_back_on_site_it_is_a_cancellation_as_any_other(client: FlaskClient, clock: Clock, event: EventFacts) -> None:
    ada = confirm(event, "Ada", clock(), language="en")
    for format in (Format.DIGITAL, Format.ONSITE):
        to(event, format, clock)
    page = client.get(page_of(ada)).text
    assert (FIRST in page, ELSE in page) == (False, True)


@pytest.mark.parametrize("more", ["/cannot", "/cancel"])
def test_of_a_cancelled_event_nothing_is_given_back_and_its_mail_still_leaves(
    client: FlaskClient, clock: Clock, event: EventFacts, more: str
) -> None:
    ada = confirm(event, "Ada", clock(), language="en")
    to(event, Format.DIGITAL, clock)
    [(_action, hidden), *_] = forms_in(client.get(page_of(ada, more)).text)
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    page = client.get(page_of(ada, more)).text
    assert (FIRST in page, ELSE in page, "This event is cancelled" in page) == (False, False, True)
    assert client.post(page_of(ada, more), data=hidden).status_code == 409
    assert found(ada).state is State.CONFIRMED
    told = [each for each in outbox.ledger_for_registration(ada.id) if each.kind == "cancelled_event"]
    assert [each.state.value for each in told] == ["waiting"]


def test_after_the_start_it_is_too_late(client: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), starts_at=clock() + timedelta(hours=5), ends_at=None)
    ada = confirm(event, "Ada", clock(), language="en")
    [(_action, hidden), *_] = forms_in(client.get(page_of(ada, "/cancel")).text)
    clock.advance(hours=5)
    assert ELSE not in client.get(page_of(ada, "/cancel")).text
    assert client.post(page_of(ada, "/cancel"), data=hidden).status_code == 410
