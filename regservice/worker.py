"""The worker: APScheduler is the clock that asks what is due; the plan itself is data in our tables.

The plan must survive this process, and wall-clock times are worked out per event: the scheduler keeps no jobs, ticks in
UTC, and a job that is late runs late instead of never.
"""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from regservice import failures
from regservice.adapters.scheduler import LOOK_EVERY_S, SteadyInterval, follow_clock, make_scheduler
from regservice.jobs import JOBS, Job
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotTried, Outcome
from regservice.wiring import Sender, Wiring
from regservice.workers import service as workers

HEARTBEAT_S = 10
# The jobs that run when the worker is asked to end get this long, less than the supervisor waits.
END_WITHIN_S = 15
log = logging.getLogger(__name__)


def run_worker(app: Flask, wiring: Wiring) -> None:
    """Run every job at its interval until SIGTERM or SIGINT, and end between two messages."""
    threads = ThreadPoolExecutor(len(JOBS) + 1)
    scheduler = make_scheduler(threads)
    stopping = threading.Event()
    if wiring.sender is not None:
        wiring = replace(wiring, sender=UntilStopped(wiring.sender, stopping))
    if wiring.pace is not None:
        wiring = replace(wiring, pace=replace(wiring.pace, sleep=stopping.wait))
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def say_alive(wiring: Wiring) -> int:
        workers.beat(name, wiring.now())
        return 0

    beat = Job(name="heartbeat", every_s=HEARTBEAT_S, run=say_alive)
    for job in (beat, *JOBS):
        every = SteadyInterval(timedelta(seconds=job.every_s))
        scheduler.add_job(_in_context(app, job, wiring), every, id=job.name, next_run_time=wiring.now())

    def stop(_signal: int, _frame: Any) -> None:
        if not stopping.is_set():
            stopping.set()
            # In a thread of its own: the signal may interrupt the scheduler while it holds one of its locks.
            threading.Thread(target=scheduler.shutdown, kwargs={"wait": False}, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    def after_set_back() -> None:
        with app.app_context():
            outbox.follow_set_back(wiring.now())

    watch = threading.Thread(target=follow_clock, args=(scheduler, wiring.now, stopping, after_set_back), daemon=True)
    watch.start()
    scheduler.start()
    watch.join(timeout=LOOK_EVERY_S)
    # A message may be on its way: its connection is not touched before its job is over.
    ending = threading.Thread(target=threads.shutdown, kwargs={"wait": True}, daemon=True)
    ending.start()
    ending.join(END_WITHIN_S)
    _leave(app, name)
    if ending.is_alive():
        log.warning("a job did not end in time; a message that was being sent counts as uncertain")
        logging.shutdown()
        os._exit(0)
    if wiring.sender is not None:
        wiring.sender.close()


class UntilStopped:
    """Hands letters on until the worker is asked to end; then the rest of a batch waits for the next worker."""

    def __init__(self, sender: Sender, stopping: threading.Event) -> None:
        self._sender = sender
        self._stopping = stopping

    def send(self, letter: Letter) -> Outcome:
        """Hand over one letter, or keep it."""
        if self._stopping.is_set():
            return NotTried()
        return self._sender.send(letter)

    def close(self) -> None:
        """Let go of the connection."""
        self._sender.close()


def _in_context(app: Flask, job: Job, wiring: Wiring) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            done = job.run(wiring)
            if done:
                log.info("%s: %s", job.name, done)

    return run


def _leave(app: Flask, name: str) -> None:
    with app.app_context():
        try:
            workers.leave(name)
        except SQLAlchemyError as error:
            # Nobody is misled: without a further beat the worker counts as silent within a minute.
            log.warning("the end of this worker could not be written down: %s", failures.name_of(error))


def _report(event: JobExecutionEvent) -> None:
    if failures.is_unavailable(event.exception):
        name = failures.name_of(event.exception)
        log.warning("job %s: no database at the moment (%s); it runs again at its next time", event.job_id, name)
        return
    log.error("job %s failed and runs again at its next time", event.job_id, exc_info=event.exception)
