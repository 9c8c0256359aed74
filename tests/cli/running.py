"""Running the commands as an operator does: as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from regservice.cli import commands
from regservice.config import PROJECT_ROOT
from tests.databases import SECRET


def environment(instance: Path, database_url: str = "", **more: str) -> dict[str, str]:
    """The environment of an operator's shell, with nothing of this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGSERVICE_")}
    kept |= {"REGSERVICE_INSTANCE": str(instance), "REGSERVICE_SECRET_KEY": SECRET}
    if database_url:
        kept["REGSERVICE_DATABASE_URL"] = database_url
    return kept | more


def run(environ: dict[str, str], *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """One command, from start to end."""
    return subprocess.run(
        [sys.executable, "-m", "regservice", *arguments],
        env=environ,
        cwd=PROJECT_ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def call(environ: dict[str, str], *arguments: str, text: str = "") -> Done:
    """One command inside this process, which saves its start."""
    # None takes a name of this machine out of the environment.
    only = {name: None for name in os.environ if name.startswith("REGSERVICE_")} | environ
    result = CliRunner().invoke(commands, list(arguments), env=only, input=text)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


@contextmanager
def started(environ: dict[str, str], *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that goes on running; it is killed at the end if it still runs."""
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
