"""Due mails to a relay, beside a bare client that hands over the same messages."""

import statistics
import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

from flask import Flask

from benchmarks.bench import Database, counting, service, tenths
from benchmarks.filling import full_event
from benchmarks.floors import bare_mails
from benchmarks.pages import wiring_to
from benchmarks.sink import Sink
from benchmarks.targets import Line
from regservice.clock import utc_now
from regservice.jobs import JOBS
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome
from regservice.wiring import Sender, Wiring

# As many as a bare client needs to show its pace.
BARE = 1000
_JOBS = {job.name: job for job in JOBS}


@dataclass(kw_only=True)
class NotingSender:
    """Hands over as the sender does, and notes when the relay had each: on the wall and in our CPU time."""

    sender: Sender
    taken: list[tuple[float, float]] = field(default_factory=list)

    def send(self, letter: Letter) -> Outcome:
        """Hand over one letter and say how it went."""
        outcome = self.sender.send(letter)
        self.taken.append((time.perf_counter(), time.process_time()))
        return outcome

    def close(self) -> None:
        """Let go of the connection."""
        self.sender.close()


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How what was due left: CPU milliseconds of a mail, this process and the database's, with their spread."""

    first_s: float
    seconds: float
    mails: int
    each_ms: float
    low_ms: float
    high_ms: float
    mean_ms: float
    statements: int


def run(database: Database, sink: Sink, number: int) -> list[Line]:
    """Deliver the reminders of the week before and say how it compares."""
    wiring = wiring_to(sink)
    with service(database, wiring) as app, app.app_context():
        event = full_event(utc_now(), number)
        _JOBS["plan"].run(wiring)
        deliver_all(wiring)
        sink.contents()
        reminders = [found for found in outbox.ledger(event.id, limit=10 * number) if found.kind == "remind_7d"]
        due = max(message.due_at for message in reminders)
        wiring.now = lambda: due + timedelta(minutes=1)
        sent = deliver_due(app, database, wiring)
        contents = sink.contents()
    bare = bare_mails(database, sink.port, contents[:BARE])
    sink.contents()
    assert sent.mails == len(contents)
    pace = sent.mails / sent.seconds
    return [
        Line(
            text=f"{database.name}: the first of {number} reminders had left after {sent.first_s:.2f} s",
            values={"first mail": sent.first_s},
        ),
        Line(
            text=f"{database.name}: {sent.mails} of {number} reminders {sent.each_ms:.1f} ms CPU each"
            f" ({sent.low_ms:.1f} to {sent.high_ms:.1f}), {sent.statements / sent.mails:.1f} statements each;"
            f" {sent.seconds:.1f} s, {pace:.0f}/s; a bare client that builds the same, with a durable insert each,"
            f" {bare.per_second:.0f}/s, {bare.cpu_ms:.1f} ms: {pace / bare.per_second:.2f} of its pace,"
            f" {bare.cpu_ms / sent.mean_ms:.2f} by CPU time",
            values={"mail pace": pace / bare.per_second},
        ),
    ]


def deliver_all(wiring: Wiring) -> None:
    """Run the job until nothing is due. Needs a context of the application."""
    while _JOBS["deliver"].run(wiring):
        pass


def deliver_due(app: Flask, database: Database, wiring: Wiring) -> Sending:
    """The same, measured."""
    assert wiring.sender is not None
    noting, sender = NotingSender(sender=wiring.sender), wiring.sender
    wiring.sender = noting
    with counting(app) as counted:
        begin, begin_cpu, in_database = time.perf_counter(), time.process_time(), database.cpu_s()
        deliver_all(wiring)
        seconds, cpu_s = time.perf_counter() - begin, time.process_time() - begin_cpu
        database_ms = (database.cpu_s() - in_database) * 1000 / len(noting.taken)
    wiring.sender = sender
    # From one hand-over to the next: with the claim of its batch where one begins, which the tenth at the end shows.
    moments = [begin_cpu, *(cpu for _, cpu in noting.taken)]
    each = [(after - before) * 1000 for before, after in pairwise(moments)]
    low, high = tenths(each)
    return Sending(
        first_s=noting.taken[0][0] - begin,
        seconds=seconds,
        mails=len(noting.taken),
        each_ms=statistics.median(each) + database_ms,
        low_ms=low + database_ms,
        high_ms=high + database_ms,
        mean_ms=cpu_s * 1000 / len(noting.taken) + database_ms,
        statements=counted.statements,
    )
