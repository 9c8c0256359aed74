"""Messages of the outbox as plain letters: real rows and a real relay, without templates and people."""

import email
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import func, select

from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.db import db, session, transaction
from regservice.events.calendar import Person
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome
from regservice.outbox.models import Message
from regservice.outbox.types import MessageFacts, NewMessage, Priority
from regservice.wiring import Sender, Wiring
from tests.adapters.letters import letter
from tests.conftest import Clock
from tests.databases import Postgres, migrate, postgres_server, settings_for
from tests.faulty_relay import FaultyRelay


@contextmanager
def application(url: str, folder: Path, wiring: Wiring) -> Iterator[Flask]:
    """The service on a migrated database, inside its context."""
    app = create_app(settings_for(folder, url), wiring)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


class Databases:
    """Empty, migrated databases for runs outside of pytest, each with a folder beside it."""

    kinds = ("SQLite", "PostgreSQL")

    def __init__(self, server: Postgres, folder: Path) -> None:
        self._server = server
        self._folder = folder
        migrate(f"sqlite:///{folder}/empty.sqlite3", folder)

    @contextmanager
    def fresh(self, kind: str) -> Iterator[tuple[str, Path]]:
        """One database, dropped afterwards."""
        with TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            if kind == "PostgreSQL":
                with self._server.database() as url:
                    yield url, folder
            else:
                for file in self._folder.glob("empty.sqlite3*"):
                    shutil.copy(file, folder / file.name)
                yield f"sqlite:///{folder}/empty.sqlite3", folder


@contextmanager
def databases() -> Iterator[Databases]:
    """A server and a folder for as many databases as a run needs."""
    with TemporaryDirectory(prefix="regservice-relay-") as folder, postgres_server() as server:
        yield Databases(server, Path(folder))


def sender_to(relay: FaultyRelay, timeout_s: float = 0.3) -> RelaySender:
    """A sender that loses patience soon."""
    settings = RelaySettings(server="127.0.0.1", port=relay.port, timeout_s=timeout_s, answer_timeout_s=timeout_s)
    return RelaySender(settings)


@dataclass(frozen=True, kw_only=True)
class PlainPost:
    """Everything is wanted; a message whose payload says so cannot be made or has an unusable address."""

    sender: Sender

    def still_wanted(self, message: MessageFacts, now: object) -> None:
        return None

    def send(self, message: MessageFacts, now: object) -> Outcome:
        if message.payload.get("poison") == "template":
            raise KeyError("name")
        recipient = Person(name="", address=message.recipient)
        return self.sender.send(letter(message_id=message.message_id, recipient=recipient, kind=message.kind))


def enqueue_many(
    count: int, clock: Clock, *, kind: str = "remind_1d", poison: dict[int, dict[str, str]] | None = None
) -> None:
    """So many messages, numbered from 1, all due now; some of them poisoned by their payload or recipient."""
    with transaction():
        outbox.enqueue(
            *(
                NewMessage(
                    kind=kind,
                    occurrence=str(number),
                    recipient=(poison or {}).get(number, {}).get("recipient", f"guest-{number}@example.org"),
                    language="de",
                    due_at=clock(),
                    priority=Priority.REMINDER,
                    payload=(poison or {}).get(number),
                )
                for number in range(1, count + 1)
            ),
            now=clock(),
        )


def deliver_all(post: PlainPost, clock: Clock, rounds: int = 10_000) -> None:
    """Deliver until nothing more is due; a message that is sent once more is due at once."""
    for _ in range(rounds):
        due = sending.deliver(post, clock)
        if not due.more and not due.sent and not outbox.oldest_due_age(clock()):
            return


@dataclass
class Mailboxes:
    """What the relay has, counted by Message-ID."""

    relay: FaultyRelay
    ids: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Counter(
            str(email.message_from_bytes(stored.content[:4000])["Message-ID"]) for stored in self.relay.stored
        )

    @property
    def doubled(self) -> set[str]:
        """Messages that arrived more than once."""
        return {message_id for message_id, count in self.ids.items() if count > 1}


def message_ids(*conditions: object) -> set[str]:
    """The Message-IDs of the ledger's rows that fit."""
    return set(session().scalars(select(Message.message_id).where(*conditions)))  # type: ignore[arg-type]


def count_of(*conditions: object) -> int:
    """How many rows of the ledger fit."""
    return session().scalar(select(func.count()).select_from(Message).where(*conditions)) or 0  # type: ignore[arg-type]
