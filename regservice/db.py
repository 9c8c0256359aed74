"""The database: engine set-up, column types, and `transaction()`, the only commit of the service.

How a write runs, and why:

1. SQLite gets one write lock around every writing transaction, in this process and over processes, held over the
   commit. It removes the starvation of the busy handler and keeps the automatic checkpoint under the lock: before
   SQLite 3.51.3 a checkpoint beside a commit that begins the log anew can damage the file ("WAL-reset bug").
2. The transaction begins with BEGIN IMMEDIATE on SQLite, since a deferred one that writes later ends in "locked".
3. On PostgreSQL the caller locks the event's row first; the same `store.lock` call does nothing on SQLite, where the
   whole transaction is alone already. Threads of one process take turns before they ask for the row (`take_turn`).
4. Anything that is written outside of `transaction()` is rolled back at the end of the request.
5. What is only read on PostgreSQL runs without a transaction of several statements: BEGIN and ROLLBACK were two of
   three round trips. Each statement saw a state of its own before as well (READ COMMITTED). The driver begins nothing
   by itself, so every connection of the pool serves both; what may write gets its BEGIN here, as on SQLite.
"""

import fcntl
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    event,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, registry
from sqlalchemy.types import TypeDecorator

from regservice import failures, postgres
from regservice.config import Settings

# On SQLite a transaction waits so long for its turn, and a statement for the file: a clear refusal then beats hanging.
BUSY_S = 30
# A thread lets another one of its process finish first for so long; then it waits at the database, which decides alone.
TURN_S = 1.0


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC; a datetime without zone is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON().with_variant(JSONB(), "postgresql")
# Python's None is stored as SQL NULL, not as JSON null.
NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """What all rows share: named constraints, instants in UTC, JSON columns."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime(), dict[str, Any]: JsonValue, list[Any]: JsonValue},
    )


class ReleasedSession(FlaskSession):
    """A session that lets go of its connection without complaint when the database server has ended it meanwhile.

    Nothing is lost by that: what was committed is kept, and what was not is not. Without it an answer that is ready
    would become a failure, and a use case could not begin since the reads before it ended.
    """

    def get_bind(self, mapper: Any = None, clause: Any = None, bind: Any = None, **more: Any) -> Any:
        """Where a statement runs: on PostgreSQL a SELECT outside of `transaction()` needs no BEGIN and ROLLBACK."""
        engine = super().get_bind(mapper=mapper, clause=clause, bind=bind, **more)
        if bind is not None or self.info.get("writing") or not postgres.only_reads(clause):
            return engine
        return reading_engine()

    def close(self) -> None:
        """Let go at the end of a request or job."""
        with _whatever_became_of_the_connection():
            super().close()

    def rollback(self) -> None:
        """Let go of what was read or not committed."""
        with _whatever_became_of_the_connection():
            super().rollback()


@contextmanager
def _whatever_became_of_the_connection() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if not failures.is_unavailable(error):
            raise


db = SQLAlchemy(model_class=Base, session_options={"class_": ReleasedSession})


def set_up(app: Flask, settings: Settings) -> None:
    """Connect the application to its database, with the same meaning of a transaction on both kinds."""
    url = make_url(settings.database_url)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    if url.get_backend_name() == "sqlite":
        _make_private_file(Path(str(url.database)))
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"connect_args": {"isolation_level": None, "timeout": BUSY_S}}
    else:
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = postgres.engine_options(url)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _set_pragmas)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            postgres.watch(db.engine)
            event.listen(db.engine, "begin", _begin_postgresql)
            app.extensions["regservice_reading_engine"] = db.engine.execution_options(each_alone=True)


def _make_private_file(path: Path) -> None:
    """People's data is for the service's account alone, whatever its umask; SQLite's other files follow this one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def _set_pragmas(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Begin, unless each statement stands alone (`each_alone`), as in `reading_engine`.

    Where this fails, SQLAlchemy would begin nothing on the same connection any more: it is let go of, never used again.
    """
    if not connection.get_execution_options().get("each_alone", False):
        connection.exec_driver_sql("BEGIN")


def reading_engine() -> Engine:
    """What runs a SELECT outside of `transaction()`; it shares its connections with what writes."""
    reading: Engine = current_app.extensions.get("regservice_reading_engine") or db.engine
    return reading


_thread_locks: dict[str, threading.Lock] = defaultdict(threading.Lock)


@contextmanager
def _write_lock() -> Iterator[None]:
    """On SQLite only one transaction writes at a time, over threads and processes; PostgreSQL locks rows itself.

    Raises OperationalError when the turn does not come, because another process was stopped while it had the lock.
    """
    url = db.engine.url
    if url.get_backend_name() != "sqlite":
        yield
        return
    path, deadline = f"{url.database}.lock", time.monotonic() + BUSY_S
    if not _thread_locks[path].acquire(timeout=BUSY_S):
        raise _busy()
    try:
        with open(path, "w") as file:
            if not _locked(file, deadline):
                raise _busy()
            yield
    finally:
        _thread_locks[path].release()


def _locked(file: IO[str], deadline: float) -> bool:
    """Lock a file among processes; False when it is not ours in time.

    `flock` knows no time-out, and asking again and again would come last when others write a lot: so a thread waits in
    the kernel's queue. When nobody waits for it any more the file is closed, and with it the lock it may still get.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting = threading.Thread(target=fcntl.flock, args=(file.fileno(), fcntl.LOCK_EX), daemon=True)
        waiting.start()
        waiting.join(max(deadline - time.monotonic(), 0))
        return not waiting.is_alive()
    return True


