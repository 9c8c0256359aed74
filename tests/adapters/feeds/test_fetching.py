"""What a server can do to a fetch, on a real one."""

import gzip
import hashlib
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from regservice.adapters.feeds.fetching import HttpsFetcher
from regservice.formats.feeds.types import FeedTrouble, Fetched, NotModified, Request
from tests.feed_server import LOOPBACK, FeedServer, Handler, authority, feed_server, fetcher

BODY = b"day,value\n2026-11-15,5\n"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as running:
        yield running


def ask(server: FeedServer, path: str = "/", *, timeout_s: int = 2, most: int = 100_000, **known: str) -> object:
    """The bytes of the document, or the code of what went wrong."""
    answer = fetcher(server.name).fetch(Request(url=server.url(path), timeout_s=timeout_s, max_bytes=most, **known))
    match answer:
        case Fetched(file=file):
            with file:
                return file.read()
        case FeedTrouble(code=code):
            return code
        case _:
            return answer


def test_a_document_comes_with_its_hash_and_what_to_ask_with_next_time(server: FeedServer):
    server.serve("/", BODY, ETag='"one"', Last_Modified="Sun, 15 Nov 2026 06:00:00 GMT")
    request = Request(url=server.url("/"), timeout_s=2, max_bytes=1000)
    answer = fetcher(server.name, agent="regservice (https://events.example.org)").fetch(request)
    assert isinstance(answer, Fetched)
    with answer.file as file:
        assert (file.read(), answer.size) == (BODY, len(BODY))
    assert answer.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (answer.etag, answer.last_modified) == ('"one"', "Sun, 15 Nov 2026 06:00:00 GMT")
    (_, headers) = server.asked[0]
    assert headers == {
        "Host": server.name,
        "User-Agent": "regservice (https://events.example.org)",
        "Accept": "*/*",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def test_what_is_known_is_not_sent_again(server: FeedServer):
    server.answers["/"] = lambda handler: handler.send(b"", 304)
    assert ask(server, etag='"one"', last_modified="Sun") == NotModified()
    assert {name: server.asked[0][1][name] for name in ("If-None-Match", "If-Modified-Since")} == {
        "If-None-Match": '"one"',
        "If-Modified-Since": "Sun",
    }
    # Who asked without knowing anything got no document.
    assert ask(server) == "http_status"


def test_redirects_are_followed_a_few_times(server: FeedServer):
    server.serve("/3", BODY)
    server.answers["/0"] = lambda handler: handler.send(b"", 301, Location="/1")
    server.answers["/1"] = lambda handler: handler.send(b"", 307, Location=server.url("/2"))
    server.answers["/2"] = lambda handler: handler.send(b"", 308, Location="3")
    assert ask(server, "/0") == BODY
    server.answers["/3"] = lambda handler: handler.send(b"", 302, Location="/4")
    assert ask(server, "/0") == "too_many_redirects"
    server.answers["/round"] = lambda handler: handler.send(b"", 302, Location="/round")
    assert ask(server, "/round") == "too_many_redirects"
    server.answers["/nowhere"] = lambda handler: handler.send(b"", 302)
    assert ask(server, "/nowhere") == "too_many_redirects"


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503])
def test_only_a_whole_answer_counts(server: FeedServer, status: int):
    server.answers["/"] = lambda handler: handler.send(BODY if status != 204 else b"", status)
    assert ask(server) == "http_status"


