"""Real processes behind one barrier, each its own application on the same database."""

import multiprocessing
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Ready
from pathlib import Path
from typing import Any

from flask import Flask

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db, dry_run
from regservice.events import service as events
from regservice.registrations import service
from tests.databases import settings_for
from tests.factories import confirm, make_event
from tests.forked import CONTEXT

LONGEST_ACT_S = 1200
READY_WITHIN_S = 60


class SharedClock:
    """One clock for all processes, which moves on with every look; it starts where the race says."""

    def __init__(self) -> None:
        self._passed_s = CONTEXT.Value("d", 0.0)
        self._start_s = CONTEXT.Value("d", 0.0)
        self._step_s = CONTEXT.Value("d", 0.0)

    def set(self, start: datetime, step: timedelta) -> None:
        """Begin here; every look at the clock takes this long."""
        with self._passed_s.get_lock():
            self._passed_s.value = 0.0
            self._start_s.value = start.timestamp()
            self._step_s.value = step.total_seconds()

    def shows(self) -> datetime:
        """The time without looking at it."""
        with self._passed_s.get_lock():
            return datetime.fromtimestamp(self._start_s.value + self._passed_s.value, UTC)

    def __call__(self) -> datetime:
        with self._passed_s.get_lock():
            self._passed_s.value += self._step_s.value
            return datetime.fromtimestamp(self._start_s.value + self._passed_s.value, UTC)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a process of the crowd has at hand; `meet` waits until all of them are there."""

    number: int
    clock: SharedClock
    folder: Path
    meet: Callable[[], object]


class Crowd:
    """Processes that wait for something to do."""

    def __init__(self, size: int, database_url: str, folder: Path, clock: SharedClock) -> None:
        self.size, self.folder, self.clock = size, folder, clock
        pipes = [CONTEXT.Pipe() for _ in range(size)]
        self._lines = [ours for ours, _ in pipes]
        theirs = [end for _, end in pipes]
        ready = CONTEXT.Event()
        arguments = (theirs, database_url, folder, clock, ready)
        self._first: BaseProcess = CONTEXT.Process(target=_fork, args=arguments)
        self._first.start()
        for end in theirs:
            end.close()
        # What is tried out meanwhile would meet the events of the race, or have them wait.
        if not ready.wait(READY_WITHIN_S):
            raise RuntimeError(f"the processes were not ready within {READY_WITHIN_S} s")

    def run(self, act: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Let each process do this with its own arguments, all behind one barrier.

        Raises RuntimeError with its traceback when one of them failed.
        """
        for line, own in zip(self._lines, arguments, strict=True):
            line.send((act, own))
        answers = [self._answer_of(number) for number in range(self.size)]
        failures = [answer for failed, answer in answers if failed]
        if failures:
            raise RuntimeError(f"{len(failures)} of {self.size} processes failed; the first:\n{failures[0]}")
        return [answer for _, answer in answers]

    def _answer_of(self, number: int) -> Any:
        if not self._lines[number].poll(LONGEST_ACT_S):
            raise RuntimeError(f"process {number} did not finish within {LONGEST_ACT_S} s")
        return self._lines[number].recv()

    def end(self) -> None:
        """Send everybody home."""
        for line in self._lines:
            line.close()
        self._first.join(timeout=30)
        if self._first.is_alive():
            self._first.kill()


def _fork(lines: list[Connection], database_url: str, folder: Path, clock: SharedClock, ready: Ready) -> None:
    """One application, no connection any more, and from it as many processes as there are lines."""
    app = create_app(settings_for(folder, database_url, REGSERVICE_REHEARSAL="1"))
    _get_ready(app)
    ready.set()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(len(lines))
    processes = []
    meet = partial(barrier.wait, timeout=120)
    for number, line in enumerate(lines):
        desk = Desk(number=number, clock=clock, folder=folder, meet=meet)
        others = [other for other in lines if other is not line]
        process = fork.Process(target=_attend, args=(app, desk, line, others))
        process.start()
        processes.append(process)
    for line in lines:
        line.close()
    for process in processes:
        process.join()


def _get_ready(app: Flask) -> None:
    """Try out what the processes will do, so that its statements are put together once and not by each of them."""
    now = utc_now()
    starts_at = now + timedelta(days=30)
    with app.app_context():
        with dry_run():
            event = make_event(now, capacity=1, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
            with_place, waiting = (confirm(event, name, now) for name in ("Nobody", "Nobody else"))
            events.of_version(event.id, events.get(event.id).version)
            service.cancel(with_place.id, now, by="person")
            service.accept(waiting.id, now)
        db.session.remove()
        db.engine.dispose()
    # Kept by number and version: the next event may get those of the one that never was.
    app.extensions.pop("regservice_kept", None)


def _attend(app: Flask, desk: Desk, line: Connection, others: list[Connection]) -> None:
    """One process: one act after the other, until the line is closed."""
    for other in others:
        other.close()
    with app.app_context():
        while True:
            try:
                act, arguments = line.recv()
            except EOFError:
                break
            try:
                desk.meet()
                answer = (False, act(desk, *arguments))
            except Exception:
                answer = (True, traceback.format_exc())
            db.session.remove()
            line.send(answer)
        db.engine.dispose()


@contextmanager
def crowd(size: int, database_url: str, folder: Path) -> Iterator[Crowd]:
    """So many processes, ended afterwards."""
    people = Crowd(size, database_url, folder, SharedClock())
    try:
        yield people
    finally:
        people.end()
