"""Whether somebody works on what is due: the web side reads what the workers write."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from regservice.db import session, transaction
from regservice.workers.models import Heartbeat

FORGET_AFTER = timedelta(days=1)


def beat(worker: str, now: datetime) -> None:
    """Say that this worker is alive, and forget workers that have been silent for a day."""
    with transaction() as active:
        active.merge(Heartbeat(worker=worker, heard_at=now))
        active.execute(delete(Heartbeat).where(Heartbeat.heard_at < now - FORGET_AFTER))


def leave(worker: str) -> None:
    """This worker has ended in good order."""
    with transaction() as active:
        active.execute(delete(Heartbeat).where(Heartbeat.worker == worker))


def last_heard_at() -> datetime | None:
    """When any worker was last heard from."""
    return session().scalar(select(func.max(Heartbeat.heard_at)))
