"""The whole service as processes on one folder, and a person in front of it who speaks HTTP."""

import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.config import load_settings
from regservice.db import db
from regservice.events.service import slug_from
from tests.cli.running import call, environment
from tests.databases import free_port
from tests.factories import make_event
from tests.faulty_relay import FaultyRelay
from tests.forked import Forked, StillRunning, command
from tests.forms import forms_in

CAPACITY = 1000
PERSONAL_LINK = re.compile(r"http://[^\s]+(/r/[\w-]+)")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer over HTTP."""

    status: int
    text: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Service:
    """Web server and worker on `instance`, with a relay that keeps what it gets."""

    environ: dict[str, str]
    instance: Path
    relay: FaultyRelay
    event: str

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.instance / "regservice.sqlite3"

    def ask(self, method: str, path: str, values: dict[str, str] | None = None, cookie: str = "") -> Answer:
        """One request over a connection of its own."""
        connection = HTTPConnection("127.0.0.1", int(self.environ["PORT"]), timeout=40)
        headers = {"Accept-Language": "en"} | ({"Cookie": cookie} if cookie else {})
        if values is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        try:
            connection.request(method, path, urlencode(values) if values is not None else None, headers)
            answer = connection.getresponse()
            content = answer.read()
            return Answer(status=answer.status, text=content.decode(errors="replace"), content=content)
        finally:
            connection.close()

    def register(self, name: str) -> Answer:
        """Fill in the form of the event and send it."""
        page = f"/events/{self.event}/register"
        [(action, hidden), *_] = forms_in(self.ask("GET", page).text)
        email = f"{slug_from(name).replace('-', '.')}@example.org"
        typed = {"name": name, "email": email, "language": "en", "consent": "1"}
        return self.ask("POST", action or page, {**hidden, **typed})

    def confirm(self, name: str) -> Answer:
        """Press the button of the link in the mail."""
        page = f"{self.personal_link(name)}/confirm"
        [(action, hidden), *_] = forms_in(self.ask("GET", page).text)
        return self.ask("POST", action or page, hidden)

    def ready(self) -> tuple[int, dict[str, Any]]:
        """What the readiness check says."""
        answer = self.ask("GET", "/readyz")
        return answer.status, json.loads(answer.text)

    def mails_to(self, name: str) -> list[Message]:
        """What the relay got for a person."""
        address = f"{slug_from(name).replace('-', '.')}@example.org"
        return [message_from_bytes(mail.content) for mail in list(self.relay.stored) if mail.recipient == address]

    def personal_link(self, name: str) -> str:
        """The path of the person's own page, from a mail."""
        parts = [part for part in self.mails_to(name)[0].walk() if part.get_content_type() == "text/plain"]
        found = PERSONAL_LINK.search(cast(bytes, parts[0].get_payload(decode=True)).decode())
        assert found is not None
        return found[1]


def wait_for(what: Callable[[], object], seconds: float = 90) -> None:
    """Until it is so; AssertionError when it never is."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def prepared(instance: Path, database_url: str = "", **more: str) -> tuple[dict[str, str], str]:
    """A migrated database with one event a month ahead, and the environment of its commands."""
    environ = environment(instance, database_url, PORT=str(free_port()), REGSERVICE_REHEARSAL="1", **more)
    done = call(environ, "migrate")
    assert done.returncode == 0, done
    settings = load_settings(environ)
    now = utc_now()
    with create_app(settings).app_context():
        event = make_event(
            now, capacity=CAPACITY, starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=30, hours=3)
        )
        db.session.remove()
        db.engine.dispose()
    return environ, event.slug


@contextmanager
def serving(instance: Path, database_url: str = "", *, log: Path | None = None, **more: str) -> Iterator[Service]:
    """`python -m regservice serve`, with its log in a file, from its first answer to its end."""
    with FaultyRelay() as relay:
        environ, event = prepared(
            instance,
            database_url,
            REGSERVICE_MAIL_SERVER="127.0.0.1",
            REGSERVICE_MAIL_PORT=str(relay.port),
            REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
            **more,
        )
        service = Service(environ=environ, instance=instance, relay=relay, event=event)
        with (log or instance / "service.log").open("a") as stderr:
            process = Forked(command("serve"), environ, stdout=stderr, stderr=stderr)
            try:
                wait_for(lambda: _is_ready(service, process), 120)
                yield service
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(25)
                except StillRunning:
                    process.kill()
                    process.wait(10)


def _is_ready(service: Service, process: Forked) -> bool:
    assert process.poll() is None, "the service ended"
    try:
        return service.ready()[0] == 200
    except OSError:
        return False
