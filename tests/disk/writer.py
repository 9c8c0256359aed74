"""One of several processes that write as the service does, until killed.

People register, confirm and give up their place; each step that was answered is written into the journal afterwards.
Each round also stamps its number into two tables in one transaction.
"""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.config import load_settings
from regservice.db import db, session, transaction
from regservice.jobs import deliver
from regservice.limits.models import LimitCount
from regservice.registrations import registering
from regservice.registrations import service as registrations
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import RegistrationRequest
from regservice.wiring import current_wiring
from regservice.workers.models import Heartbeat

YEAR_2000 = datetime(2000, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def write_on(number: int, journal: int, event_id: int) -> None:
    """Round after round; never returns."""
    for count in itertools.count(1):
        email = f"w{number}.{count}@example.org"
        request = RegistrationRequest(name=f"Person {number} {count}", email=email, language="de")
        registering.register(event_id, request, sender=email, now=utc_now())
        os.write(journal, f"registered {email}\n".encode())
        person = session().scalars(select(RegistrationRow.id).where(RegistrationRow.email == email)).one()
        registrations.confirm(person, utc_now())
        os.write(journal, f"confirmed {email}\n".encode())
        if count % 3 == 0:
            registrations.cancel(person, utc_now(), by="person")
            os.write(journal, f"cancelled {email}\n".encode())
        with transaction() as active:
            active.merge(LimitCount(bucket=f"stamp{number}", window_ends_at=FAR, count=count))
            active.merge(Heartbeat(worker=f"stamp{number}", heard_at=YEAR_2000 + timedelta(seconds=count)))
        if number == 0:
            deliver(current_wiring())
        db.session.remove()


def write_until_killed(number: int, journal: Path, event_id: int) -> None:
    """The same in an application of its own, into the end of a journal."""
    with create_app(load_settings()).app_context():
        write_on(number, os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), event_id)
