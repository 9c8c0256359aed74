"""Running the commands as an operator does: as a process of its own, or as in one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from click.testing import CliRunner

from regservice.cli import commands
from regservice.config import PROJECT_ROOT
from tests.databases import SECRET
from tests.forked import Forked, command


def environment(instance: Path, database_url: str = "", **more: str) -> dict[str, str]:
    """The environment of an operator's shell, with nothing of this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    kept |= {"REGSERVICE_INSTANCE": str(instance), "REGSERVICE_SECRET_KEY": SECRET}
    if database_url:
        kept["REGSERVICE_DATABASE_URL"] = database_url
    return kept | more


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def run_anew(environ: dict[str, str], *arguments: str) -> Done:
    """One command with an interpreter of its own, which imports what it needs: that takes a second or two."""
    done = subprocess.run(
        [sys.executable, "-m", "regservice", *arguments],
        env=environ,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def run(environ: dict[str, str], *arguments: str) -> Done:
    """One command in a process of its own, from start to end."""
    with started(environ, *arguments) as process:
        out, err = process.communicate(60)
        return Done(process.wait(0), out, err)


def call(environ: dict[str, str], *arguments: str, text: str = "") -> Done:
    """One command inside this process, which saves its start."""
    # None takes a name of this machine out of the environment.
    only = {name: None for name in os.environ if name.startswith("REGSERVICE_")} | environ
    result = CliRunner().invoke(commands, list(arguments), env=only, input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


class Started(Forked):
    """A command that runs. `stdout` can be read line by line while it does."""

    def __init__(self, environ: dict[str, str], arguments: tuple[str, ...], stderr: IO[str]) -> None:
        reading, writing = os.pipe()
        self.stdout = os.fdopen(reading, encoding="utf-8")
        self._stderr = stderr
        with open(writing, "wb") as its_own:
            super().__init__(command(*arguments), environ, stdout=its_own, stderr=stderr)

    def communicate(self, timeout_s: float) -> tuple[str, str]:
        """Wait until it ended; what it has written to stdout since the last look, and all that it wrote to stderr."""
        self.wait(timeout_s)
        self._stderr.seek(0)
        return self.stdout.read(), self._stderr.read()


@contextmanager
def started(environ: dict[str, str], *arguments: str) -> Iterator[Started]:
    """A command that goes on running; it is killed at the end if it still runs."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stderr:
        process = Started(environ, arguments, stderr)
        with process.stdout:
            try:
                yield process
            finally:
                process.kill()
                process.wait(30)


@contextmanager
def started_anew(environ: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The same with an interpreter of its own, as in operation."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "regservice", *arguments],
        env=environ,
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)
