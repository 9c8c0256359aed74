"""That a mail reads as little of a full ledger as of an empty one."""

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from regservice.db import db, session, transaction
from regservice.outbox import sending
from regservice.outbox.types import Priority
from tests.conftest import Clock
from tests.outbox.test_service import FakePost, enqueue

LEDGER = 5_000
# PostgreSQL plans a statement without looking at its values once it came about ten times on a connection.
MAILS = 30
# From which size on PostgreSQL compiles a statement, or starts further processes for it.
BELIEFS = (
    "jit_above_cost",
    "parallel_setup_cost",
    "parallel_tuple_cost",
    "min_parallel_index_scan_size",
    "min_parallel_table_scan_size",
)


@pytest.mark.postgres
def test_no_mail_reads_the_whole_ledger(postgres_app: Flask, clock: Clock) -> None:
    enqueue(clock(), "original")
    sending.deliver(FakePost(), clock)
    fill_ledger()
    enqueue(clock(), *(f"kind {number}" for number in range(MAILS)), priority=Priority.REMINDER)
    before = rows_read_in_scans()
    post = FakePost()
    while sending.deliver(post, clock).sent:
        pass
    assert len(post.got) == MAILS
    # This one is still so small that a batch may be looked for from its beginning to its end.
    assert rows_read_in_scans() - before < 2 * LEDGER


@pytest.mark.postgres
def test_nothing_is_prepared_for_much_work(postgres_app: Flask, clock: Clock) -> None:
    """Told that all is much work, as it believes of a ledger of millions, PostgreSQL still begins with it at once."""
    due = "FROM message WHERE state = 'waiting' AND next_attempt_at < now()"
    enqueue(clock(), "original")
    fill_ledger()
    active = session()
    for cost in BELIEFS:
        active.execute(text(f"SET LOCAL {cost} = 0"))
    plan = "\n".join(active.scalars(text(f"EXPLAIN ANALYZE SELECT min(next_attempt_at) {due}")))
    assert [word for word in ("JIT", "Workers Planned") if word in plan] == []


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


def rows_read_in_scans() -> int:
    """So far, by everybody whose connection has ended."""
    db.session.remove()
    db.engine.dispose()
    url = db.engine.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        row = connection.execute("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'message'").fetchone()
    assert row
    return int(row[0])
