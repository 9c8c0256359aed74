"""The worker, with leases that run out sooner.

A message that a dead worker held is free after two minutes, looked at every 15 seconds: too long for a hundred deaths.
A mark that is refused because the lease was lost is written to the log, so that a test can count them.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from regservice import worker
from regservice.jobs import JOBS
from regservice.outbox import sending, store
from regservice.outbox.types import MessageState
from tests.forked import command

RECOVER_EVERY_S = 0.2
REFUSED = "a mark was refused"
log = logging.getLogger(__name__)
_mark = store.mark


def _noted_mark(message_id: int, owner: str, expected: MessageState, **values: Any) -> bool:
    done = _mark(message_id, owner, expected, **values)
    if not done:
        log.warning(REFUSED)
    return done


def main(lease_s: float, batch: int) -> None:
    """Run the command as it is, but for these two constants, the interval and the note."""
    sending.LEASE = timedelta(seconds=lease_s)  # type: ignore[attr-defined]
    sending.deliver = partial(sending.deliver, limit=batch)
    store.mark = _noted_mark
    worker.JOBS = tuple(  # type: ignore[attr-defined,assignment]
        replace(job, every_s=RECOVER_EVERY_S) if job.name == "recover" else job for job in JOBS
    )
    command("worker")()
