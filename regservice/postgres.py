"""How the service connects to PostgreSQL: who vanished is given up, and a server that is away is asked by one alone.

Without the time-outs a host that vanished without a word would hang its partners for as long as the kernels believe in
it: a quarter of an hour where something is on its way, two hours where not, and for that long it would keep its locks.
"""

import select
import threading
import time
from functools import partial
from typing import Any

from sqlalchemy import URL, CompoundSelect, Dialect, Engine, Select, event
from sqlalchemy.exc import InvalidatePoolError

# A kept connection that rested for so long is asked before it is used.
LONG_REST_S = 5
# From the server's side.
SESSION_SETTINGS = (
    # So that it ends the transactions of a host that vanished.
    "tcp_keepalives_idle=5",
    "tcp_keepalives_interval=3",
    "tcp_keepalives_count=3",
    "tcp_user_timeout=10s",
    # A process that stands still inside a transaction keeps others waiting no longer than this.
    "idle_in_transaction_session_timeout=60s",
    # No limit for a statement: retention, exports and migrations may rightly take long. Only waiting has one.
    "lock_timeout=20s",
    # The planner takes a ledger of millions for much work and would prepare for it at each look for what is due: 10 ms
    # to compile, 4 ms to start more processes. Every statement here ends at an index or streams a list.
    "jit=off",
    "max_parallel_workers_per_gather=0",
)
CONNECTION = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
    "options": " ".join(f"-c {setting}" for setting in SESSION_SETTINGS),
}


def engine_options(url: URL) -> dict[str, Any]:
    """SQLAlchemy's options; time-outs that the operator writes behind the `?` of the address win."""
    timeouts = {name: value for name, value in CONNECTION.items() if name not in url.query}
    # The driver begins no transaction by itself: where one is needed `db` says BEGIN, and a page that reads needs none.
    return {"pool_size": 10, "max_overflow": 10, "connect_args": timeouts | {"autocommit": True}}


def watch(engine: Engine) -> None:
    """Let one thread alone try a server that did not answer, and hand out no kept connection that the server ended."""
    event.listen(engine, "do_connect", OneTries().connect)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", partial(_ask_if_ended, engine.dialect))


def only_reads(clause: Any) -> bool:
    """Whether a statement is a SELECT, or several as one, and locks nothing.

    What stands inside of it is not looked at, since nothing of the service writes or locks there.
    """
    parts = clause.selects if isinstance(clause, CompoundSelect) else (clause,)
    return all(isinstance(part, Select) and part._for_update_arg is None for part in parts)


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _ask_if_ended(dialect: Dialect, connection: Any, record: Any, _proxy: Any) -> None:
    """A restarted server must not fail the first request on each kept connection.

    Asking costs a round trip, as much as a page's only statement. What the server said or ended while the connection
    rested is known to our kernel; so only then it is asked, and after a rest in which the whole host may have vanished.
    """
    since = record.info.get("rests_since")
    if since is None or (time.monotonic() - since < LONG_REST_S and not _something_came(connection)):
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _something_came(connection: Any) -> bool:
    """Whether the kernel has anything from the server, be it the end of the connection."""
    arrivals = select.poll()
    arrivals.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(arrivals.poll(0))


class OneTries:
    """While the server does not answer, one thread tries it and the others are refused at once.

    Each try may take as long as a time-out: were every request to wait for its own, all threads of a web server would
    wait, and nobody would be told anything.
    """

    def __init__(self) -> None:
        self._away = False
        self._trying = threading.Lock()

    def connect(self, dialect: Dialect, _record: Any, arguments: Any, options: Any) -> Any:
        """A new connection. Raises the driver's OperationalError."""
        if not self._away:
            return self._try(dialect, arguments, options)
        if not self._trying.acquire(blocking=False):
            assert dialect.loaded_dbapi
            raise dialect.loaded_dbapi.OperationalError("the server did not answer, and another thread tries it")
        try:
            return self._try(dialect, arguments, options)
        finally:
            self._trying.release()

    def _try(self, dialect: Dialect, arguments: Any, options: Any) -> Any:
        try:
            connection = dialect.connect(*arguments, **options)
        except Exception:
            self._away = True
            raise
        self._away = False
        return connection
