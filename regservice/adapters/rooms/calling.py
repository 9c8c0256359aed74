"""One call to a system that makes rooms: short, small, and never further than the host of the settings."""

import contextlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from regservice.events.rooms import RoomTrouble

LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Calls addresses below one base address. A redirect is trouble: what follows the address would be a secret."""

    base_url: str
    timeout_s: float = 5.0

    def call(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        """The body of a good answer. Raises RoomTrouble."""
        parts = urlsplit(self.base_url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=self.timeout_s)
        try:
            connection.connect()
            with _ending(connection, self.timeout_s):
                connection.request(method, parts.path + path, body=body or None, headers=dict(headers or {}))
                with connection.getresponse() as response:
                    return _good(response)
        except TimeoutError:
            raise RoomTrouble("timeout") from None
        except (OSError, http.client.HTTPException):
            raise RoomTrouble("no_answer") from None
        finally:
            connection.close()


def _good(response: http.client.HTTPResponse) -> bytes:
    if not 200 <= response.status < 300:
        raise RoomTrouble(f"http_{response.status}")
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise RoomTrouble("too_large")
    return body


@contextlib.contextmanager
def _ending(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """End the conversation when the whole takes too long, however slowly each of its bytes arrives."""
    # A second handle, since the connection lets go of its own when it is closed.
    with socket.socket(fileno=os.dup(connection.sock.fileno())) as watched:
        over = threading.Event()

        def end() -> None:
            over.set()
            with contextlib.suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, http.client.HTTPException):
            if over.is_set():
                raise TimeoutError from None
            raise
        finally:
            timer.cancel()
            timer.join()
        if over.is_set():
            raise TimeoutError
