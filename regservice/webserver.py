"""The web server: gunicorn with threads, set up from our settings instead of its own options."""

import logging
import os
import resource
import selectors
import socket
import struct
import sys
import time
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from regservice.config import Settings
from regservice.logs import masked

THREADS = 8
# Requests in flight get this long when the server ends; the supervisor waits a little longer.
GRACEFUL_S = 10
# Connections that a process holds at once; most of them are idle.
CONNECTIONS = 4000
# From the connection to the end of the request's head; and how long the rest may pause.
HEAD_WITHIN_S, PAUSE_S = 10.0, 10
# A longer head goes to a thread as it is: gunicorn refuses it, or waits for the rest there.
LONGEST_HEAD = 16 * 1024
# Templates of the pages that citizens open, and what those stand in.
FOR_CITIZENS = ("base.html", "partials/", "public/", "personal/")


class AccessLog(Logger):  # type: ignore[misc]
    """One line a request: method, path without query and tokens, status and milliseconds. No address of anybody."""

    def setup(self, cfg: Any) -> None:
        """Write through the service's own log."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Log a warning; of a request that cannot be read gunicorn would name the sender and what was sent."""
        if str(msg).startswith("Invalid request from"):
            msg, args = "refused a request that is not HTTP", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Log a failure of the server itself; gunicorn would name the address with query and token."""
        if isinstance(sys.exc_info()[1], BlockingIOError):
            self.error_log.info("gave up a sender that stopped in the middle of a request")
            return
        super().exception("the server failed" if args else msg, **kwargs)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one answered request."""
        status = str(resp.status).split(None, 1)[0]
        path = masked(environ.get("PATH_INFO", ""))
        self.access_log.info(
            "%s %s %s %d ms", environ.get("REQUEST_METHOD"), path, status, request_time / timedelta(milliseconds=1)
        )


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Gives a connection a thread once the head of a request is there, so that idle and slow senders cost none.

    gunicorn's own worker waits inside a thread for the first byte, and without end for the others: eight of them that
    say nothing would stop a process.
    """

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Take no new connections while a request waits here for each thread: another process may be free for them.

        One process that took most of 200 people who press at the same moment would let the others stand idle. gunicorn
        begins to take them again before each wait.
        """
        if self._accepting and self.tpool._work_queue.qsize() >= THREADS:
            self.set_accept_enabled(False)
        super().wait_for_and_dispatch_events(timeout)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin to take connections or leave it; a server that ends takes those first that the kernel holds for it.

        They would be reset with the socket, and their senders could not know whether their form was taken.
        """
        if not enabled and not self.alive:
            for listener in self.sockets:
                taken = -1
                while taken != self.nr_conns:
                    taken = self.nr_conns
                    self.accept(listener)
        super().set_accept_enabled(enabled)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and wait for what it says."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PAUSE_S, 0))
        self._listen_to(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """A kept connection begins its next request, most often with all of it."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._listen_to(conn)
        self.on_pending_socket_readable(conn, client)

    def _listen_to(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + HEAD_WITHIN_S
        conn.heard = 0
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Something came: hand the connection to a thread, or ask to be told when there is more."""
        try:
            begun = client.recv(LONGEST_HEAD, socket.MSG_PEEK)
        except OSError:
            begun = b""
        # Who has hung up stays readable without anything new: there is no waiting for such a sender.
        complete = len(begun) == conn.heard or b"\r\n\r\n" in begun or b"\n\n" in begun or len(begun) == LONGEST_HEAD
        conn.heard = len(begun)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1 if complete else len(begun) + 1)
        if complete:
            super().on_pending_socket_readable(conn, client)

    def murder_pending(self) -> None:
        """Close connections whose request did not come in time; a server that ends waits as for kept connections.

        A form may be on its way on each of them, and its sender could not know whether it was taken.
        """
        if not self.alive:
            latest = time.monotonic() + STOP_KEEPALIVE_LINGER
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout, latest)
        super().murder_pending()


class WebServer(BaseApplication):  # type: ignore[misc]
    """Serves the application until SIGTERM."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Our settings in gunicorn's names."""
        options = {
            "bind": listen_address(self.settings),
            "workers": int(os.environ.get("WEB_CONCURRENCY") or 1),
            "worker_class": PatientWorker,
            "worker_connections": CONNECTIONS,
            "threads": THREADS,
            "graceful_timeout": GRACEFUL_S,
            "timeout": 60,
            "control_socket_disable": True,
            # Forwarded headers are read by the application alone, as far as REGSERVICE_TRUSTED_PROXIES says.
            "forwarded_allow_ips": "",
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            "logger_class": AccessLog,
            "accesslog": "-",
            "proc_name": "regservice-web",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application that each worker process serves."""
        return self.app


def listen_address(settings: Settings) -> str:
    """Host and port as gunicorn writes them."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def compile_pages(app: Flask) -> None:
    """Compile what citizens open, once for all processes that are forked afterwards: else the first ones would wait."""
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(FOR_CITIZENS)):
        app.jinja_env.get_template(name)


def run_web(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are finished."""
    compile_pages(app)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    logging.getLogger(__name__).info("listening on %s", listen_address(settings))
    WebServer(app, settings).run()