def test_packed_documents_are_unpacked_within_the_limit(server: FeedServer):
    server.serve("/", gzip.compress(BODY), Content_Encoding="gzip")
    assert ask(server) == BODY
    server.serve("/bomb", gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    assert ask(server, "/bomb") == "too_large"
    server.serve("/cut", gzip.compress(BODY)[:-9], Content_Encoding="gzip")
    assert ask(server, "/cut") == "truncated"
    server.serve("/not", BODY, Content_Encoding="gzip")
    assert ask(server, "/not") == "encoding"
    server.serve("/other", BODY, Content_Encoding="br")
    assert ask(server, "/other") == "encoding"


def test_documents_that_are_too_large_are_left(server: FeedServer):
    server.serve("/", BODY)
    assert ask(server, most=len(BODY)) == BODY
    assert ask(server, most=len(BODY) - 1) == "too_large"

    def endless(handler: Handler) -> None:
        handler.send(b"", Content_Length="")
        while not handler.server.ending.is_set():
            handler.wfile.write(b"0" * 10_000)

    server.answers["/endless"] = endless
    assert ask(server, "/endless") == "too_large"


def test_pieces_come_together(server: FeedServer):
    def chunked(handler: Handler) -> None:
        handler.send(b"", Content_Length="", Transfer_Encoding="chunked")
        for piece in (BODY[:5], BODY[5:]):
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if handler.path == "/whole":
            handler.wfile.write(b"0\r\n\r\n")

    server.answers["/whole"] = server.answers["/cut"] = chunked
    assert ask(server, "/whole") == BODY
    assert ask(server, "/cut") == "no_answer"


def test_half_a_document_is_none(server: FeedServer):
    server.answers["/"] = lambda handler: handler.send(BODY, Content_Length=str(len(BODY) + 1))
    # An end without the goodbye of TLS may be anybody's doing.
    assert ask(server) == "no_answer"


def dripping(handler: Handler) -> None:
    """A byte now and then, so that no single wait is too long."""
    handler.send(b"", Content_Length="1000")
    while not handler.server.ending.wait(0.3):
        handler.wfile.write(b"0")


def dripping_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.ending.wait(0.3):
        handler.wfile.write(b"0")


def silent(handler: Handler) -> None:
    handler.server.ending.wait(30)


@pytest.mark.parametrize("answer", [silent, dripping, dripping_headers])
def test_slow_servers_are_left(server: FeedServer, answer):
    server.answers["/"] = answer
    began = time.monotonic()
    assert ask(server, timeout_s=1) == "timeout"
    assert time.monotonic() - began < 5


def test_a_handshake_that_never_comes_is_left():
    with socket.create_server((LOOPBACK, 0)) as listening:
        name = f"feeds.example.org:{listening.getsockname()[1]}"
        answer = fetcher(name).fetch(Request(url=f"https://{name}/", timeout_s=1, max_bytes=1))
    assert answer == FeedTrouble(code="timeout")


def test_nobody_there_and_nonsense_are_no_answer(server: FeedServer):
    def nonsense(handler: Handler) -> None:
        handler.wfile.write(b"SMTP 220 hello\r\n")

    server.answers["/"] = nonsense
    assert ask(server) == "no_answer"
    server.answers["/headers"] = lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500)
    assert ask(server, "/headers") == "no_answer"
    with socket.create_server((LOOPBACK, 0)) as closed:
        name = f"feeds.example.org:{closed.getsockname()[1]}"
    answer = fetcher(name).fetch(Request(url=f"https://{name}/", timeout_s=1, max_bytes=1))
    assert answer == FeedTrouble(code="no_answer")


def test_a_name_that_is_not_known_is_said(server: FeedServer):
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    answer = fetcher(server.name, resolve=unknown).fetch(Request(url=server.url("/"), timeout_s=1, max_bytes=1))
    assert answer == FeedTrouble(code="host_unknown", detail="feeds.example.org")


def test_a_certificate_of_nobody_or_of_somebody_else_is_refused(server: FeedServer):
    request = Request(url=server.url("/"), timeout_s=1, max_bytes=1)
    assert HttpsFetcher(
        allowed=(server.name,), resolve=lambda host, port: [LOOPBACK], may_reach=lambda address: True
    ).fetch(request) == FeedTrouble(code="certificate")
    port = server.server_address[1]
    other = Request(url=f"https://other.example.org:{port}/", timeout_s=1, max_bytes=1)
    assert fetcher(f"other.example.org:{port}").fetch(other) == FeedTrouble(code="certificate")
    context = ssl.create_default_context()
    authority().configure_trust(context)
    assert server.asked == []


def test_a_second_address_is_tried_where_the_first_is_silent(server: FeedServer):
    server.serve("/", BODY)
    asking = fetcher(server.name, resolve=lambda host, port: ["127.0.0.77", LOOPBACK], may_reach=lambda address: True)
    answer = asking.fetch(Request(url=server.url("/"), timeout_s=1, max_bytes=100))
    assert isinstance(answer, Fetched)
    answer.file.close()
