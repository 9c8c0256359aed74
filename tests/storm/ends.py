"""Workers and web servers that are asked to end in the middle of their work."""

import itertools
import random
import signal
import time
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select

from regservice.clock import utc_now
from regservice.db import db, session
from regservice.events.types import EventFacts
from regservice.outbox.models import Message
from regservice.registrations.models import RegistrationRow
from tests.databases import free_port
from tests.factories import make_event
from tests.faulty_relay import Fault, always
from tests.forked import Forked, command
from tests.forms import forms_in
from tests.servers import environment
from tests.storm.filled import Filled
from tests.storm.ledger import Tally, being_sent, tally
from tests.storm.sink import Mailbox
from tests.storm.workers import Worker, workers

LEASE_S = 120
WITHIN_S = 20
PATIENCE_S = 60
# Longer than a message waits that was being prepared when its worker was asked to end.
LATER = timedelta(minutes=2)
THINKING_S = 0.3
PEOPLE_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class WorkerEnds:
    """Workers that were asked to end. `cut_short` counts messages that they left as being sent."""

    slowest_s: float
    statuses: tuple[int, ...]
    cut_short: int
    tally: Tally

    @property
    def kept(self) -> bool:
        """Whether each ended in time and in good order, and each mail came once."""
        t = self.tally
        in_order = set(self.statuses) == {0} and self.slowest_s <= WITHIN_S and not self.cut_short
        return in_order and t.kept and not t.doubled and not t.listed and not t.gave_up

    def __str__(self) -> str:
        return (
            f"{len(self.statuses)} workers asked to end during a send: exit {sorted(set(self.statuses))}, the slowest "
            f"within {self.slowest_s:.1f} s, {self.cut_short} messages cut short; {self.tally}"
        )


def worker_ends(service: Filled, *, seed: int, times: int) -> WorkerEnds:
    """Ask a worker to end at a random moment of a slow send, again and again; then send the rest."""
    chance = random.Random(seed)
    mailbox = Mailbox()
    took, statuses, cut_short = [], [], 0
    with workers(service, mailbox, 1, lease_s=LEASE_S, thinking_s=THINKING_S) as (place,):
        for _ in range(times):
            assert place.sink.wait_for(1, PATIENCE_S), "there was nothing left to send"
            time.sleep(chance.uniform(0, 3 * THINKING_S))
            begun = time.monotonic()
            statuses.append(place.end(2 * WITHIN_S))
            took.append(time.monotonic() - begun)
            cut_short += len(being_sent())
            place.start()
        place.sink.thinking_s = 0
        place.end()
        send_the_rest(service, place)
    return WorkerEnds(slowest_s=max(took), statuses=tuple(statuses), cut_short=cut_short, tally=tally(mailbox))


@dataclass(frozen=True, kw_only=True)
class SilentRelay:
    """A worker that was asked to end while its relay kept it waiting for the answer to a mail."""

    took_s: float
    status: int
    uncertain: int

    @property
    def kept(self) -> bool:
        """Whether it ended before its supervisor would kill it, and left exactly the one mail to the next worker."""
        return self.status == 0 and self.took_s <= WITHIN_S and self.uncertain == 1

    def __str__(self) -> str:
        return (
            f"a worker asked to end while its relay was silent: exit {self.status} after {self.took_s:.1f} s, "
            f"{self.uncertain} message left to the next"
        )


def silent_relay(service: Filled) -> SilentRelay:
    """Ask a worker to end while a mail is with the relay, which has it and does not say so."""
    with workers(service, Mailbox(), 1, lease_s=LEASE_S) as (place,):
        place.sink.plan, place.sink.patience_s = always(Fault.SLOW_AFTER_DOT), 3 * WITHIN_S
        assert place.sink.wait_for(1, PATIENCE_S), "there was nothing to send"
        begun = time.monotonic()
        status = place.end(2 * WITHIN_S)
        return SilentRelay(took_s=time.monotonic() - begun, status=status, uncertain=len(being_sent()))


def send_the_rest(service: Filled, place: Worker) -> None:
    """As an operator would in a rehearsal: everything that is due a little later, at once."""
    at = (utc_now() + LATER).isoformat()
    with (service.instance / "tick.log").open("wb") as log:
        tick = Forked(command("tick", "--at", at), place.environ, stdout=log, stderr=log)
        assert tick.wait(600) == 0, (service.instance / "tick.log").read_text()[-2000:]


