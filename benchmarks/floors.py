"""What this machine needs for the bare pieces of work that every figure is compared with."""

import smtplib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
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
    with _durable_insert(database) as insert:
        for _ in range(times):
            begin = time.perf_counter()
            insert()
            spent.append((time.perf_counter() - begin) * 1000)
    return statistics.median(spent)


@contextmanager
def _durable_insert(database: Database) -> Iterator[Callable[[], object]]:
    """One committed row a call, on this kind of database, by its driver alone."""
    insert = "INSERT INTO bare_row (text) VALUES ('x')"
    if make_url(database.url).get_backend_name() == "sqlite":
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)) as file,
        ):
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("PRAGMA synchronous=FULL")
            file.execute("CREATE TABLE bare_row (id INTEGER PRIMARY KEY, text TEXT)")
            yield lambda: file.execute(insert)
    else:
        plain = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute("CREATE TABLE bare_row (id serial PRIMARY KEY, text text)")
            yield lambda: server.execute(insert)
            server.execute("DROP TABLE bare_row")


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """How many mails a second left, and what each took of the sending process and the database's."""

    per_second: float
    cpu_ms: float


def bare_mails(database: Database, port: int, contents: Sequence[bytes]) -> Mailing:
    """The same letters built and sent by a bare client on one connection, with one durable commit each."""
    letters = [_words(message_from_bytes(content, policy=policy.default)) for content in contents]
    with _durable_insert(database) as insert, smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        begin, cpu, in_database = time.perf_counter(), time.process_time(), database.cpu_s()
        for headers, text, html in letters:
            message = EmailMessage()
            for name, value in headers:
                message[name] = value
            message.set_content(text)
            message.add_alternative(html, subtype="html")
            client.send_message(message)
            insert()
        seconds = time.perf_counter() - begin
        cpu_s = time.process_time() - cpu + database.cpu_s() - in_database
        return Mailing(per_second=len(letters) / seconds, cpu_ms=cpu_s * 1000 / len(letters))


def _words(message: EmailMessage) -> tuple[list[tuple[str, str]], str, str]:
    """What a letter says: its headers, its text and its HTML."""
    headers = [(name, str(value)) for name, value in message.items() if name.lower() not in BODY_HEADERS]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return headers, text.get_content(), html.get_content()
