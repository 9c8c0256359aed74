"""A real https server on loopback that answers as it is told, and a listener that nobody may reach."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from regservice.adapters.feeds.fetching import HttpsFetcher

HOST = "feeds.example.org"
# The real hosts of the ready sources, whose part the server can play: their names resolve to it.
PUBLIC = ("raw.githubusercontent.com", "www.dwd.de", "warnung.bund.de")
LOOPBACK = "127.0.0.1"
Answer = Callable[["Handler"], None]


@cache
def authority() -> trustme.CA:
    """Who certifies the servers of the tests."""
    return trustme.CA()


class Handler(BaseHTTPRequestHandler):
    """Answers a request by the answer that stands for its path."""

    protocol_version = "HTTP/1.1"
    server: "FeedServer"

    def do_GET(self) -> None:
        """Remember who asked, and answer."""
        self.server.asked.append((self.path, dict(self.headers)))
        self.close_connection = True
        # The other side had enough, which is what some tests are about.
        with suppress(OSError):
            self.server.answers[self.path](self)

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        """A whole answer; `Content_Encoding` is the header of that name."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing: what matters is asserted."""


class FeedServer(ThreadingHTTPServer):
    """One server with its answers by path; `asked` holds what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.ending = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert(HOST, *PUBLIC).configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away early is no error of ours."""

    @property
    def name(self) -> str:
        """Host and port, as they stand in the settings."""
        return f"{HOST}:{self.server_address[1]}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every host that it plays, with the port."""
        return tuple(f"{host}:{self.server_address[1]}" for host in (HOST, *PUBLIC))

    def url(self, path: str, host: str = HOST) -> str:
        """The address of a document."""
        return f"https://{host}:{self.server_address[1]}{path}"

    def serve(self, path: str, body: bytes, **headers: str) -> str:
        """Answer with this document from now on; gives its address."""
        self.answers[path] = lambda handler: handler.send(body, **headers)
        return self.url(path)


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """A server while it is needed."""
    server = FeedServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


def client_context() -> ssl.SSLContext:
    """Trusts the authority of the tests and nobody else."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def fetcher(*hosts: str, **changes: Any) -> HttpsFetcher:
    """The real fetcher; the name of the test's host resolves to loopback, the only machine that it may reach."""
    usual: dict[str, Any] = {
        "allowed": hosts,
        "resolve": lambda host, port: [LOOPBACK],
        "may_reach": lambda address: address == LOOPBACK,
        "tls_context": client_context(),
    }
    return HttpsFetcher(**(usual | changes))


class Canary:
    """Listens on loopback, on both kinds of addresses where there are two, and counts who connects."""

    def __init__(self) -> None:
        self.hits = 0
        first = socket.create_server((LOOPBACK, 0))
        self.port: int = first.getsockname()[1]
        self._sockets = [first]
        if socket.has_ipv6:
            with suppress(OSError):
                self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listening in self._sockets:
            threading.Thread(target=self._count, args=(listening,), daemon=True).start()

    def _count(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def close(self) -> None:
        """Listen no longer."""
        for listening in self._sockets:
            listening.close()
