"""Web server and worker as two supervised processes: one that dies is started again, and both end with their parent.

Both are forked from this process, which has built the application and touches it no more: so they share its memory,
and one that starts again is there at once. No thread runs here and no connection is open.

A child holds the reading end of a pipe whose writing end only the supervisor has. When the supervisor is gone, however
it went, the pipe ends and so does the child.
"""

import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from setproctitle import setproctitle

log = logging.getLogger(__name__)
forking = get_context("fork")

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
# A child that lived this long was well; its next end is a new story.
WELL_AFTER_S = 60.0
END_WITHIN_S = 18.0
START_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1
ENDING = (signal.SIGTERM, signal.SIGINT)


class StartFailed(Exception):
    """The web server did not come up; the message says why, or its own log does."""


@dataclass(frozen=True, kw_only=True)
class Lifeline:
    """A pipe that nothing is ever written to: its reading end tells a child when the supervisor is gone."""

    reading: int
    writing: int


class Child:
    """One supervised process; `run` is what it does until it is asked to end."""

    def __init__(self, name: str, run: Callable[[], None], lifeline: Lifeline) -> None:
        self.name = name
        self._run = run
        self._lifeline = lifeline
        self._wait_s = FIRST_WAIT_S
        self._start_at = 0.0
        self._started_at = 0.0
        self.process: ForkProcess | None = None

    def start(self) -> None:
        """Start the process."""
        self._started_at = time.monotonic()
        self.process = forking.Process(target=self._live, name=self.name)
        # A child is born with the supervisor's handlers: what is asked of it before it has its own must wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)

    def _live(self) -> None:
        """In the child: a group of its own, so that Ctrl-C reaches the supervisor alone, and its own signals."""
        os.setpgid(0, 0)
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        os.close(self._lifeline.writing)
        end_with_parent(self._lifeline.reading)
        setproctitle(f"regservice {self.name} (below serve)")
        self._run()

    def look_after(self) -> None:
        """Start the process again when it died, later each time it dies young."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._start_at:
                self.start()
            return
        status = self.process.exitcode
        if status is None:
            return
        if now - self._started_at > WELL_AFTER_S:
            self._wait_s = FIRST_WAIT_S
        log.warning("%s ended with %s and is started again in %.0f s", self.name, status, self._wait_s)
        self._start_at, self._wait_s = now + self._wait_s, min(self._wait_s * 2, LONGEST_WAIT_S)
        self.process = None

    def ask_to_end(self) -> None:
        """Let the process finish what it does."""
        if self.process is not None and self.process.is_alive():
            self.process.terminate()

    def make_end(self, deadline: float) -> None:
        """Wait until the deadline, then end the process and everything it started."""
        if self.process is None:
            return
        self.process.join(max(deadline - time.monotonic(), 0.1))
        if self.process.exitcode is None and self.process.pid is not None:
            log.warning("%s did not end in time", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.join()


def supervise(
    host: str, port: int, *, web: Callable[[], None], worker: Callable[[], None], when_ready: Callable[[], None]
) -> None:
    """Run web server and worker until SIGTERM or SIGINT. Raises StartFailed when the web server cannot listen there."""
    _must_be_free(host, port)
    reading, writing = os.pipe()
    lifeline = Lifeline(reading=reading, writing=writing)
    web_child, worker_child = Child("web", web, lifeline), Child("worker", worker, lifeline)
    # The collector must not write into memory that is shared only as long as nobody writes into it.
    gc.collect()
    gc.freeze()
    stop = _stop_requested()
    try:
        web_child.start()
        if _answers(web_child, _health_url(host, port), stop):
            worker_child.start()
            when_ready()
        while not stop():
            web_child.look_after()
            worker_child.look_after()
            time.sleep(LOOK_EVERY_S)
    finally:
        for child in (web_child, worker_child):
            child.ask_to_end()
        deadline = time.monotonic() + END_WITHIN_S
        for child in (web_child, worker_child):
            child.make_end(deadline)
        os.close(lifeline.writing)
        os.close(lifeline.reading)


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
    for number in ENDING:
        signal.signal(number, lambda *_: asked.append(True))
    return lambda: bool(asked)


def _answers(web: Child, health_url: str, stop: Callable[[], bool]) -> bool:
    """Wait until the web server answers; False when the service was asked to end meanwhile."""
    deadline = time.monotonic() + START_WITHIN_S
    while not stop():
        if web.process is None or not web.process.is_alive() or time.monotonic() > deadline:
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
