"""Mails that fall due at moments which the run chooses, and a relay that notes when it took each."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from sqlalchemy import select, update

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db, session, transaction
from regservice.events.types import EventFacts
from regservice.outbox.models import Message
from regservice.registrations import desk
from regservice.registrations.types import RegistrationRequest, Source
from tests.databases import settings_for
from tests.faulty_relay import FaultyRelay, StoredMail

KIND = "confirmed"
AT_ONCE = 500


class TimingRelay(FaultyRelay):
    """Notes when it said 250 to which message; of one that came twice, the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.taken_at: dict[str, datetime] = {}
        self._noting = threading.Lock()

    def keep(self, mail: StoredMail) -> None:
        super().keep(mail)
        message_id = str(message_from_bytes(mail.content)["Message-ID"])
        with self._noting:
            self.taken_at.setdefault(message_id, utc_now())


def enter_people(instance: Path, database_url: str, event: EventFacts, first: int, count: int) -> None:
    """Staff enter so many people; their confirmations are due, and a worker that runs would send them at once."""
    with create_app(settings_for(instance, database_url)).app_context():
        for start in range(first, first + count, AT_ONCE):
            with transaction():
                for number in range(start, min(start + AT_ONCE, first + count)):
                    person = RegistrationRequest(
                        name=f"Person {number}", email=f"p{number}@example.org", language="de", source=Source.STAFF
                    )
                    desk.enter(event.id, person, by="test", now=utc_now())
                # Until the run says otherwise they are far away.
                far = event.starts_at
                session().execute(
                    update(Message)
                    .where(Message.kind == KIND, Message.state == "waiting", Message.due_at <= utc_now())
                    .values(due_at=far, next_attempt_at=far)
                )
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True, kw_only=True)
class Due:
    """When each mail is due, by its Message-ID, and when that was written down: before, nobody can know of it."""

    at: dict[str, datetime]
    written_at: datetime

    def since(self, message_id: str) -> datetime:
        """From when on the mail could leave."""
        return max(self.at[message_id], self.written_at)


def make_due(instance: Path, database_url: str, count: int, over: timedelta) -> Due:
    """Let so many of the entered people's mails fall due, evenly over this time, a little from now on."""
    at = {}
    with create_app(settings_for(instance, database_url)).app_context():
        with transaction():
            waiting = session().execute(
                select(Message.id, Message.message_id)
                .where(Message.kind == KIND, Message.state == "waiting", Message.due_at > utc_now())
                .order_by(Message.id)
                .limit(count)
            )
            begin, changed = utc_now() + timedelta(seconds=1 + count / 2000), []
            for number, (message_id, header) in enumerate(waiting):
                moment = at[header] = begin + over * number / count
                changed.append({"id": message_id, "due_at": moment, "next_attempt_at": moment})
            session().execute(update(Message), changed)
        written_at = utc_now()
        db.session.remove()
        db.engine.dispose()
    return Due(at=at, written_at=written_at)
