"""Ten thousand reminders to a relay, beside a bare client that hands over the same messages."""

import time
from datetime import timedelta

from benchmarks.bench import Database, service
from benchmarks.filling import full_event
from benchmarks.floors import bare_mails
from benchmarks.pages import wiring_to
from benchmarks.sink import Sink
from regservice.clock import utc_now
from regservice.jobs import JOBS
from regservice.outbox import service as outbox

# As many as a bare client needs to show its pace.
BARE = 1000


def run(database: Database, sink: Sink, number: int) -> list[str]:
    """Deliver the reminders of the week before and say how it compares."""
    wiring = wiring_to(sink)
    jobs = {job.name: job for job in JOBS}
    with service(database, wiring) as app, app.app_context():
        event = full_event(utc_now(), number)
        jobs["plan"].run(wiring)
        jobs["deliver"].run(wiring)
        sink.contents()
        reminders = [found for found in outbox.ledger(event.id, limit=10 * number) if found.kind == "remind_7d"]
        due = max(message.due_at for message in reminders)
        wiring.now = lambda: due + timedelta(minutes=1)
        cpu, in_database, begin = time.process_time(), database.cpu_s(), time.perf_counter()
        while jobs["deliver"].run(wiring):
            pass
        seconds = time.perf_counter() - begin
        cpu_ms = (time.process_time() - cpu + database.cpu_s() - in_database) * 1000
        contents = sink.contents()
    bare = bare_mails(database, sink.port, contents[:BARE])
    sink.contents()
    pace = len(contents) / seconds
    each_ms = cpu_ms / len(contents)
    return [
        f"{database.name}: {len(contents)} of {number} reminders in {seconds:.1f} s, {pace:.0f}/s,"
        f" {each_ms:.1f} ms CPU each; a bare client that builds the same, with a durable insert each,"
        f" {bare.per_second:.0f}/s, {bare.cpu_ms:.1f} ms: {pace / bare.per_second:.2f} of its pace,"
        f" {bare.cpu_ms / each_ms:.2f} by CPU time"
    ]
