"""Web server and worker as two supervised processes: one that dies is started again, and both end with their parent.

A child holds the reading end of a pipe whose writing end only the supervisor has. When the supervisor is gone, however
it went, the pipe ends and so does the child.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

log = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# A child that lived this long was well; its next end is a new story.
WELL_AFTER_S = 60.0
END_WITHIN_S = 18.0
START_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1


class StartFailed(Exception):
    """The web server did not come up; the message says why, or its own log does."""


class Child:
    """One supervised process."""

    def __init__(self, name: str, command: Sequence[str], lifeline: int) -> None:
        self.name = name
        self._command = [*command, "--lifeline", str(lifeline)]
        self._lifeline = lifeline
        self._wait_s = FIRST_WAIT_S
        self._start_at = 0.0
        self._started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, in a group of its own so that Ctrl-C reaches the supervisor alone."""
        self._started_at = time.monotonic()
        self.process = subprocess.Popen(self._command, pass_fds=(self._lifeline,), process_group=0)  # noqa: S603

    def look_after(self) -> None:
        """Start the process again when it died, later each time it dies young."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._start_at:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if now - self._started_at > WELL_AFTER_S:
            self._wait_s = FIRST_WAIT_S
        log.warning("%s ended with %s and is started again in %.0f s", self.name, status, self._wait_s)
        self._start_at, self._wait_s = now + self._wait_s, min(self._wait_s * 2, LONGEST_WAIT_S)
        self.process = None

    def ask_to_end(self) -> None:
        """Let the process finish what it does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def make_end(self, deadline: float) -> None:
        """Wait until the deadline, then end the process and everything it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            log.warning("%s did not end in time", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def supervise(host: str, port: int, *, when_ready: Callable[[], None]) -> None:
    """Run web server and worker until SIGTERM or SIGINT. Raises StartFailed when the web server cannot listen there."""
    _must_be_free(host, port)
    reading, writing = os.pipe()
    program = [sys.executable, "-m", "regservice"]
    web, worker = Child("web", [*program, "web"], reading), Child("worker", [*program, "worker"], reading)
    stop = _stop_requested()
    try:
        web.start()
        if _answers(web, _health_url(host, port), stop):
            worker.start()
            when_ready()
        while not stop():
            web.look_after()
            worker.look_after()
            time.sleep(LOOK_EVERY_S)
    finally:
        for child in (web, worker):
            child.ask_to_end()
        deadline = time.monotonic() + END_WITHIN_S
        for child in (web, worker):
            child.make_end(deadline)
        os.close(writing)
        os.close(reading)


def _must_be_free(host: str, port: int) -> None:
    """Another service on the port would answer in the place of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartFailed(f"Cannot listen on {host} port {port}: {error.strerror}. Set HOST and PORT.") from None


def _health_url(host: str, port: int) -> str:
    """Where the web server can be asked from this machine."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{near}]:{port}/healthz" if ":" in near else f"http://{near}:{port}/healthz"


def _stop_requested() -> Callable[[], bool]:
    asked = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.append(True))
    return lambda: bool(asked)


def _answers(web: Child, health_url: str, stop: Callable[[], bool]) -> bool:
    """Wait until the web server answers; False when the service was asked to end meanwhile."""
    deadline = time.monotonic() + START_WITHIN_S
    while not stop():
        if web.process is None or web.process.poll() is not None or time.monotonic() > deadline:
            raise StartFailed("The web server could not be started.")
        try:
            with urlopen(health_url, timeout=2):  # noqa: S310 - our own address.
                return True
        except (URLError, OSError):
            time.sleep(LOOK_EVERY_S)
    return False


def end_with_parent(lifeline: int) -> None:
    """Ask this process to end as soon as the supervisor is gone."""

    def watch(*_: Any) -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
