"""A town hall whose clock is moved by saying so, with a real relay, for stories of many people."""

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from flask import Flask

from regservice import db as database
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.events.types import EventFacts
from regservice.jobs import JOBS
from regservice.wiring import Wiring
from tests.conftest import Clock, OutsideClient
from tests.databases import settings_for
from tests.factories import confirm
from tests.faulty_relay import FaultyRelay
from tests.journeys.town import Town


@dataclass
class Post:
    """What reached each person, by address: kind and mail, in order."""

    seen: int = 0
    boxes: dict[str, list[tuple[str, EmailMessage]]] = field(default_factory=dict)

    def kinds(self, address: str) -> list[str]:
        return [kind for kind, _ in self.boxes.get(address, [])]

    def mail(self, address: str, kind: str) -> EmailMessage:
        """The one mail of a kind that a person got. Raises ValueError when there are none or several."""
        [found] = [mail for found_kind, mail in self.boxes.get(address, []) if found_kind == kind]
        return found

    def empty(self) -> None:
        """From now on only what is new counts."""
        self.boxes.clear()


@dataclass
class Hall:
    """The town with its application and the mailboxes of its people."""

    app: Flask
    town: Town
    post: Post = field(default_factory=Post)

    @property
    def clock(self) -> Clock:
        return self.town.clock

    def tick(self, at: datetime | None = None) -> None:
        """Do what is due and sort the mails that left into the mailboxes."""
        if at is not None:
            self.clock.set(at)
        for job in JOBS:
            job.run(self.town.wiring)
        for stored in self.town.relay.stored[self.post.seen :]:
            mail = cast(EmailMessage, email.message_from_bytes(stored.content, policy=default))
            self.post.boxes.setdefault(stored.recipient, []).append((str(mail["X-Regservice-Kind"]), mail))
            self.post.seen += 1

    def page(self, path: str) -> str:
        """What somebody without scripts and cookies gets to see."""
        self.app.test_client_class = OutsideClient
        return self.app.test_client().get(path).text

    def person(self, event: EventFacts, name: str, language: str = "en") -> str:
        """The address of somebody with a place."""
        return confirm(event, name, self.clock(), language=language).email


@contextmanager
def town_hall(folder: Path, database_url: str, now: datetime) -> Iterator[Hall]:
    """A town hall on a migrated database, at this moment."""
    clock = Clock(now)
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(now=clock, sender=sender)
        app = create_app(settings_for(folder, database_url, REGSERVICE_REHEARSAL="1"), wiring)
        with app.app_context():
            yield Hall(app, Town(wiring, clock, relay))
            database.db.session.remove()
            database.db.engine.dispose()


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
