"""The database server is restarted again and again while people register and confirm."""

import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.databases import migrate, settings_for
from tests.faulty_relay import FaultyRelay, StoredMail
from tests.outages.citizens import Citizens, Entry, Journal, ask
from tests.outages.cluster import Cluster, started_cluster
from tests.outages.service import confirm_links, open_event, relay_settings, worker
from tests.servers import web_server

RECOVERS_WITHIN_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Restart:
    """One restart on the machine's monotonic clock; what happened after it, in seconds after the server answered."""

    mode: str
    down_s: float
    back_at: float
    ready_after_s: float
    mail_after_s: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a run."""

    restarts: list[Restart]
    entries: list[Entry]
    lost: list[str]
    doubled_rows: list[str]
    mails: int
    doubled_mails: int
    uncertain: int
    # Came twice and is not listed as uncertain; is called sent and never came.
    unlisted: int
    never_came: int
    unsent: int

    @property
    def problems(self) -> list[str]:
        """Answers that nobody may get."""
        return [f"{entry.action}: {entry.problem}" for entry in self.entries if entry.problem]

    @property
    def recovered_after_s(self) -> list[float]:
        """For each restart: when the last request sent after the server had answered again was refused."""
        ends = [restart.back_at - restart.down_s for restart in self.restarts[1:]] + [float("inf")]
        return [
            max(
                (
                    entry.at + entry.seconds - restart.back_at
                    for entry in self.entries
                    if entry.status == 503 and restart.back_at <= entry.at and entry.at + entry.seconds < end
                ),
                default=0.0,
            )
            for restart, end in zip(self.restarts, ends, strict=True)
        ]

    def count(self, action: str, status: int) -> int:
        """How many answers of this kind were given."""
        return sum((entry.action, entry.status) == (action, status) for entry in self.entries)


def run(folder: Path, *, restarts: int, seed: int, settle_s: float) -> Report:
    """Restart the server so many times, `fast` and `immediate` in turn, at random moments.

    `settle_s` is how long mails that were claimed have to leave afterwards.
    """
    chance = random.Random(seed)
    with ExitStack() as stack:
        cluster = stack.enter_context(started_cluster())
        migrate(cluster.url, folder)
        event = open_event(folder, cluster.url)
        relay = stack.enter_context(FaultyRelay())
        more = {"REGSERVICE_REHEARSAL": "1"}
        base = stack.enter_context(web_server(folder, cluster.url, WEB_CONCURRENCY="2", **more))
        stack.enter_context(worker(folder, cluster.url, **more, **relay_settings(relay)))
        journal = Journal(folder / "journal.jsonl")
        citizens = Citizens(base, event.slug, journal, lambda: confirm_links(relay.stored))
        done = []
        with citizens.at_work():
            _wait_for_mail(relay, 0, 90)
            for number in range(restarts):
                time.sleep(chance.uniform(0.5, 2.5))
                done.append(_restart(cluster, relay, base, "immediate" if number % 2 else "fast"))
            time.sleep(1)
        settled = _settle(folder, cluster.url, settle_s)
        return _report(folder, cluster.url, event.id, done, journal.read(), relay.stored, settled)


def _restart(cluster: Cluster, relay: FaultyRelay, base: str, mode: str) -> Restart:
    begin = time.monotonic()
    cluster.restart(mode)
    back_at, mails = time.monotonic(), len(relay.stored)
    ready_after_s = mail_after_s = float("inf")
    while time.monotonic() < back_at + 3 * RECOVERS_WITHIN_S and float("inf") in (ready_after_s, mail_after_s):
        if ready_after_s == float("inf") and ask(base, "GET", "/readyz").status == 200:
            ready_after_s = time.monotonic() - back_at
        if mail_after_s == float("inf") and len(relay.stored) > mails:
            mail_after_s = time.monotonic() - back_at
        time.sleep(0.05)
    return Restart(
        mode=mode,
        down_s=back_at - begin,
        back_at=back_at,
        ready_after_s=ready_after_s,
        mail_after_s=mail_after_s,
    )


def _wait_for_mail(relay: FaultyRelay, more_than: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while len(relay.stored) <= more_than:
        assert time.monotonic() < deadline, "the worker sends nothing"
        time.sleep(0.05)


def _settle(folder: Path, url: str, seconds: float) -> int:
    """Wait until everything due was handed over; how many messages were not."""
    deadline = time.monotonic() + seconds
    with create_app(settings_for(folder, url)).app_context():
        while True:
            states = outbox.count_by_state()
            left = sum(states.get(state, 0) for state in ("claimed", "sending"))
            left += bool(outbox.oldest_due_age(utc_now()))
            db.session.rollback()
            if not left or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        db.session.remove()
        db.engine.dispose()
    return left


def _report(
    folder: Path, url: str, event_id: int, done: list[Restart], entries: list[Entry], mails: list[StoredMail], left: int
) -> Report:
    with create_app(settings_for(folder, url)).app_context():
        people = registrations.of_event(event_id, tuple(State))
        states = {person.email: person.state for person in people}
        ledger = outbox.ledger(event_id, limit=100_000)
        db.session.remove()
        db.engine.dispose()
    registered = {entry.address for entry in entries if (entry.action, entry.status) == ("register", 200)}
    confirmed = {entry.address for entry in entries if (entry.action, entry.status) == ("confirm", 200)}
    lost = [f"{address} registered" for address in registered if address not in states]
    lost += [f"{address} confirmed" for address in confirmed if states.get(address) is not State.CONFIRMED]
    rows = Counter(person.email for person in people)
    ids = Counter(str(message_from_bytes(mail.content)["Message-ID"]) for mail in mails)
    in_doubt = {message.message_id for message in ledger if message.uncertain or message.state == "sending"}
    doubled = {message_id for message_id, count in ids.items() if count > 1}
    return Report(
        restarts=done,
        entries=entries,
        lost=lost,
        doubled_rows=[address for address, count in rows.items() if count > 1],
        mails=len(mails),
        doubled_mails=sum(count - 1 for count in ids.values()),
        uncertain=len(in_doubt),
        unlisted=len(doubled - in_doubt),
        never_came=len({message.message_id for message in ledger if message.state == "sent"} - ids.keys()),
        unsent=left,
    )
