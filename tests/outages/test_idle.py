"""Connections that say nothing cost nobody else anything: the short run; `python -m tests.outages` is the whole."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.outages.idle import run
from tests.servers import web_server


@pytest.fixture(scope="module")
def base(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with web_server(tmp_path_factory.mktemp("idle"), f"sqlite:///{migrated_sqlite}") as address:
        yield address


def connected(base: str) -> "closing[socket.socket]":
    parts = urlsplit(base)
    return closing(socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20))


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


def test_a_server_that_ends_does_not_wait_for_idle_connections(tmp_path: Path, sqlite_url: str) -> None:
    with ExitStack() as later:
        with web_server(tmp_path, sqlite_url) as base:
            later.enter_context(connected(base))
            later.enter_context(connected(base)).sendall(b"GET / HTTP/1.1\r\n")
            time.sleep(0.3)
            begun = time.monotonic()
        # The server has ended, and both are still open on this side.
        assert time.monotonic() - begun < 8
