"""Several processes that write at once, and what a copy of their database must hold."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, text

from tests.disk.invariants import PROMISES
from tests.disk.writer import write_until_killed
from tests.forked import Forked

PROCESSES = 4
# What happened to people and what the trail says of it are written together: each finds what stands alone.
GAPS = {
    "a person whose sign-up is not in the trail": """
        SELECT id FROM registration WHERE email LIKE 'w%' AND NOT EXISTS (SELECT 1 FROM audit_entry
            WHERE verb = 'registration.created' AND subject = 'registration:' || registration.id)""",
    "a cancelled place that is not in the trail": """
        SELECT id FROM registration WHERE state = 'cancelled' AND NOT EXISTS (SELECT 1 FROM audit_entry
            WHERE verb = 'registration.cancelled' AND subject = 'registration:' || registration.id)""",
    "an entry of the trail without its person": """
        SELECT id FROM audit_entry WHERE verb LIKE 'registration.%' AND NOT EXISTS (SELECT 1 FROM registration
            WHERE audit_entry.subject = 'registration:' || registration.id)""",
}
# What must be true of a person after each acknowledged step.
AFTER = {
    "registered": "1 = 1",
    "confirmed": "confirmations >= 1",
    "cancelled": "state = 'cancelled'",
}


class Writers:
    """The processes and their journals."""

    def __init__(self, environ: dict[str, str], folder: Path, event_id: int) -> None:
        self.journals = [folder / f"journal{number}" for number in range(PROCESSES)]
        with open(os.devnull, "wb") as nothing:
            self.processes = [
                Forked(partial(write_until_killed, number, journal, event_id), environ, stdout=nothing, stderr=nothing)
                for number, journal in enumerate(self.journals)
            ]

    def acknowledged(self) -> list[tuple[str, str]]:
        """Every step that was answered so far, with the address of its person."""
        lines = [line for journal in self.journals if journal.exists() for line in journal.read_text().splitlines()]
        return [(step, email) for step, _, email in (line.partition(" ") for line in lines)]

    def all_write(self) -> bool:
        """Whether each has finished a round; AssertionError when one has ended."""
        assert [process.poll() for process in self.processes] == [None] * PROCESSES
        return all(journal.exists() and b"confirmed" in journal.read_bytes() for journal in self.journals)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """All of them stand still where they are, in the middle of whatever they do."""
        for process in self.processes:
            process.send_signal(signal.SIGSTOP)
        for process in self.processes:
            while _states_of(process) != {"T"}:
                time.sleep(0.001)
        try:
            yield
        finally:
            for process in self.processes:
                process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait(20)


def _states_of(process: Forked) -> set[str]:
    """A letter for each thread, as the system tells it: T has stopped."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/stat")
    return {thread.read_text().rpartition(")")[2].split()[0] for thread in threads}


@contextmanager
def writing(environ: dict[str, str], folder: Path, event_id: int) -> Iterator[Writers]:
    """Four processes write until the end of the block."""
    writers = Writers(environ, folder, event_id)
    try:
        yield writers
    finally:
        writers.kill()


def missing(connection: Connection, acknowledged: list[tuple[str, str]]) -> int:
    """How many acknowledged steps a copy does not hold."""
    there = {
        step: set(connection.scalars(text(f"SELECT email FROM registration WHERE {condition}")))
        for step, condition in AFTER.items()
    }
    return sum(email not in there[step] for step, email in acknowledged)


def torn(connection: Connection) -> list[str]:
    """What shows that a copy is of no single instant: broken promises, stamps that differ, gaps in the trail."""
    found = [name for name, query in (PROMISES | GAPS).items() if connection.execute(text(query)).all()]
    counts = {bucket: count for bucket, count in connection.execute(text("SELECT bucket, count FROM limit_count"))}  # noqa: C416
    for worker, heard_at in connection.execute(text("SELECT worker, heard_at FROM heartbeat")):
        if worker.startswith("stamp"):
            seconds = _seconds(str(heard_at))
            if counts.get(worker) != seconds:
                found.append(f"{worker}: {counts.get(worker)} in one table, {seconds} in the other")
    return found


def _seconds(heard_at: str) -> int:
    """The stamp: seconds since the year 2000, which never come to a day here."""
    hours, minutes, seconds = heard_at[11:19].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