@dataclass(frozen=True, kw_only=True)
class WebEnds:
    """Web servers that were asked to end. People whose form was answered, and who of them stands how often.

    `in_flight` are the requests that each had at that moment, `finished` how many of all these were answered yet.
    """

    slowest_s: float
    statuses: tuple[int, ...]
    in_flight: tuple[int, ...]
    finished: int
    answered: int
    lost: int
    doubled: int
    half: int

    @property
    def kept(self) -> bool:
        """Whether each ended in time though requests were on their way, and each answer stands for one whole row."""
        in_order = set(self.statuses) == {0} and self.slowest_s <= WITHIN_S and min(self.in_flight) > 0
        return in_order and not (self.lost or self.doubled or self.half) and self.finished > 0

    def __str__(self) -> str:
        return (
            f"{len(self.statuses)} web servers asked to end during requests: exit {sorted(set(self.statuses))}, the "
            f"slowest within {self.slowest_s:.1f} s, {self.finished} of {sum(self.in_flight)} requests on their way "
            f"were answered; {self.answered} registrations answered: {self.lost} lost, {self.doubled} doubled, "
            f"{self.half} without their mail"
        )


@dataclass
class Journal:
    """What the clients know: the addresses that they have sent and wait for, and those that read an answer."""

    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    on_their_way: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)


def web_ends(service: Filled, *, seed: int, times: int) -> WebEnds:
    """Ask a web server to end while eight people register, again and again; then compare with what they were told."""
    chance = random.Random(seed)
    now = utc_now()
    starts_at = now + timedelta(days=30)
    event = make_event(now, capacity=None, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    db.session.rollback()
    journal = Journal()
    took, statuses, in_flight, finished = [], [], [], 0
    for _ in range(times):
        port = free_port()
        with (service.instance / "web.log").open("ab") as log:
            environ = environment(service.instance, service.url, port, REGSERVICE_REHEARSAL="1")
            process = Forked(command("web"), environ, stdout=log, stderr=log)
        try:
            people = [Thread(target=_register, args=(port, event, journal, process)) for _ in range(PEOPLE_AT_ONCE)]
            for person in people:
                person.start()
            _wait_for_answers(journal, len(journal.answered) + chance.randint(8, 24))
            time.sleep(chance.uniform(0, 0.1))
            waiting = _wait_for_requests(journal)
            in_flight.append(len(waiting))
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            statuses.append(process.wait(2 * WITHIN_S))
            took.append(time.monotonic() - begun)
            for person in people:
                person.join(PATIENCE_S)
            finished += len(waiting & journal.answered)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(10)
    rows = _count(select(RegistrationRow.email, func.count()).group_by(RegistrationRow.email))
    mails = _count(select(Message.recipient, func.count()).where(Message.kind == "optin").group_by(Message.recipient))
    registered = {address: count for address, count in rows.items() if address.startswith("visitor.")}
    return WebEnds(
        slowest_s=max(took),
        statuses=tuple(statuses),
        in_flight=tuple(in_flight),
        finished=finished,
        answered=len(journal.answered),
        lost=len(journal.answered - registered.keys()),
        doubled=sum(count > 1 for count in registered.values()),
        half=sum(mails.get(address, 0) != 1 for address in registered) + len(mails.keys() - registered.keys()),
    )


def _count(query: Any) -> dict[str, int]:
    found = {address: count for address, count in session().execute(query)}  # noqa: C416
    db.session.rollback()
    return found


def _wait_for_answers(journal: Journal, wanted: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(journal.answered) < wanted:
        assert time.monotonic() < deadline, "the web server does not answer"
        time.sleep(0.002)


def _wait_for_requests(journal: Journal) -> set[str]:
    """Who waits for an answer at this moment, once there is somebody."""
    deadline = time.monotonic() + PATIENCE_S
    while not (waiting := journal.on_their_way.copy()):
        assert time.monotonic() < deadline, "nobody registers"
        time.sleep(0.001)
    return waiting


def _register(port: int, event: EventFacts, journal: Journal, process: Forked) -> None:
    """Register one person after the other until nobody answers any more."""
    while process.poll() is None:
        address = f"visitor.{next(journal.numbers)}@example.org"
        connection = HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        try:
            connection.request("GET", f"/events/{event.slug}/register")
            _, hidden = forms_in(connection.getresponse().read().decode())[0]
            values = {**hidden, "name": "Ada", "email": address, "language": "de", "consent": "yes"}
            journal.on_their_way.add(address)
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"/events/{event.slug}/register", urlencode(values), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                journal.answered.add(address)
        except (OSError, HTTPException):
            time.sleep(0.02)  # Not listening yet, or not any more.
        finally:
            journal.on_their_way.discard(address)
            connection.close()
