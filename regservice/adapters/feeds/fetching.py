"""Fetching a document over https from a host that was allowed, within limits of time and size.

The standard library's client, since the connection is made here: to the address that was checked and no other, so that
a name that resolves differently a moment later leads nowhere; and ended from here when the whole takes too long.
"""

import http.client
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from regservice.adapters.feeds.addresses import Resolve, Target, is_public, resolve, target_of
from regservice.adapters.feeds.bodies import received
from regservice.adapters.feeds.deadline import Deadline, deadline
from regservice.formats.feeds.types import FeedTrouble, Fetched, NotModified, Request, Unreadable

MOST_REDIRECTS = 3
# The whole may take so many times as long as one step of it.
WHOLE = 3
REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, kw_only=True)
class HttpsFetcher:
    """Fetches from the hosts of the settings; `agent` says to them who asks.

    A test gives its own resolver and authorities, and the machines that it may reach.
    """

    allowed: tuple[str, ...]
    agent: str = "regservice"
    resolve: Resolve = resolve
    may_reach: Callable[[str], bool] = is_public
    tls_context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def hosts(self) -> tuple[str, ...]:
        """The hosts from which documents may be fetched."""
        return self.allowed

    def fetch(self, request: Request) -> Fetched | NotModified | FeedTrouble:
        """Fetch one document, following a few redirects; whatever goes wrong comes back as trouble."""
        with deadline(request.timeout_s * WHOLE) as ends:
            try:
                return self._follow(request, ends)
            except Unreadable as failure:
                trouble = FeedTrouble(code=failure.code, detail=failure.detail)
            except ssl.SSLCertVerificationError:
                trouble = FeedTrouble(code="certificate")
            except TimeoutError:
                trouble = FeedTrouble(code="timeout")
            except (OSError, http.client.HTTPException):
                trouble = FeedTrouble(code="no_answer")
            return FeedTrouble(code="timeout") if ends.is_over else trouble

    def _follow(self, request: Request, ends: Deadline) -> Fetched | NotModified:
        url = request.url
        for _ in range(MOST_REDIRECTS + 1):
            # Each step is checked like the first one.
            answer = self._ask(target_of(url, self.allowed, self.resolve, self.may_reach), request, ends)
            if not isinstance(answer, str):
                return answer
            url = _joined(url, answer)
        raise Unreadable("too_many_redirects")

    def _ask(self, target: Target, request: Request, ends: Deadline) -> Fetched | NotModified | str:
        """One request to one host; a text is the address to go on to."""
        with _connected(target, request.timeout_s) as bare:
            ends.watch(bare)
            with self.tls_context.wrap_socket(bare, server_hostname=target.host, suppress_ragged_eofs=False) as secured:
                connection = http.client.HTTPConnection(target.host, target.port)
                # Without this it would connect by itself where ours has ended, to an address that nobody checked.
                connection.auto_open = 0
                connection.sock = secured
                connection.request("GET", target.path, headers=self._headers(target, request))
                with connection.getresponse() as response:
                    return _answer(response, request)

    def _headers(self, target: Target, request: Request) -> dict[str, str]:
        headers = {
            "Host": target.host_header,
            "User-Agent": self.agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        if request.etag:
            headers["If-None-Match"] = request.etag
        if request.last_modified:
            headers["If-Modified-Since"] = request.last_modified
        return headers


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise Unreadable("bad_address") from None


def _connected(target: Target, timeout_s: float) -> socket.socket:
    """A connection to the first of the checked addresses that answers."""
    failure: OSError = OSError("no address")
    for address in target.addresses:
        try:
            return socket.create_connection((address, target.port), timeout_s)
        except OSError as error:
            failure = error
    raise failure


def _answer(response: http.client.HTTPResponse, request: Request) -> Fetched | NotModified | str:
    if response.status in REDIRECTS:
        return response.headers.get("Location") or ""
    if response.status == 304 and (request.etag or request.last_modified):
        return NotModified()
    if response.status != 200:
        raise Unreadable("http_status", str(response.status))
    return received(response, request.max_bytes)
