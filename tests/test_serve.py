"""`serve`: both processes come up, a dead one comes back, and none outlives its supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from regservice.config import PROJECT_ROOT as ROOT
from tests.cli.running import Started, environment, run, started, started_anew
from tests.databases import free_port

pytestmark = pytest.mark.xdist_group("serve")


@pytest.fixture
def environ(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, sqlite_url, PORT=str(free_port()))


def wait_until(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answers(environ: dict[str, str], path: str = "/healthz") -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{environ['PORT']}{path}", timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def children(process: "subprocess.Popen[str] | Started") -> dict[str, int]:
    """The processes that `serve` started, by their command."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False
    ).stdout
    found = {}
    for line in listed.splitlines():
        pid, _, arguments = line.strip().partition(" ")
        found["worker" if " worker " in f"{arguments} " else "web"] = int(pid)
    return found


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def family(process: "subprocess.Popen[str] | Started") -> list[int]:
    """Every process below `serve`, the web server's own ones included."""
    pids = list(children(process).values())
    for pid in list(pids):
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
        pids += [int(line) for line in found.stdout.split()]
    return pids


def test_it_answers_and_a_signal_ends_all_of_it(environ: dict[str, str]) -> None:
    with started_anew(environ, "serve") as process:
        assert process.stdout is not None
        address = process.stdout.readline()
        link = process.stdout.readline()
        assert address == f"regservice runs at http://127.0.0.1:{environ['PORT']}\n"
        assert f"http://127.0.0.1:{environ['PORT']}/organise/first/" in link
        wait_until(lambda: answers(environ, "/readyz"))
        everybody = family(process)
        assert len(everybody) == 3
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")
        assert time.monotonic() - begun < 20
        wait_until(lambda: all(map(is_gone, everybody)), 5)
        assert link.rpartition("/")[2].strip() not in err


def test_each_child_that_is_killed_comes_back(environ: dict[str, str]) -> None:
    with started(environ, "serve") as process:
        process.stdout.readline()
        wait_until(lambda: len(children(process)) == 2)
        for name in ("worker", "web"):
            killed = children(process)[name]
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda name=name, killed=killed: children(process).get(name, killed) != killed)  # type: ignore[misc]
        wait_until(lambda: answers(environ))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


ASKED_AT_ONCE = """
import os, signal, time
from regservice.supervisor import ENDING, Child, Lifeline
for number in ENDING:
    signal.signal(number, lambda *_: None)
child = Child("worker", lambda: time.sleep(60), Lifeline(**dict(zip(("reading", "writing"), os.pipe()))))
for _ in range(20):
    child.start()
    child.ask_to_end()
    child.process.join(10)
    print(child.process.exitcode)
"""


def test_a_child_that_is_asked_to_end_as_soon_as_it_is_there_ends() -> None:
    asked = subprocess.run([sys.executable, "-c", ASKED_AT_ONCE], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert asked.stdout.split() == [str(-signal.SIGTERM)] * 20, asked.stderr


def test_no_orphan_is_left_when_the_supervisor_is_killed(environ: dict[str, str]) -> None:
    with started(environ, "serve") as process:
        process.stdout.readline()
        wait_until(lambda: len(family(process)) == 3)
        everybody = family(process)
        process.kill()
        wait_until(lambda: all(map(is_gone, everybody)), 20)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_alone_ends_cleanly(environ: dict[str, str], signal_number: int) -> None:
    with started(environ, "worker") as process, started(environ, "web"):
        wait_until(lambda: answers(environ, "/readyz"))
        process.send_signal(signal_number)
        _, err = process.communicate(20)
        assert process.returncode == 0
        assert "Traceback" not in err


def test_a_port_that_is_taken_is_refused(environ: dict[str, str]) -> None:
    with started(environ, "web"):
        wait_until(lambda: answers(environ))
        done = run(environ, "serve")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1].startswith(f"Cannot listen on 127.0.0.1 port {environ['PORT']}")


def test_the_log_names_no_token(environ: dict[str, str]) -> None:
    with started(environ, "web") as process:
        wait_until(lambda: answers(environ))
        for path in (
            "r/topsecret/confirm",
            "u/topsecret",
            "decide/topsecret",
            "organise/link/topsecret",
            "?x=topsecret",
        ):
            answers(environ, f"/{path}")
        process.terminate()
        _, err = process.communicate(20)
        assert "topsecret" not in err
        assert "GET /r/***/confirm 404" in err
