"""The real processes tell their log what happened, and never to whom: a story with planted names and secrets."""

import http.client
import json
import re
import socket
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts, Role
from regservice.clock import utc_now
from regservice.db import db
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.cli.running import environment, started
from tests.databases import free_port
from tests.factories import make_event
from tests.faulty_relay import Fault, FaultyRelay, only
from tests.forms import forms_in

pytestmark = pytest.mark.xdist_group("serve")
NAME, EMAIL, PASSWORD = "Kanaria Vogelsang", "kanaria.vogelsang@example.org", "a quiet canary evening"


class Browser:
    """Asks one server, keeps its cookie, and sends what it is told to."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, ""

    def ask(self, method: str, path: str, values: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        body = urlencode(values) if values is not None else None
        if body is not None:
            given["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookie:
            given["Cookie"] = self.cookie
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body, given)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        self.cookie = answer.headers.get("Set-Cookie", self.cookie).split(";")[0]
        connection.close()
        return answer.status, text

    def fill_in(self, path: str, values: dict[str, str], form: int = 0) -> tuple[int, str]:
        _, page = self.ask("GET", path)
        action, hidden = forms_in(page)[form]
        return self.ask("POST", action or path, {**hidden, **values})

    def raw(self, data: bytes) -> bytes:
        """Something that no browser sends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(2000)


def wait_until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        return Browser(port).ask("GET", "/healthz")[0] == 200
    except OSError:
        return False


def test_no_name_address_or_secret_reaches_the_log(app: Flask, sqlite_url: str, tmp_path: Path) -> None:
    now = utc_now()
    event = make_event(now, starts_at=now + timedelta(days=20), ends_at=now + timedelta(days=20, hours=2))
    kim = accounts.add_organiser(
        "kim.kanarienvogel@example.org", "Kim", role=Role.ADMIN, password=PASSWORD, by="test", now=now
    )
    assert isinstance(kim, OrganiserFacts)
    sign_in_link = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=kim.id, now=now)
    api_token = accounts.make_api_token("intranet", organiser_id=kim.id, by="test", now=now)
    db.session.remove()
    port = free_port()
    with FaultyRelay(plan=only({1: Fault.RCPT_450, 2: Fault.DROP_IN_DATA, 4: Fault.RCPT_550})) as relay:
        environ = environment(
            tmp_path,
            sqlite_url,
            PORT=str(port),
            REGSERVICE_REHEARSAL="1",
            REGSERVICE_MAIL_SERVER="127.0.0.1",
            REGSERVICE_MAIL_PORT=str(relay.port),
            REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
        )
        with started(environ, "web") as web, started(environ, "worker") as worker:
            wait_until(lambda: answers(port))
            guest, staff = Browser(port), Browser(port)
            person = {"name": NAME, "email": EMAIL, "language": "de", "consent": "yes"}
            assert guest.fill_in(f"/events/{event.slug}/register", person)[0] == 200
            guest.fill_in(f"/events/{event.slug}/register", {**person, "email": f"{EMAIL} broken"})
            wait_until(lambda: relay.commands)
            [found] = registrations.of_event(event.id, (State.PENDING,))
            token = registrations.personal_token(found)
            db.session.remove()
            assert guest.fill_in(f"/r/{token}/confirm", {})[0] == 200
            guest.fill_in("/lost", {"email": EMAIL})
            for path in (
                *(f"/r/{token}x", f"//r//{token}", f"/R/{token}", f"/r/{token}/nowhere", f"/x/../r/{token}"),
                *(f"/u/{token}", f"/decide/{token}", f"/organise//link/{sign_in_link}", f"/?email={EMAIL}"),
                *(f"/imprint?token={token}&name={NAME.replace(' ', '+')}", f"/r%2F{token}", f"/%72/{token}/confirm"),
            ):
                guest.ask("GET", path)
                guest.ask("POST", path, {"name": NAME, "email": EMAIL})
            guest.ask("GET", "/api/v1/events", Authorization=f"Bearer {api_token}x")
            guest.ask("GET", f"/api/v1/events/{event.slug}/registrations", Authorization=f"Bearer {api_token}")
            body = json.dumps({**person, "consent": True, "strange": EMAIL})
            head = f"POST /api/v1/events/{event.slug}/registrations HTTP/1.1\r\nHost: x\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            assert b"422" in guest.raw((head + body).encode())
            for broken in (
                f"GET /r/{token} HTTP/9.9\r\n\r\n",
                f"GET /r/{token}\r\n\r\n",
                f"{NAME} /r/{token} HTTP/1.1\r\n\r\n",
                f"GET /r/{token} HTTP/1.1\r\nHost: x\r\nBad Header {EMAIL}: {token}\r\n\r\n",
                f"GET /r/{token} HTTP/1.1\r\nHost: x\r\nCookie {token}\r\n\r\n",
                f"GET /?{EMAIL}{'x' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n",
                f"POST /r/{token}/cancel HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{EMAIL}\r\n",
                f"GET /imprint HTTP/1.1\r\nHost: x\r\nX: {EMAIL}{'x' * 9000}\r\n\r\n",
            ):
                guest.raw(broken.encode())
            wrong = {"email": kim.email, "password": f"{PASSWORD}!"}
            assert staff.fill_in("/organise/login", wrong)[0] == 400
            assert staff.fill_in(f"/organise/link/{sign_in_link}", {})[0] == 302
            people = f"/organise/events/{event.slug}/attendees"
            assert staff.ask("GET", f"{people}?search={EMAIL}")[0] == 200
            _, page = staff.ask("GET", people)
            action, hidden = next(form for form in forms_in(page) if form[0].endswith("/export"))
            status, exported = staff.ask("POST", action, {**hidden, "format": "csv"})
            assert (status, EMAIL in exported) == (200, True)
            wait_until(lambda: len(relay.stored) > 0)
            # What nobody foresaw: a row that cannot be read, and a table that is not there.
            with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
                connection.execute("UPDATE registration SET state = ?", (NAME,))
                connection.execute("UPDATE message SET kind = ?, state = 'due', due_at = '2020-01-01'", (EMAIL,))
                connection.commit()
                assert guest.ask("GET", f"/r/{token}")[0] == 500
                assert staff.ask("GET", people)[0] in {200, 500}
                connection.execute("ALTER TABLE registration RENAME TO gone")
                connection.commit()
            connection.close()
            assert guest.ask("GET", f"/r/{token}")[0] == 503
            guest.fill_in("/lost", {"email": EMAIL})
            time.sleep(2)
            for process in (web, worker):
                process.terminate()
            log = "".join(part for process in (web, worker) for part in process.communicate(30))
    canaries = ["Kanaria", "Vogelsang", "kanari", token, api_token[3:], sign_in_link, PASSWORD, found.code]
    assert [canary for canary in canaries if canary.lower() in log.lower()] == []
    assert re.findall(r"ip=|\[parameters", log) == []
    for line in ("POST /r/***/confirm 200", "GET /r/*** 500", "refused a request that is not HTTP"):
        assert line in log
    assert "Traceback" not in log or "sqlalchemy" in log
