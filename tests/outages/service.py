"""The service as real processes on a database of the run's own, with an event that people can register for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from quopri import decodestring
from urllib.parse import urlsplit

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db
from regservice.events.types import EventFacts
from tests.databases import free_port, settings_for
from tests.factories import make_event
from tests.faulty_relay import FaultyRelay, StoredMail
from tests.forked import Forked, StillRunning, command
from tests.servers import environment

CONFIRM_LINK = re.compile(r"https?://\S+?(/r/[^/\s]+/confirm)\s")


@contextmanager
def worker(instance: Path, database_url: str, **more: str) -> Iterator[Forked]:
    """`python -m regservice worker`, ended afterwards; its log is beside it."""
    with (instance / "worker.log").open("a") as log:
        environ = environment(instance, database_url, free_port(), **more)
        process = Forked(command("worker"), environ, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except StillRunning:
                process.kill()
                process.wait(10)


def relay_settings(relay: FaultyRelay) -> dict[str, str]:
    """What lets a worker send to the relay on this machine."""
    return {
        "REGSERVICE_MAIL_SERVER": "127.0.0.1",
        "REGSERVICE_MAIL_PORT": str(relay.port),
        "REGSERVICE_MAIL_DEFAULT_SENDER": "events@example.org",
    }


def open_event(instance: Path, database_url: str) -> EventFacts:
    """An event in a month with room for everybody."""
    with create_app(settings_for(instance, database_url)).app_context():
        now = utc_now()
        starts_at = now + timedelta(days=30)
        event = make_event(now, capacity=None, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        db.session.remove()
        db.engine.dispose()
    return event


def confirm_links(mails: list[StoredMail]) -> Iterator[tuple[str, str]]:
    """Address and path of the confirm link of every opt-in among the mails."""
    for mail in list(mails):
        link = confirm_link(mail.content)
        if link:
            yield mail.recipient, link


@cache
def confirm_link(content: bytes) -> str:
    """The path of the confirm link in a mail; empty in another mail."""
    found = CONFIRM_LINK.search(decodestring(content).decode("utf-8", "replace"))
    return urlsplit(found.group(1)).path if found else ""
