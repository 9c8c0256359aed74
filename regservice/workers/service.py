"""Whether somebody works on what is due: the web side reads what the workers write."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from regservice.db import session, transaction
from regservice.workers.models import Heartbeat

FORGET_AFTER = timedelta(days=1)
# By how much the clocks of several hosts may differ.
CLOCKS_AGREE = timedelta(minutes=1)
# A worker speaks every ten seconds.
SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, kw_only=True)
class Silence:
    """No worker was heard from within a minute; `since` is None when none is known, as after an orderly end."""

    since: datetime | None


def beat(worker: str, now: datetime) -> None:
    """Say that this worker is alive, and forget workers that have been silent for a day."""
    with transaction() as active:
        active.merge(Heartbeat(worker=worker, heard_at=now))
        active.execute(delete(Heartbeat).where(Heartbeat.heard_at < now - FORGET_AFTER))


def leave(worker: str) -> None:
    """This worker has ended in good order."""
    with transaction() as active:
        active.execute(delete(Heartbeat).where(Heartbeat.worker == worker))


def last_heard_at(now: datetime) -> datetime | None:
    """When any worker was last heard from; a beat that lies ahead was made before the clock was set back."""
    return session().scalar(select(func.max(Heartbeat.heard_at)).where(Heartbeat.heard_at <= now + CLOCKS_AGREE))


def is_silent(heard_at: datetime | None, now: datetime) -> bool:
    """Whether nobody works: due mails stay where they are."""
    return heard_at is None or now - heard_at > SILENT_AFTER


def find_silence(now: datetime) -> Silence | None:
    """Since when nobody works; None while somebody does."""
    heard_at = last_heard_at(now)
    return Silence(since=heard_at) if is_silent(heard_at, now) else None
