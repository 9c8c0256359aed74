"""Programs as processes of their own, forked from one that has imported the service: a start costs no imports.

Each has its own environment and streams, hears signals and ends with a status, as one with an interpreter of its own.
That the service starts from nothing as well is for those tests to prove that start it so.
"""

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing import connection, reduction
from typing import IO, Any

from regservice import cli
from regservice.config import PROJECT_ROOT

# The server that all are forked from has no engine and no thread.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.warm"])


class StillRunning(Exception):
    """A process did not end in the time that it was given."""


class Forked:
    """A process that does this work; it is looked after like a `subprocess.Popen`."""

    def __init__(
        self,
        work: Callable[[], None],
        environ: Mapping[str, str],
        *,
        stdout: IO[Any],
        stderr: IO[Any],
        stdin: IO[Any] | None = None,
    ) -> None:
        # Its status can be read once, and several threads may ask for it.
        self._asking = threading.Lock()
        with open(os.devnull, "rb") as nothing:
            streams = _Streams([stream.fileno() for stream in (stdin or nothing, stdout, stderr)])
            self._process = CONTEXT.Process(target=_live, args=(work, dict(environ), streams))
            self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its status, minus the number of a signal that ended it; None while it runs."""
        with self._asking:
            return self._process.exitcode

    @property
    def returncode(self) -> int | None:
        """The same."""
        return self.poll()

    def wait(self, timeout_s: float) -> int:
        """Wait until it ended, and give its status. Raises StillRunning."""
        connection.wait([self._process.sentinel], timeout_s)
        status = self.poll()
        if status is None:
            raise StillRunning(f"process {self.pid} still runs after {timeout_s} s")
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()


def command(*arguments: str) -> Callable[[], None]:
    """The work of `python -m regservice ARGUMENTS`."""
    return partial(_command, arguments)


def _command(arguments: tuple[str, ...]) -> None:
    sys.argv = ["regservice", *arguments]
    cli.main()


class _Streams:
    """Open files that go into the new process together with its arguments."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    def __getstate__(self) -> list[Any]:
        return [reduction.DupFd(number) for number in self.numbers]

    def __setstate__(self, duplicates: list[Any]) -> None:
        self.numbers = [duplicate.detach() for duplicate in duplicates]


def _live(work: Callable[[], None], environ: dict[str, str], streams: _Streams) -> None:
    """In the new process: become what was asked for, then do it."""
    for standard, own in enumerate(streams.numbers):
        os.dup2(own, standard)
        os.close(own)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", 1, encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace")
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    tempfile.tempdir = None
    os.chdir(PROJECT_ROOT)
    work()
