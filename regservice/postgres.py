"""How the service connects to PostgreSQL: who vanished is given up, and a server that is away is asked by one alone.

Without the time-outs a host that vanished without a word would hang its partners for as long as the kernels believe in
it: a quarter of an hour where something is on its way, two hours where not, and for that long it would keep its locks.
"""

import threading
from typing import Any

from sqlalchemy import URL, Dialect, Engine, event

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
    """SQLAlchemy's options; what the operator writes behind the `?` of the address wins."""
    return {
        "pool_pre_ping": True,  # A restarted server must not fail the first request on each kept connection.
        "pool_size": 10,
        "max_overflow": 10,
        "connect_args": {name: value for name, value in CONNECTION.items() if name not in url.query},
    }


def watch(engine: Engine) -> None:
    """Let one thread alone try a server that did not answer."""
    event.listen(engine, "do_connect", OneTries().connect)


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
