"""Nobody hears the same twice, however often an event is saved or a person registers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind
from regservice.registrations import desk, registering
from regservice.registrations.types import AlreadyRegistered
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.factories import confirm, make_event, request_for
from tests.faulty_relay import FaultyRelay
from tests.formats.test_decisions import NOON
from tests.journeys.town import Town, berlin_winter
from tests.relay.posting import sender_to


@pytest.fixture
def town(app: Flask, wiring: Wiring, clock: Clock) -> Iterator[Town]:
    with FaultyRelay() as relay, sender_to(relay, timeout_s=10) as sender:
        wiring.sender = sender
        yield Town(wiring, clock, relay)


def heard(town: Town) -> Counter[tuple[str, str]]:
    """How often each address got each kind."""
    return Counter((str(mail["To"].addresses[0].addr_spec), mail["X-Regservice-Kind"]) for mail in town.mails())


def save_everything_again(event_id: int, number: int, town: Town) -> None:
    """A text of the event and its rule, as an organiser does who cannot leave it alone."""
    values = replace(events.values_of(events.get(event_id)), summary=f"Version {number}", title=f"Title {number}")
    assert isinstance(changes.edit(event_id, values, by="organiser:1", now=town.clock()), EventFacts)
    rule = FormatRule(kind=RuleKind.LEVEL, over=300 + number, decision_at=NOON)
    assert isinstance(formats.save_rule(event_id, rule, by="organiser:1", now=town.clock()), FormatRule)


def test_what_is_saved_fifty_times_is_reminded_of_once(town: Town) -> None:
    event = make_event(town.clock(), capacity=None)
    for name in ("Ada", "Ben"):
        confirm(event, name, town.clock())
    town.tick()
    for number in range(25):
        save_everything_again(event.id, number, town)
        town.tick()
    town.tick(berlin_winter(13, 10))
    for number in range(25, 50):
        save_everything_again(event.id, number, town)
        town.clock.advance(minutes=1)
        town.tick()
    everybody = ("ada@example.org", "ben@example.org")
    kinds = ("confirmed", "remind_7d")
    assert heard(town) == {(address, kind): 1 for address in everybody for kind in kinds}


def test_who_organises_and_takes_part_hears_each_kind_once(town: Town) -> None:
    office = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=town.clock())
    assert isinstance(office, OrganiserFacts)
    event = make_event(town.clock(), capacity=None)
    pending = confirm(event, "Office", town.clock())
    town.clock.advance(hours=2)
    # Within the hour a second request is told nothing at all.
    for address in ("Office@example.org", "OFFICE@EXAMPLE.ORG"):
        again = request_for("Olga", email=address)
        registering.register(event.id, again, sender=address, now=town.clock())
        assert isinstance(desk.enter(event.id, again, by="organiser:1", now=town.clock()), AlreadyRegistered)
    assert pending.email == "office@example.org"
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
    formats.save_rule(event.id, rule, by=f"organiser:{office.id}", now=town.clock())
    town.tick()
    town.tick(berlin_winter(13, 10))
    town.clock.set(NOON)
    formats.add_reading(event.id, 340.5, NOON - timedelta(hours=3), by="test", now=town.clock())
    town.tick()
    formats.decide(event.id, Decision.STAY, reason="Calm", by=f"organiser:{office.id}", now=town.clock())
    for _ in range(3):
        town.tick()
        town.clock.advance(minutes=1)
    once = ("confirmed", "already", "remind_7d", "proposal", "decision")
    assert heard(town) == {("office@example.org", kind): 1 for kind in once}
