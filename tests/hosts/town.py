"""The service over six hosts, and what happens while one of them is cut off."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db, session, transaction
from regservice.outbox import service as outbox
from regservice.registrations import desk
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationRequest, Source
from regservice.registrations.types import RegistrationState as State
from regservice.workers.models import Heartbeat
from tests.databases import migrate, settings_for
from tests.hosts.network import PREFIX, Network, built
from tests.hosts.processes import Town
from tests.hosts.relay import Noted
from tests.outages.citizens import Entry, Journal
from tests.outages.cluster import started_cluster
from tests.outages.service import open_event

HOSTS = ("db", "web", "worker1", "worker2", "relay", "people")
# A cut host is given up after at most fifteen seconds; a new connection is tried for five.
ANSWERS_WITHIN_S = 25.0
HEALS_WITHIN_S = 15.0
WORKER_CUT_S, DATABASE_CUT_S = 30.0, 30.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """From when to when somebody was cut off, on the machine's monotonic clock."""

    begin: float
    end: float

    def covers(self, moment: float) -> bool:
        """Whether the moment lies within."""
        return self.begin <= moment < self.end


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a run."""

    mails: int
    lost: int
    doubled: int
    uncertain: int
    # Came twice and is not listed as uncertain.
    unlisted: int
    worker_cut: Cut
    database_cut: Cut
    mails_while_worker_was_cut: int
    workers_at_the_end: int
    entries: list[Entry]
    lost_people: list[str]

    @property
    def problems(self) -> list[str]:
        """Answers that nobody may get."""
        return [f"{entry.action}: {entry.problem}" for entry in self.entries if entry.problem]

    @property
    def slowest_s(self) -> float:
        """The longest that anybody waited for an answer."""
        return max(entry.seconds for entry in self.entries)

    @property
    def healed_after_s(self) -> float:
        """When the last request was sent that was refused, after web and database heard each other again."""
        after = [entry.at - self.database_cut.end for entry in self.entries if entry.status == 503]
        return max([seconds for seconds in after if seconds >= 0], default=0.0)

    @property
    def red_after_s(self) -> float:
        """From the cut of the database to the first red `/readyz`."""
        red = [entry.at + entry.seconds for entry in self.entries if (entry.action, entry.status) == ("readyz", 503)]
        within = [moment - self.database_cut.begin for moment in red if moment > self.database_cut.begin]
        return min(within, default=float("inf"))


def run(folder: Path, *, mails: int, say: Callable[[str], None]) -> Report:
    """So many mails leave over two workers while people register; a worker and then the database are cut off."""
    # Each host's programs read and write here; the database's run under another account.
    folder.chmod(0o755)
    with ExitStack() as stack:
        network = stack.enter_context(built(*HOSTS))
        cluster = stack.enter_context(
            started_cluster(host=network.address("db"), command=network.on("db"), trusted_network=f"{PREFIX}.0/24")
        )
        # A socket that is a file can be reached from every host of this machine: so the run itself looks in.
        near = f"postgresql+psycopg://postgres@/postgres?host={cluster.folder}&port={cluster.port}"
        migrate(near, folder)
        event = open_event(folder, near)
        wanted = _enter_people(folder, near, event.id, mails)
        say(f"{len(wanted)} mails are due")
        noted = Noted(folder / "relay.jsonl")
        town = Town(network, folder, cluster.url)
        stack.enter_context(town.relay())
        stack.enter_context(town.web())
        stack.enter_context(town.worker("worker1"))
        stack.enter_context(town.worker("worker2"))
        with town.people(event.slug):
            worker_cut = _cut_a_worker(network, noted, mails, say)
            database_cut = _cut_the_database(network, say)
            time.sleep(HEALS_WITHIN_S)
        _settle(folder, near, say)
        return _report(folder, near, event.id, wanted, noted, worker_cut, database_cut)


def _cut_a_worker(network: Network, noted: Noted, mails: int, say: Callable[[str], None]) -> Cut:
    """In the middle of the mails, for longer than both sides believe in a silent partner."""
    deadline = time.monotonic() + 120
    while len(noted.mails()) < mails / 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    begin = time.monotonic()
    network.cut_off("worker1")
    say(f"worker1 is cut off after {len(noted.mails())} mails")
    time.sleep(WORKER_CUT_S)
    network.join("worker1")
    say(f"worker1 is joined again after {len(noted.mails())} mails")
    return Cut(begin=begin, end=time.monotonic())


def _cut_the_database(network: Network, say: Callable[[str], None]) -> Cut:
    begin = time.monotonic()
    network.separate("db", "web")
    say("nothing of the database reaches the web any more")
    time.sleep(DATABASE_CUT_S)
    network.reunite("db", "web")
    say("web and database hear each other again")
    return Cut(begin=begin, end=time.monotonic())


def _enter_people(folder: Path, url: str, event_id: int, count: int) -> set[str]:
    """The Message-IDs of their confirmations."""
    with create_app(settings_for(folder, url)).app_context():
        for start in range(0, count, 500):
            with transaction():
                for number in range(start, min(start + 500, count)):
                    person = RegistrationRequest(
                        name=f"Person {number}", email=f"p{number}@example.org", language="de", source=Source.STAFF
                    )
                    desk.enter(event_id, person, by="test", now=utc_now())
        found = outbox.ledger(event_id, limit=10 * count)
        db.session.remove()
        db.engine.dispose()
    return {message.message_id for message in found if message.kind == "confirmed"}


def _settle(folder: Path, url: str, say: Callable[[str], None]) -> None:
    """Until everything due was handed over; what a dead worker held is free after its lease."""
    deadline = time.monotonic() + 240
    with create_app(settings_for(folder, url)).app_context():
        while time.monotonic() < deadline:
            states = outbox.count_by_state()
            left = sum(states.get(state, 0) for state in ("claimed", "sending"))
            left += outbox.oldest_due_age(utc_now()) > timedelta(0)
            db.session.rollback()
            if not left:
                break
            time.sleep(0.5)
        say(f"messages by state: {states}")
        db.session.remove()
        db.engine.dispose()


def _report(
    folder: Path, url: str, event_id: int, wanted: set[str], noted: Noted, worker_cut: Cut, database_cut: Cut
) -> Report:
    entries = Journal(folder / "journal.jsonl").read()
    with create_app(settings_for(folder, url)).app_context():
        people = {person.email: person.state for person in registrations.of_event(event_id, tuple(State))}
        uncertain = {message.message_id for message in outbox.ledger(event_id, limit=100_000) if message.uncertain}
        heard = list(session().scalars(select(Heartbeat.heard_at)))
        now = utc_now()
        db.session.remove()
        db.engine.dispose()
    taken = Counter(mail.message_id for mail in noted.mails())
    done = {(entry.action, entry.address) for entry in entries if entry.status == 200}
    lost_people = [address for action, address in done if action == "register" and address not in people]
    lost_people += [
        address for action, address in done if action == "confirm" and people.get(address) is not State.CONFIRMED
    ]
    return Report(
        mails=len(wanted),
        lost=len(wanted - taken.keys()),
        doubled=sum(count - 1 for count in taken.values()),
        uncertain=len(uncertain),
        unlisted=len({message_id for message_id, count in taken.items() if count > 1} - uncertain),
        worker_cut=worker_cut,
        database_cut=database_cut,
        mails_while_worker_was_cut=sum(worker_cut.covers(mail.at) for mail in noted.mails()),
        workers_at_the_end=sum(now - moment < timedelta(seconds=30) for moment in heard),
        entries=entries,
        lost_people=lost_people,
    )