def _busy() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, TimeoutError("another process has the write lock for too long"))


def note_deletion() -> None:
    """Remember in SQLite's file itself that it holds remains of what is deleted now. Part of the caller's transaction.

    `secure_delete` overwrites a row where it lies, but not the copies that moving it between pages left behind.
    """
    if db.engine.dialect.name == "sqlite":
        db.session().execute(text("PRAGMA user_version = 1"))


def wipe_deleted() -> None:
    """On SQLite, write the file anew if people were deleted since, and empty the write-ahead log into it.

    Waits for readers, but lets others write meanwhile; one that stays longer leaves the log to the next call.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session().rollback()  # A read of our own must not keep the log.
    try:
        _write_anew()
    finally:
        # Also where the disk has no room for a second copy of the file.
        deadline = time.monotonic() + BUSY_S
        while not _emptied() and time.monotonic() < deadline:
            time.sleep(1)


def _write_anew() -> None:
    """Nobody else writes meanwhile; reading goes on."""
    with _write_lock(), closing(db.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        if cursor.execute("PRAGMA user_version").fetchone() != (0,):
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA user_version = 0")


def _emptied() -> bool:
    """Empty the log if nobody reads: waiting for a reader with the write lock in hand would stop everybody."""
    with _write_lock(), closing(db.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=0")
        try:
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_S * 1000}")
        return not busy


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: everything inside is committed together, or nothing is. Joins one that is already open."""
    session = db.session()
    if is_writing():
        yield session
        return
    session.rollback()  # A read before this one must not pin an old snapshot.
    with _write_lock():
        session.info["writing"] = True
        try:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)
            for turn in session.info.pop("turns", {}).values():
                turn.release()


_turns: dict[str, threading.Lock] = defaultdict(threading.Lock)


def take_turn(row: str) -> None:
    """Before a transaction locks this row on PostgreSQL, let the other threads of the process be done with it.

    It guards nothing, the row's own lock does. But PostgreSQL gives a row to whoever asked first, and so to one thread
    of a process after the other: each of them worked while the last one wrote its page, which is slow since a process
    runs one thread at a time, and other processes had nothing to do. With one thread of each that asks, they alternate.
    """
    assert is_writing(), "a turn ends with its transaction"
    taken = db.session().info.setdefault("turns", {})
    if row in taken or not is_postgresql():
        return
    turn = _turns[row]
    if turn.acquire(timeout=TURN_S):
        taken[row] = turn


@contextmanager
def exclusive_connection() -> Iterator[Connection]:
    """One connection for changing the schema: nobody else writes, and SQLite checks no foreign keys meanwhile."""
    with _write_lock(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                with connection.execution_options(writes=True).begin():
                    yield connection
            finally:
                driver.execute("PRAGMA foreign_keys=ON")
        else:
            with connection.begin():
                yield connection


class _RolledBack(Exception):
    """Raised inside a transaction that is never meant to be kept."""


@contextmanager
def dry_run() -> Iterator[Session]:
    """A transaction that is always rolled back: what a use case would do can be counted by doing it."""
    assert not is_writing(), "what is open around it would be kept, with all that was only tried"
    try:
        with transaction() as session:
            yield session
            raise _RolledBack
    except _RolledBack:
        pass


def is_writing() -> bool:
    """Whether a transaction is open that may still be rolled back."""
    return db.session.registry.has() and bool(db.session().info.get("writing"))


def session() -> Session:
    """The session of this request or job, for reading."""
    return db.session()


def reading(statement: Any) -> Connection:
    """The connection for a SELECT that needs nothing of the ORM, since building rows costs more than finding them."""
    return db.session().connection(bind_arguments={"clause": statement})


def read_alone(statement: Any, parameters: dict[str, Any]) -> Row[Any] | None:
    """The row of a SELECT that is all that a page asks for, or None: a session costs as much as the statement itself.

    Inside of a transaction it is part of that.
    """
    if is_writing():
        return reading(statement).execute(statement, parameters).one_or_none()
    with reading_engine().connect() as connection:
        row: Row[Any] | None = connection.execute(statement, parameters).one_or_none()
        return row


def one_of(column: InstrumentedAttribute[str], values: Collection[str]) -> ColumnElement[bool]:
    """Whether a column has one of these values of our own, said in the statement itself.

    As parameters they would be written into its text at each execution, and a database that knows the values when it
    plans finds the index of exactly those. Raises ValueError for anything but a plain name.
    """
    if not all(value.isidentifier() for value in values):
        raise ValueError("only names that the code gives stand in a statement")
    return column.in_([literal_column(f"'{value}'") for value in values])


def release() -> None:
    """Give the connection back after reading: none is held while the service talks to the outside."""
    db.session().rollback()


def skip_ids(table: str, count: int) -> None:
    """Let the next row of a table that gives each id once have one so much higher. Part of a transaction."""
    if is_postgresql():
        statement = text("SELECT setval(CAST(:sequence AS regclass), nextval(CAST(:sequence AS regclass)) + :count)")
        session().execute(statement, {"sequence": f"{table}_id_seq", "count": count})
    else:
        statement = text("UPDATE sqlite_sequence SET seq = seq + :count WHERE name = :name")
        session().execute(statement, {"name": table, "count": count})


def is_postgresql() -> bool:
    """Whether rows have to be locked one by one."""
    return db.engine.dialect.name == "postgresql"
