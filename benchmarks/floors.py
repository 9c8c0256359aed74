"""What this machine needs for the bare pieces of work that every figure is compared with."""

import smtplib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy.engine import make_url

from benchmarks.bench import Cost, Database, cost

# Made anew with the body.
BODY_HEADERS = {"content-type", "content-transfer-encoding", "mime-version"}


def bare_view(app: Flask, database: Database) -> Cost:
    """A view that answers with one word: Flask, Werkzeug and what runs around every request of the service."""
    bare = Flask("bare")

    @bare.get("/")
    def word() -> str:
        return "bare"

    browser = bare.test_client()
    return cost(app, database, lambda _: browser.get("/"), times=300)


def durable_insert_ms(database: Database, times: int = 200) -> float:
    """Milliseconds of wall time for one committed row that survives a power cut."""
    spent = []
    if make_url(database.url).get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory() as folder, closing(_durable_file(Path(folder))) as connection:
            for _ in range(times):
                begin = time.perf_counter()
                connection.execute("INSERT INTO row (text) VALUES ('x')")
                spent.append((time.perf_counter() - begin) * 1000)
    else:
        plain = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute("CREATE TABLE bare_row (id serial PRIMARY KEY, text text)")
            for _ in range(times):
                begin = time.perf_counter()
                server.execute("INSERT INTO bare_row (text) VALUES ('x')")
                spent.append((time.perf_counter() - begin) * 1000)
            server.execute("DROP TABLE bare_row")
    return statistics.median(spent)


def _durable_file(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    return connection


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """How many mails a second left, and what each took of the sending process."""

    per_second: float
    cpu_ms: float


def bare_mails(port: int, contents: Sequence[bytes]) -> Mailing:
    """The same letters built and sent by a bare client on one connection, with one durable commit each."""
    letters = [_words(message_from_bytes(content, policy=policy.default)) for content in contents]
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(_durable_file(Path(folder))) as connection,
        smtplib.SMTP("127.0.0.1", port, timeout=30) as client,
    ):
        begin, cpu = time.perf_counter(), time.process_time()
        for headers, text, html in letters:
            message = EmailMessage()
            for name, value in headers:
                message[name] = value
            message.set_content(text)
            message.add_alternative(html, subtype="html")
            client.send_message(message)
            connection.execute("INSERT INTO row (text) VALUES ('x')")
        cpu_ms = (time.process_time() - cpu) * 1000 / len(letters)
        return Mailing(per_second=len(letters) / (time.perf_counter() - begin), cpu_ms=cpu_ms)


def _words(message: EmailMessage) -> tuple[list[tuple[str, str]], str, str]:
    """What a letter says: its headers, its text and its HTML."""
    headers = [(name, str(value)) for name, value in message.items() if name.lower() not in BODY_HEADERS]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return headers, text.get_content(), html.get_content()
