"""The web server: gunicorn with threads, set up from our settings instead of its own options."""

import logging
import os
from datetime import timedelta
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from regservice.config import Settings
from regservice.logs import masked

THREADS = 8
# Requests in flight get this long when the server ends; the supervisor waits a little longer.
GRACEFUL_S = 10


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
        super().exception("the server failed" if args else msg, **kwargs)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log one answered request."""
        status = str(resp.status).split(None, 1)[0]
        path = masked(environ.get("PATH_INFO", ""))
        self.access_log.info(
            "%s %s %s %d ms", environ.get("REQUEST_METHOD"), path, status, request_time / timedelta(milliseconds=1)
        )


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
            "worker_class": "gthread",
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


def run_web(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in flight are finished."""
    logging.getLogger(__name__).info("listening on %s", listen_address(settings))
    WebServer(app, settings).run()
