"""That a mail reads as little of a full ledger as of an empty one."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from regservice.db import db, transaction
from regservice.outbox import sending
from regservice.outbox.types import Priority
from regservice.wiring import Wiring
from tests.conftest import Clock, application
from tests.databases import Postgres, settings_for
from tests.outbox.test_service import FakePost, enqueue

LEDGER = 5_000
# PostgreSQL plans a statement without looking at its values once it came about ten times on a connection.
MAILS = 30


@pytest.mark.postgres
def test_no_mail_reads_the_whole_ledger(postgres: Postgres, instance: Path, clock: Clock, wiring: Wiring) -> None:
    with postgres.database() as url:
        for _ in application(settings_for(instance, url), wiring):
            enqueue(clock(), "original")
            sending.deliver(FakePost(), clock)
            fill_ledger()
            enqueue(clock(), *(f"kind {number}" for number in range(MAILS)), priority=Priority.REMINDER)
            before = rows_read_in_scans(url)
            post = FakePost()
            while sending.deliver(post, clock).sent:
                pass
            assert len(post.got) == MAILS
            # This one is still so small that a batch may be looked for from its beginning to its end.
            assert rows_read_in_scans(url) - before < 2 * LEDGER


def fill_ledger() -> None:
    """Half were sent, half wait for a day in a month."""
    columns = [column.name for column in db.metadata.tables["message"].columns]
    names = ", ".join(name for name in columns if name != "id")
    other = {
        "dedupe_key": "'key ' || n",
        "message_id": "'<' || n || '@example.org>'",
        "state": "CASE n % 2 WHEN 0 THEN 'waiting' ELSE 'sent' END",
        "next_attempt_at": "next_attempt_at + (1 - n % 2) * interval '30 days'",
    }
    values = ", ".join(other.get(name, name) for name in columns if name != "id")
    with transaction() as active:
        copies = f"SELECT {values} FROM message, generate_series(1, {LEDGER}) AS n"
        active.execute(text(f"INSERT INTO message ({names}) {copies}"))
        active.execute(text("ANALYZE message"))


def rows_read_in_scans(url: str) -> int:
    """So far, by everybody whose connection has ended."""
    db.session.remove()
    db.engine.dispose()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'message'").fetchone()
    assert row
    return int(row[0])
