"""The web server killed with SIGKILL under sign-ups: what was acknowledged is there, once."""

import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.client import HTTPException
from random import Random

from regservice.db import db
from regservice.events.types import EventFacts
from regservice.registrations import service
from regservice.registrations.types import RegistrationState as State
from tests.databases import free_port
from tests.forked import Forked, command
from tests.races import browsers, history, journal
from tests.races.journal import Asked, Journal
from tests.races.place import Place
from tests.races.web import coming_event
from tests.servers import environment

CLIENTS = 8
STARTS_WITHIN_S = 60


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What came of it: acknowledgements, broken connections, and everything lost or doubled."""

    acknowledged: int
    broken_off: int
    wrong: list[str]


class Server:
    """`python -m regservice web` on one port, in a process group of its own, started again as often as it is killed."""

    def __init__(self, place: Place) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self._environment = environment(place.folder, place.url, port, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2")
        self._log = (place.folder / "web.log").open("a")
        self._process: Forked | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = Forked(_web_in_a_group, self._environment, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if browsers.ask(self.base, "GET", "/healthz")[0] == 200:
                    return
            except (OSError, HTTPException):
                time.sleep(0.05)
        raise RuntimeError("the web server did not start")

    def kill(self) -> None:
        """End every process of the server at once, without a chance to finish anything."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)

    def end(self) -> None:
        """Once more, and for good."""
        self.kill()
        self._log.close()


def _web_in_a_group() -> None:
    os.setsid()
    command("web")()


def sign_ups_under_kills(place: Place, *, kills: int, seed: str) -> Killed:
    """Clients sign up one after the other and repeat what was not answered, as programs do, while the server dies."""
    event, dice = coming_event(None), Random(seed)
    db.session.remove()
    journal.begin_anew(place.folder)
    server, over = Server(place), threading.Event()
    server.start()
    clients = [
        threading.Thread(target=_sign_up_until, args=(place, server.base, event.slug, number, over))
        for number in range(CLIENTS)
    ]
    try:
        for client in clients:
            client.start()
        for _ in range(kills):
            time.sleep(dice.uniform(0.3, 1.5))
            server.kill()
            server.start()
        time.sleep(0.5)
    finally:
        over.set()
        for client in clients:
            client.join(timeout=120)
        server.end()
    lines = list(journal.read(place.folder))
    return _judged(event, lines)


def _sign_up_until(place: Place, base: str, slug: str, number: int, over: threading.Event) -> None:
    count = 0
    with Journal(place.folder, number) as lines:
        while not over.is_set():
            count += 1
            email = f"k{number}x{count}@example.org"
            for _ in range(200):
                try:
                    status = browsers.post_registration(base, slug, email, email)
                except (OSError, HTTPException) as error:
                    lines.write(Asked(act="broken_off", answer=type(error).__name__, done=False, email=email))
                    time.sleep(0.1)
                    continue
                answer = str(status) if status == 202 else f"failed: status {status}"
                lines.write(Asked(act="sign_up", answer=answer, done=status == 202, email=email))
                break


def _judged(event: EventFacts, lines: list[Asked]) -> Killed:
    db.session.rollback()
    rows = Counter(person.email for person in service.of_event(event.id, tuple(State)))
    acknowledged = {line.email for line in lines if line.done}
    happened = history.of_event(event.id, None)
    mails = Counter(happened.messages[who, "optin"] for who in happened.states)
    wrong = [f"{line.act} {line.answer}" for line in lines if line.answer.startswith("failed")]
    wrong += [f"{rows[email]} rows for {email}" for email in acknowledged if rows[email] != 1]
    wrong += [f"{number} rows for {email}" for email, number in rows.items() if number > 1]
    wrong += [f"{people} people with {number} mails" for number, people in mails.items() if number != 1]
    broken_off = sum(line.act == "broken_off" for line in lines)
    return Killed(acknowledged=len(acknowledged), broken_off=broken_off, wrong=wrong)
