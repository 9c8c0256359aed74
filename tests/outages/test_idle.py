"""Connections that say nothing cost nobody else anything: the short run; `python -m tests.outages` is the whole."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from regservice.webserver import HEAD_WITHIN_S
from tests.cli.running import environment, started
from tests.databases import free_port
from tests.outages.idle import run
from tests.servers import web_server
from tests.test_serve import answers, wait_until

# A form without its token: there is an answer, and nothing changes.
REQUEST = b"POST /lost HTTP/1.1\r\nHost: example.org\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def base(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with web_server(tmp_path_factory.mktemp("idle"), f"sqlite:///{migrated_sqlite}") as address:
        yield address


def connected(base: str) -> "closing[socket.socket]":
    parts = urlsplit(base)
    return closing(socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20))


def whole_answer(client: socket.socket) -> bytes:
    """One answer of our own, all of which are pages."""
    answer = b""
    while not answer.rstrip().endswith(b"</html>"):
        more = client.recv(65536)
        assert more, answer
        answer += more
    return answer


def status_of(answer: socket.socket) -> bytes:
    return answer.recv(12)


def test_a_hundred_idle_and_twenty_stalled_connections_keep_nobody_waiting(tmp_path: Path) -> None:
    report = run(tmp_path, idle=100, stalled=20, seconds=1.5)
    assert report.failed == 0
    assert len(report.seconds) > 5
    assert report.p95_s < 2


def test_a_request_in_many_pieces_is_answered_and_so_is_the_next_on_the_same_connection(base: str) -> None:
    with connected(base) as client:
        for _ in range(2):
            for piece in (b"GET /heal", b"thz HTTP/1.1\r\n", b"Host: exa", b"mple.org\r\n", b"\r", b"\n"):
                client.sendall(piece)
                time.sleep(0.03)
            answer = b""
            while b'"ok"}' not in answer:
                answer += client.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200")


def test_a_form_whose_rest_comes_later_is_read_whole(base: str) -> None:
    with connected(base) as client:
        client.sendall(b"POST /lost HTTP/1.1\r\nHost: example.org\r\nContent-Length: 11\r\n")
        client.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\nema")
        time.sleep(0.1)
        client.sendall(b"il=adab.")
        assert status_of(client) == b"HTTP/1.1 400"  # There is no form token among it.


def test_a_head_that_is_too_long_is_refused(base: str) -> None:
    with connected(base) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n")
        assert status_of(client) == b"HTTP/1.1 431"


@pytest.mark.parametrize("begun", [b"G", b"GET /healthz HTTP/1.1\r\nHost: example.org\r\n"])
def test_who_hangs_up_in_the_middle_of_a_head_is_let_go_at_once(base: str, begun: bytes) -> None:
    """The end can be read again and again: until the time for a head was over the process would do nothing else."""
    with connected(base) as client:
        client.settimeout(HEAD_WITHIN_S / 2)
        client.sendall(begun)
        time.sleep(0.1)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096) == b""


def test_who_says_all_and_then_no_more_is_answered(base: str) -> None:
    with connected(base) as client:
        client.sendall(REQUEST[:20])
        time.sleep(0.1)
        client.sendall(REQUEST[20:])
        client.shutdown(socket.SHUT_WR)
        assert status_of(client) == b"HTTP/1.1 400"


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "new"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", [REQUEST], id="whole"),
        pytest.param(b"", [REQUEST[:30], REQUEST[30:]], id="in pieces"),
        pytest.param(REQUEST[:30], [REQUEST[30:]], id="begun before"),
    ],
)
def test_a_server_that_ends_answers_what_arrives_on_open_connections(
    sqlite_url: str, tmp_path: Path, kept: bool, before: bytes, after: list[bytes]
) -> None:
    """A program that is told to go away could not know whether its form was taken."""
    environ = environment(tmp_path, sqlite_url, PORT=str(free_port()))
    with started(environ, "web") as process:
        wait_until(lambda: answers(environ))
        with connected(f"http://127.0.0.1:{environ['PORT']}") as client:
            if kept:
                client.sendall(REQUEST)
                assert whole_answer(client).startswith(b"HTTP/1.1 400")
                time.sleep(0.2)
            client.sendall(before)
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            for piece in after:
                time.sleep(0.3)
                client.sendall(piece)
            answer = whole_answer(client)
            assert answer.startswith(b"HTTP/1.1 400")
            assert b"\r\nconnection: close\r\n" in answer.lower()
        assert process.wait(20) == 0


def test_a_server_that_ends_does_not_wait_for_idle_connections(tmp_path: Path, sqlite_url: str) -> None:
    environ = environment(tmp_path, sqlite_url, PORT=str(free_port()))
    with started(environ, "web") as process:
        wait_until(lambda: answers(environ))
        base = f"http://127.0.0.1:{environ['PORT']}"
        with connected(base) as idle, connected(base) as stalled:
            stalled.sendall(b"GET / HTTP/1.1\r\n")
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            for client in (idle, stalled):
                with suppress(ConnectionResetError):
                    assert client.recv(1) == b""
            assert time.monotonic() - begun < HEAD_WITHIN_S / 2
        assert process.wait(20) == 0
