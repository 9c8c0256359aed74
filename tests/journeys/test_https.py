"""A registration as it goes through a browser over TLS: no cookie, no referrer, links with https, strict transport."""

import ssl
import threading
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
import trustme
from werkzeug.serving import make_server

from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.db import db
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.databases import free_port, settings_for
from tests.factories import make_event
from tests.faulty_relay import FaultyRelay
from tests.forms import forms_in
from tests.journeys.town import Town

# What a browser sends with a form of our own page under `Referrer-Policy: no-referrer`.
BROWSER = {"Sec-Fetch-Site": "same-origin", "Origin": "null", "Content-Type": "application/x-www-form-urlencoded"}


class Browser:
    """Talks TLS to one host and checks its certificate."""

    def __init__(self, port: int, authority: trustme.CA) -> None:
        self.port = port
        self.context = ssl.create_default_context()
        authority.configure_trust(self.context)

    def ask(self, method: str, path: str, values: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        """Status, headers and text of one answer."""
        connection = HTTPSConnection("localhost", self.port, context=self.context, timeout=20)
        connection.request(method, path, urlencode(values) if values else None, BROWSER if values else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.headers), text


@pytest.fixture
def https(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[tuple[Town, Browser]]:
    authority, port = trustme.CA(), free_port()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    settings = settings_for(tmp_path, sqlite_url, REGSERVICE_BASE_URL=f"https://localhost:{port}")
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(now=clock, sender=sender)
        app = create_app(settings, wiring)
        server = make_server("localhost", port, app, threaded=True, ssl_context=context)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with app.app_context():
                yield Town(wiring, clock, relay), Browser(port, authority)
                db.session.remove()
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            with app.app_context():
                db.engine.dispose()


def test_a_registration_over_https(https: tuple[Town, Browser]) -> None:
    town, browser = https
    event = make_event(town.clock())
    db.session.remove()
    path = f"/events/{event.slug}/register"
    status, headers, page = browser.ask("GET", path)
    assert (status, "Set-Cookie" in headers, headers["Strict-Transport-Security"]) == (200, False, "max-age=63072000")
    town.clock.advance(seconds=30)
    person = {"name": "Ada", "email": "ada@example.org", "language": "de", "consent": "yes"}
    status, headers, _ = browser.ask("POST", path, {**forms_in(page)[0][1], **person})
    assert (status, "Set-Cookie" in headers) == (200, False)
    assert town.tick() == ["optin"]
    [confirm] = [link for link in town.links() if link.endswith("/confirm")]
    assert confirm.startswith(f"https://localhost:{browser.port}/r/")
    own = confirm.removeprefix(f"https://localhost:{browser.port}")
    _, headers, page = browser.ask("GET", own)
    assert headers["Cache-Control"] == "no-store"
    status, _, _ = browser.ask("POST", own, forms_in(page)[0][1])
    assert (status, town.tick()) == (200, ["confirmed"])
    db.session.remove()
    assert [person.name for person in registrations.of_event(event.id, (State.CONFIRMED,))] == ["Ada"]
