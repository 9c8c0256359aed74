"""A feed's address never leads inside: not by its spelling, not by what its name resolves to, not by a redirect."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from regservice.adapters.feeds.addresses import is_public, resolve
from regservice.adapters.feeds.fetching import HttpsFetcher
from regservice.formats.feeds.types import FeedTrouble, Fetched, Request
from tests.feed_server import HOST, Canary, FeedServer, client_context, feed_server, fetcher


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    listening = Canary()
    yield listening
    assert listening.hits == 0
    listening.close()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as running:
        yield running


def code_of(answer: object) -> str:
    if isinstance(answer, Fetched):
        answer.file.close()
        return "fetched"
    assert isinstance(answer, FeedTrouble), answer
    return answer.code


def request(url: str) -> Request:
    return Request(url=url, timeout_s=2, max_bytes=1000)


# What people wrote in place of 127.0.0.1 and its like; the system's resolver understands most of it.
SPELLINGS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fec0::1]",
    "[ff02::1]",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_leads_inside(canary: Canary, host: str):
    port = canary.port
    bare = host.strip("[]").rstrip(".").lower()
    asking = HttpsFetcher(allowed=(f"{bare}:{port}", bare), tls_context=client_context())
    for url in (f"https://{host}:{port}/", f"https://{host}/"):
        assert code_of(asking.fetch(request(url))) in {"private_address", "host_unknown"}


# What a name may resolve to.
INSIDE = ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "fe80::1%eth0", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"]


@pytest.mark.parametrize("address", INSIDE)
def test_no_name_leads_inside(canary: Canary, address: str):
    name = f"{HOST}:{canary.port}"
    for addresses in ([address], ["93.184.215.14", address], [address, "93.184.215.14"]):
        asking = HttpsFetcher(allowed=(name,), resolve=lambda host, port, found=addresses: found)
        assert code_of(asking.fetch(request(f"https://{name}/"))) == "private_address"


@pytest.mark.parametrize("host", [*SPELLINGS, HOST])
def test_no_redirect_leads_inside(canary: Canary, server: FeedServer, host: str):
    bare = host.strip("[]").rstrip(".").lower()
    allowed = (server.name, f"{bare}:{canary.port}")
    server.answers["/"] = lambda handler: handler.send(b"", 302, Location=f"https://{host}:{canary.port}/")
    # The first name is the server of this test; the second resolves as the system says, or inside.
    asking = fetcher(*allowed, resolve=lambda name, port: ["127.0.0.1"] if name == HOST else resolve(name, port))
    asking = replace(asking, may_reach=_only_first(server))
    assert code_of(asking.fetch(request(server.url("/")))) in {"private_address", "host_unknown"}


def _only_first(server: FeedServer):
    """Lets the request through to the server of the test, and judges every later step as in earnest."""
    seen: list[str] = []

    def may_reach(address: str) -> bool:
        seen.append(address)
        return len(seen) == 1 or is_public(address)

    return may_reach


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://feeds.example.org/", "not_https"),
        ("ftp://feeds.example.org/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://feeds.example.org/", "not_https"),
        ("//feeds.example.org/", "not_https"),
        ("feeds.example.org", "not_https"),
        ("", "not_https"),
        ("https:///", "bad_address"),
        ("https://", "bad_address"),
        ("https://feeds.example.org@127.0.0.1/", "bad_address"),
        ("https://user:word@feeds.example.org/", "bad_address"),
        ("https://127.0.0.1\\@feeds.example.org/", "bad_address"),
        ("https://feeds.example.org%2e127.0.0.1/", "bad_address"),
        ("https://feeds.example.org%00.127.0.0.1/", "bad_address"),
        ("https://feeds.example.org:0/", "bad_address"),
        ("https://feeds.example.org:99999/", "bad_address"),
        ("https://feeds.example.org:x/", "bad_address"),
        ("https://[::1/", "bad_address"),
        ("https://①②⑦.⓪.⓪.①/", "bad_address"),
        ("https://feeds.example.org/ HTTP/1.1\r\nX: y", "bad_address"),
        ("https://feeds.example.org/\tx", "bad_address"),
        ("https://feeds.example.org/" + "x" * 2000, "bad_address"),
        ("https://feeds.example.org:8443/", "host_not_allowed"),
        ("https://other.example.org/", "host_not_allowed"),
        ("https://feeds.example.org.evil.example/", "host_not_allowed"),
        ("https://evilfeeds.example.org/", "host_not_allowed"),
        ("https://example.org/", "host_not_allowed"),
    ],
)
def test_addresses_that_are_never_asked(url: str, code: str):
    asked = []
    asking = fetcher(HOST, resolve=lambda host, port: asked.append(host) or ["127.0.0.1"])
    assert code_of(asking.fetch(request(url))) == code
    assert asked == []


@pytest.mark.parametrize(
    "location",
    [
        "http://feeds.example.org/",
        "https://other.example.org/",
        "//other.example.org/",
        "https://feeds.example.org@other.example.org/",
        "file:///etc/passwd",
        "https://[::1",
        "javascript:alert(1)",
        "https://feeds.example.org:1/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(server: FeedServer, location: str):
    server.answers["/"] = lambda handler: handler.send(b"", 301, Location=location)
    assert code_of(fetcher(server.name).fetch(request(server.url("/")))) in {
        "not_https",
        "host_not_allowed",
        "bad_address",
    }
    assert len(server.asked) == 1


def test_the_connection_goes_to_the_address_that_was_checked(server: FeedServer):
    """A name that resolves to something else a moment later is not asked again between the check and the connection."""
    server.serve("/", b"x")
    answers = iter([["127.0.0.1"], ["127.0.0.66"]])
    asking = fetcher(server.name, resolve=lambda host, port: next(answers))
    assert code_of(asking.fetch(request(server.url("/")))) == "fetched"
    assert next(answers) == ["127.0.0.66"]


def test_public_addresses_are_public():
    for address in ("93.184.215.14", "185.199.108.133", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1"):
        assert is_public(address)
    assert not is_public("no address")


def test_the_corpus_is_understood_by_the_system():
    """Else it would show nothing: these spellings do lead to loopback where nobody checks."""
    for spelling in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1"):
        assert resolve(spelling, 443) == ["127.0.0.1"]
    reached = Canary()
    socket.create_connection(("0x7f.1", reached.port), 1).close()
    while not reached.hits:
        time.sleep(0.01)
    reached.close()
