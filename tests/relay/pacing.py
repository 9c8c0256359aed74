"""Mails a minute over all workers together: when each one arrived, at several workers of one database."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask

from regservice.clock import utc_now
from regservice.db import db
from regservice.outbox import sending
from regservice.outbox.relay import Pace
from regservice.registrations import desk
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.databases import free_port
from tests.factories import make_event, request_for
from tests.faulty_relay import FaultyRelay, StoredMail
from tests.forked import Forked, command
from tests.relay.posting import PlainPost, application, enqueue_many, sender_to
from tests.servers import environment


class TimedRelay(FaultyRelay):
    """Notes when it got each message."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[float] = []

    def keep(self, mail: StoredMail) -> None:
        self.at.append(time.monotonic())
        super().keep(mail)


# What the workers may need for themselves of the time in which mails may leave.
LEAST_SHARE = 0.8
# For the first mail, while workers start.
PATIENCE_S = 60


@dataclass(frozen=True, kw_only=True)
class Paced:
    """How many mails arrived, in all and at most within a minute and a second.

    `seconds` is the time from the first to the last of them, `given_s` how long mails could leave since the first.
    """

    workers: int
    per_minute: int
    given_s: float
    seconds: float
    arrived: int
    most_in_a_minute: int
    most_in_a_second: int

    def may_arrive_within(self, seconds: float) -> float:
        """The pace, one second's worth after idle time, and what each worker has in its hands."""
        return self.per_minute / 60 * (seconds + 1) + self.workers

    @property
    def kept_promise(self) -> bool:
        """The pace holds in every minute and every second, and is made use of."""
        return (
            self.most_in_a_minute <= self.may_arrive_within(min(60, self.seconds))
            and self.most_in_a_second <= self.may_arrive_within(1)
            and self.arrived >= LEAST_SHARE * self.per_minute / 60 * self.given_s
        )


def measured(at: Sequence[float], *, workers: int, per_minute: int, given_s: float) -> Paced:
    """The busiest minute and second of these moments of arrival."""
    return Paced(
        workers=workers,
        per_minute=per_minute,
        given_s=given_s,
        seconds=max(at, default=0) - min(at, default=0),
        arrived=len(at),
        most_in_a_minute=_most_within(at, 60),
        most_in_a_second=_most_within(at, 1),
    )


def _most_within(at: Sequence[float], seconds: float) -> int:
    return max((sum(begin <= moment < begin + seconds for moment in at) for begin in at), default=0)


def through_threads(app: Flask, *, workers: int, per_minute: int, seconds: float) -> Paced:
    """Several workers of one process, each with a sender of its own. Needs an empty database."""
    enqueue_many(int(per_minute / 60 * seconds * 3), Clock(utc_now()))
    patience_ends_at = time.monotonic() + PATIENCE_S
    with TimedRelay() as relay:

        def is_over() -> bool:
            return time.monotonic() >= (relay.at[0] + seconds if relay.at else patience_ends_at)

        def sleep(length: float) -> bool:
            # Between two tries a worker that has its end before it would stop: so does this one.
            time.sleep(length)
            return is_over()

        def work() -> None:
            with app.app_context(), sender_to(relay, timeout_s=10) as sender:
                while not is_over():
                    pace = Pace(per_minute=per_minute, sleep=sleep)
                    sending.deliver(PlainPost(sender=sender), utc_now, pace=pace, limit=5)
                db.session.remove()

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=2 * PATIENCE_S)
        return measured(relay.at, workers=workers, per_minute=per_minute, given_s=seconds)


@contextmanager
def running_workers(count: int, url: str, folder: Path, relay: FaultyRelay, **more: str) -> Iterator[None]:
    """`python -m regservice worker` so often, with this relay."""
    mail = {
        "REGSERVICE_MAIL_SERVER": "127.0.0.1",
        "REGSERVICE_MAIL_PORT": str(relay.port),
        "REGSERVICE_MAIL_DEFAULT_SENDER": "town@example.org",
    }
    environ = environment(folder, url, free_port(), **mail, **more)
    with ExitStack() as stack:
        log = stack.enter_context((folder / "workers.log").open("w"))
        processes = [Forked(command("worker"), environ, stdout=log, stderr=log) for _ in range(count)]
        try:
            yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)


def through_processes(url: str, folder: Path, *, workers: int, per_minute: int, seconds: float) -> Paced:
    """Several worker processes with people's confirmations. Needs an empty, migrated database."""
    with application(url, folder, Wiring()):
        begin = utc_now()
        event = make_event(begin, starts_at=begin + timedelta(days=30), ends_at=None, capacity=None)
        for number in range(int(per_minute / 60 * seconds * 2)):
            desk.enter(event.id, request_for(f"Person {number}"), by="test", now=begin)
    with TimedRelay() as relay:
        with running_workers(workers, url, folder, relay, REGSERVICE_MAIL_RATE=str(per_minute)):
            until = time.monotonic() + PATIENCE_S
            while not relay.at and time.monotonic() < until:
                time.sleep(0.1)
            time.sleep(seconds)
        return measured(relay.at, workers=workers, per_minute=per_minute, given_s=seconds)
