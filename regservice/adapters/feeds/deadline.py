"""An end for the whole of a conversation, however slowly each of its bytes arrives."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Deadline:
    """Ends the connection that is watched when the time is over; reading from it then fails at once."""

    def __init__(self) -> None:
        self.is_over = False
        self._watched: socket.socket | None = None
        self._lock = threading.Lock()

    def watch(self, connection: socket.socket) -> None:
        """Watch this connection from now on, through a second handle that TLS cannot take over."""
        with self._lock:
            self._let_go()
            self._watched = connection.dup()
            if self.is_over:
                self._end()

    def pass_by(self) -> None:
        """The time is over."""
        with self._lock:
            self.is_over = True
            self._end()

    def close(self) -> None:
        """Nothing is watched any more."""
        with self._lock:
            self._let_go()

    def _end(self) -> None:
        if self._watched is not None:
            with contextlib.suppress(OSError):
                self._watched.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._watched is not None:
            self._watched.close()
            self._watched = None


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """A deadline for what happens inside."""
    ours = Deadline()
    timer = threading.Timer(seconds, ours.pass_by)
    timer.daemon = True
    timer.start()
    try:
        yield ours
    finally:
        timer.cancel()
        ours.close()
