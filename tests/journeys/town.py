"""The service with a clock that is moved by saying so and a real relay: what reaches people's mailboxes when."""

import email
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import vobject

from regservice.jobs import JOBS
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.faulty_relay import FaultyRelay


class Town:
    """The service with its clock and the relay that it sends through."""

    def __init__(self, wiring: Wiring, clock: Clock, relay: FaultyRelay) -> None:
        self.wiring, self.clock, self.relay = wiring, clock, relay
        self._read: list[EmailMessage] = []

    def tick(self, at: datetime | None = None) -> list[str]:
        """Do what is due, at once or at this moment; the kinds of the mails that left."""
        if at is not None:
            self.clock.set(at)
        before = len(self.mails())
        for job in JOBS:
            job.run(self.wiring)
        return [mail["X-Regservice-Kind"] for mail in self.mails()[before:]]

    def mails(self) -> list[EmailMessage]:
        """Everything that the relay has, in order. Each is read once: a story of weeks asks again at every step."""
        new = self.relay.stored[len(self._read) :]
        self._read += [cast(EmailMessage, email.message_from_bytes(mail.content, policy=default)) for mail in new]
        return list(self._read)

    def text(self, number: int = -1) -> str:
        """The plain text of one mail, the last one unless told."""
        part = self.mails()[number].get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    def calendar(self, number: int = -1) -> Any:
        """The calendar of one mail as another parser reads it."""
        [part] = [part for part in self.mails()[number].walk() if part.get_content_type() == "text/calendar"]
        return vobject.readOne(part.get_content())

    def links(self, number: int = -1) -> list[str]:
        """The addresses that stand alone on their line in the plain text of one mail."""
        return re.findall(r"^(https?://\S+)$", self.text(number), re.MULTILINE)


def berlin_winter(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A wall-clock time in Berlin, one hour ahead of UTC after the last Sunday of October."""
    return datetime(2026, month, day, hour - 1, minute, tzinfo=UTC)
