"""A thousand reminders to a relay on this machine."""

import time
from datetime import timedelta

from benchmarks.bench import durable_insert_ms, service
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.clock import utc_now
from regservice.jobs import JOBS
from regservice.outbox import service as outbox
from regservice.registrations import desk
from regservice.registrations.types import RegistrationRequest, Source
from regservice.wiring import Wiring
from tests.factories import make_event
from tests.faulty_relay import FaultyRelay

MAILS = 1000


def run() -> None:
    """Print how long the reminders took, the first and the last."""
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(sender=sender)
        with service(wiring) as app, app.app_context():
            now = utc_now()
            starts_at = now + timedelta(days=30)
            event = make_event(now, capacity=None, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
            for number in range(MAILS):
                person = RegistrationRequest(
                    name=f"Person {number}", email=f"p{number}@example.org", language="de", source=Source.STAFF
                )
                desk.enter(event.id, person, by="benchmark", now=now)
            jobs = {job.name: job for job in JOBS}
            for name in ("plan", "deliver"):
                jobs[name].run(wiring)
            due = min(
                message.due_at for message in outbox.ledger(event.id, limit=10 * MAILS) if message.kind == "remind_7d"
            )
            before = len(relay.stored)
            wiring.now = lambda: due
            begin = time.perf_counter()
            jobs["deliver"].run(wiring)
            seconds = time.perf_counter() - begin
            sent = len(relay.stored) - before
    print(f"{sent} reminders to a relay on this machine: {seconds:.1f} s, {sent / seconds:.0f}/s")
    print(f"a durable commit each alone: {sent * durable_insert_ms() / 1000:.1f} s")
