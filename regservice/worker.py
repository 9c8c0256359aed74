"""The worker: APScheduler is the clock that asks what is due; the plan itself is data in our tables.

The memory job store, UTC and no misfire grace are deliberate: the plan must survive this process, wall-clock times are
worked out per event, and a job that is late runs late instead of never.
"""

import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from regservice.jobs import JOBS, Job
from regservice.wiring import Wiring
from regservice.workers import service as workers

HEARTBEAT_S = 10
log = logging.getLogger(__name__)


def run_worker(app: Flask, wiring: Wiring) -> None:
    """Run every job at its interval until SIGTERM or SIGINT, and end between two messages."""
    scheduler = BlockingScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(JOBS) + 1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    scheduler.add_listener(_report, EVENT_JOB_ERROR)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def say_alive(wiring: Wiring) -> int:
        workers.beat(name, wiring.now())
        return 0

    beat = Job(name="heartbeat", every_s=HEARTBEAT_S, run=say_alive)
    for job in (beat, *JOBS):
        scheduler.add_job(
            _in_context(app, job, wiring), "interval", seconds=job.every_s, id=job.name, next_run_time=wiring.now()
        )

    def stop(_signal: int, _frame: Any) -> None:
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()
    if wiring.sender is not None:
        wiring.sender.close()


def _in_context(app: Flask, job: Job, wiring: Wiring) -> Callable[[], None]:
    def run() -> None:
        with app.app_context():
            done = job.run(wiring)
            if done:
                log.info("%s: %s", job.name, done)

    return run


def _report(event: JobExecutionEvent) -> None:
    log.error("job %s failed and runs again at its next time", event.job_id, exc_info=event.exception)
