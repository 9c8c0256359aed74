"""From the registration to the thanks: what reaches a person's mailbox when, through a real relay."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
import vobject

from regservice import db as database
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.config import Settings
from regservice.jobs import JOBS
from regservice.registrations import service as registrations
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.factories import kinds_sent_to, make_event, register
from tests.faulty_relay import FaultyRelay


class Town:
    """The service with its clock and the relay that it sends through."""

    def __init__(self, wiring: Wiring, clock: Clock, relay: FaultyRelay) -> None:
        self.wiring, self.clock, self.relay = wiring, clock, relay

    def tick(self, at: datetime | None = None) -> list[str]:
        """Do what is due, at once or at this moment; the kinds of the mails that left."""
        if at is not None:
            self.clock.set(at)
        before = len(self.relay.stored)
        for job in JOBS:
            job.run(self.wiring)
        return [mail["X-Regservice-Kind"] for mail in self.mails()[before:]]

    def mails(self) -> list[EmailMessage]:
        """Everything that the relay has, in order."""
        return [cast(EmailMessage, email.message_from_bytes(m.content, policy=default)) for m in self.relay.stored]

    def text(self, number: int = -1) -> str:
        """The plain text of one mail, the last one unless told."""
        part = self.mails()[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    def calendar(self, number: int = -1) -> Any:
        """The calendar of one mail as another parser reads it."""
        [part] = [part for part in self.mails()[number].walk() if part.get_content_type() == "text/calendar"]
        return vobject.readOne(part.get_content())


@pytest.fixture
def town(settings: Settings, clock: Clock) -> Iterator[Town]:
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(now=clock, sender=sender)
        app = create_app(settings, wiring)
        with app.app_context():
            yield Town(wiring, clock, relay)
            database.db.session.remove()
            database.db.engine.dispose()


def berlin_winter(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A wall-clock time in Berlin, one hour ahead of UTC after the last Sunday of October."""
    return datetime(2026, month, day, hour - 1, minute, tzinfo=UTC)


def test_a_person_on_site_hears_everything_once(town: Town) -> None:
    event = make_event(town.clock())
    ada = register(event, "Ada", town.clock(), language="en")
    assert town.tick() == ["optin"]
    assert f"/r/{registrations.personal_token(ada)}/confirm\n" in town.text()
    registrations.confirm(ada.id, town.clock())
    assert town.tick() == ["confirmed"]
    invitation = town.calendar()
    assert (invitation.method.value, invitation.vevent.uid.value) == ("REQUEST", f"r{ada.id}-1@events.example.org")
    assert invitation.vevent.dtstart.value == event.starts_at
    assert town.tick() == []
    assert town.tick(berlin_winter(13, 9, 59)) == []
    assert town.tick(berlin_winter(13, 10)) == ["remind_7d"]
    assert "The event begins in 7 days." in town.text()
    assert town.tick(berlin_winter(19, 15, 59)) == []
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]
    assert "The event begins tomorrow." in town.text()
    assert town.tick(berlin_winter(20, 14)) == []
    assert town.tick(berlin_winter(23, 9, 59)) == []
    assert town.tick(berlin_winter(23, 10)) == ["thanks"]
    assert town.tick(berlin_winter(24, 10)) == []
    assert kinds_sent_to(ada) == [
        ("optin", "sent"),
        ("optin_again", "skipped"),
        ("confirmed", "sent"),
        ("remind_7d", "sent"),
        ("remind_1d", "sent"),
        ("remind_2h", "skipped"),
        ("thanks", "sent"),
    ]
