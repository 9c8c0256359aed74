"""A real worker on a machine whose clock is set while it runs: it goes on, and nothing leaves early or twice."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from regservice.config import PROJECT_ROOT
from regservice.db import session
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from tests.cli.running import environment
from tests.factories import make_event, register
from tests.faulty_relay import Fault, FaultyRelay
from tests.time.shifted_clock import ShiftedClock

HOUR, MONTH = 3600.0, 30 * 86400.0
# By how many seconds the clock is off, one after the other.
STEPS = (-HOUR, 0.0, MONTH, 0.0, -0.5)
# The same while a batch is being sent; a month would end the time in which people can confirm.
STEPS_IN_BATCH = (-HOUR, HOUR, -0.5, -HOUR)
PATIENCE_S = 15.0
BATCH = 20


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What a worker did while its clock was set: `slowest_s` from the enqueuing to the relay."""

    steps: int
    stuck: int
    slowest_s: float
    sent: int
    doubled: int
    uncertain: int
    unsent: int


@contextmanager
def worker_with_clock(folder: Path, database_url: str, relay: FaultyRelay) -> Iterator[ShiftedClock]:
    """A worker that sends through the relay, and its clock."""
    clock = ShiftedClock(folder / "clock")
    clock.set(0)
    environ = environment(
        folder,
        database_url,
        REGSERVICE_MAIL_SERVER="127.0.0.1",
        REGSERVICE_MAIL_PORT=str(relay.port),
        REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
    )
    command = [sys.executable, "-m", "tests.time.shifted_clock", str(clock.file), "worker"]
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(command, env=environ, cwd=PROJECT_ROOT, stdout=log, stderr=log)
        try:
            yield clock
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def walk(folder: Path, database_url: str, steps: tuple[float, ...] = STEPS) -> Walk:
    """Set the clock from step to step, register somebody at each, and wait for the mail. In the application's context.

    Then a batch is sent, during which the clock is set back and on again.
    """

    def set_during_a_batch(number: int) -> Fault | None:
        """The clock is set while a message is on its way: with every fifth of the batch."""
        at, rest = divmod(number - len(steps) - 3, BATCH // len(STEPS_IN_BATCH))
        if rest == 0 and 0 <= at < len(STEPS_IN_BATCH):
            clock.set(STEPS_IN_BATCH[at])
        return None

    with FaultyRelay(set_during_a_batch) as relay, worker_with_clock(folder, database_url, relay) as clock:
        event = make_event(clock(), starts_at=clock() + timedelta(days=400), ends_at=None, capacity=None)
        waits = [_register_and_wait(event, 0, clock, relay, patience_s=60)]
        for number, seconds in enumerate(steps, 1):
            if None in waits:
                break  # It would be stuck the next time as well.
            clock.set(seconds)
            waits.append(_register_and_wait(event, number, clock, relay))
        clock.set(0)
        done = len(relay.stored)
        for number in range(BATCH):
            register(event, f"Batch {number}", clock())
            session().rollback()
        _wait(relay, done + BATCH)
        ids = [message_id(mail.content) for mail in relay.stored]
    session().rollback()
    ledger = [message for message in outbox.ledger(event.id, limit=1000) if message.kind == "optin"]
    return Walk(
        steps=len(steps),
        stuck=sum(wait is None for wait in waits),
        slowest_s=max(wait or PATIENCE_S for wait in waits[1:]),
        sent=len(ids),
        doubled=len(ids) - len(set(ids)),
        uncertain=sum(message.uncertain for message in ledger),
        unsent=sum(message.sent_at is None for message in ledger),
    )


def message_id(content: bytes) -> str:
    """Which message a mail is."""
    [line] = [line for line in content.decode("latin-1").splitlines() if line.lower().startswith("message-id:")]
    return line.partition(":")[2].strip()


def _register_and_wait(
    event: EventFacts, number: int, clock: ShiftedClock, relay: FaultyRelay, patience_s: float = PATIENCE_S
) -> float | None:
    """Seconds until the mail of a person who registers now has left; None when it does not."""
    before, begun = len(relay.stored), time.monotonic()
    register(event, f"Person {number}", clock())
    session().rollback()  # An open reader would keep the worker from emptying SQLite's log.
    return time.monotonic() - begun if _wait(relay, before + 1, patience_s) else None


def _wait(relay: FaultyRelay, wanted: int, patience_s: float = PATIENCE_S) -> bool:
    """Whether so many mails have arrived in time."""
    end = time.monotonic() + patience_s
    while len(relay.stored) < wanted and time.monotonic() < end:
        time.sleep(0.05)
    return len(relay.stored) >= wanted
