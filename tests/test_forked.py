"""What is forked instead of started anew behaves the same, and saves what it is for: it finds everything imported."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import environment, run
from tests.forked import Forked, StillRunning, command


def ended(work: Callable[[], None], environ: dict[str, str], folder: Path) -> tuple[int, str, str]:
    """Status, stdout and stderr of a process."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        status = Forked(work, environ, stdout=stdout, stderr=stderr).wait(30)
    return status, out.read_text(), err.read_text()


def wait_long() -> None:
    os.write(1, b"here")
    time.sleep(1000)


def tell_of_itself() -> None:
    sys.stdout.write(f"{dict(os.environ)} {sys.stdin.read()!r}\n")
    subprocess.run(["/bin/echo", "from below"], check=True)
    sys.exit("refused")


def what_a_tick_imports() -> None:
    before = set(sys.modules)
    try:
        command("tick")()
    finally:
        new = set(sys.modules) - before
        sys.stderr.write(" ".join(sorted(new)))


def test_it_has_its_own_environment_and_streams_and_a_status(tmp_path: Path) -> None:
    assert ended(tell_of_itself, {"ONE": "1"}, tmp_path) == (1, "{'ONE': '1'} ''\nfrom below\n", "refused\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_it(tmp_path: Path, number: int) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = Forked(wait_long, dict(os.environ), stdout=log, stderr=log)
    while not (tmp_path / "log").read_text():
        time.sleep(0.01)
    with pytest.raises(StillRunning):
        process.wait(0)
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait(30) == (1 if number == signal.SIGINT else -number)


def test_it_finds_the_service_imported(sqlite_url: str, tmp_path: Path) -> None:
    status, _, err = ended(what_a_tick_imports, environment(tmp_path, sqlite_url), tmp_path)
    assert (status, err) == (0, "")


def test_a_command_in_it_answers_as_one_of_its_own(sqlite_url: str, tmp_path: Path) -> None:
    done = run(environment(tmp_path, sqlite_url), "no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: python -m regservice")
