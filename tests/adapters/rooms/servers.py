"""Systems for rooms on loopback, which check what they are asked by the published rules and can be made to fail."""

import base64
import binascii
import hashlib
import hmac
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from regservice.clock import utc_now

SECRET = "the-shared-secret-of-the-rooms"
APP_ID = "town"
USER, PASSWORD = "technik", "app-password-4711"
Answer = tuple[int, bytes]
BBB_FAILED = b"<response><returncode>FAILED</returncode><messageKey>%s</messageKey></response>"
# 160 random bits: nobody finds such a room by trying.
NOT_GUESSABLE = re.compile(r"[0-9a-f]{40}\Z")


@dataclass(frozen=True, kw_only=True)
class Entered:
    """Somebody whom the server let into a room."""

    room: str
    name: str
    host: bool


@dataclass
class RoomServer:
    """What a server was asked, what it holds, and how it fails."""

    url: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    rooms: dict[str, dict[str, str]] = field(default_factory=dict)
    entered: list[Entered] = field(default_factory=list)
    # What time it is there; a server's own clock where a test does not say.
    now: Callable[[], float] = lambda: utc_now().timestamp()
    numbers: Iterator[int] = field(default_factory=itertools.count)
    # An answer instead of the right one.
    instead: Answer | None = None
    # How long it waits before and between the pieces of its answer.
    silent_s: float = 0.0
    drips_s: float = 0.0
    # Called after a room was made and before the answer.
    after_making: Callable[[], None] = lambda: None


def big_blue_button(server: RoomServer, method: str, target: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """Calls as docs.bigbluebutton.org says: checksum over call, query and secret; XML comes back, or a way in."""
    parts = urlsplit(target)
    call = parts.path.rpartition("/")[2]
    query, _, checksum = parts.query.rpartition("&checksum=")
    right = hashlib.sha256(f"{call}{query}{SECRET}".encode()).hexdigest()
    given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if method != "GET" or not parts.path.startswith("/bigbluebutton/api/") or checksum != right:
        return 200, BBB_FAILED % b"checksumError"
    if call == "join":
        return _joined(server, given)
    if call == "create":
        known = server.rooms.setdefault(given["meetingID"], given)
        if (known["attendeePW"], known["moderatorPW"]) != (given["attendeePW"], given["moderatorPW"]):
            return 200, BBB_FAILED % b"idNotUnique"
        server.after_making()
        return 200, b"<response><returncode>SUCCESS</returncode><meetingID>x</meetingID></response>"
    if call == "end" and server.rooms.get(given["meetingID"], {}).get("moderatorPW") == given["password"]:
        del server.rooms[given["meetingID"]]
        return 200, b"<response><returncode>SUCCESS</returncode></response>"
    return 200, BBB_FAILED % b"notFound"


def _joined(server: RoomServer, given: dict[str, str]) -> Answer:
    """`join`: a name, a meeting that runs, and a role or one of its passwords; the browser is led on to the client."""
    room = server.rooms.get(given.get("meetingID", ""))
    if not given.get("fullName"):
        return 200, BBB_FAILED % b"missingParamFullName"
    if room is None:
        return 200, BBB_FAILED % b"invalidMeetingIdentifier"
    by_password = {room["attendeePW"]: "VIEWER", room["moderatorPW"]: "MODERATOR"}
    role = given["role"] if "role" in given else by_password.get(given.get("password", ""), "")
    if role not in by_password.values():
        return 200, BBB_FAILED % (b"invalidRole" if "role" in given else b"invalidPassword")
    server.entered.append(Entered(room=given["meetingID"], name=given["fullName"], host=role == "MODERATOR"))
    return 302, f"{server.url}/html5client/join?sessionToken=s{next(server.numbers)}".encode()


def jitsi(server: RoomServer, method: str, target: str, headers: dict[str, str], _body: bytes) -> Answer:
    """A server with tokens as Prosody's plugin for them checks: signature, issuer, audience, domain, room and time."""
    parts = urlsplit(target)
    room = parts.path.removeprefix("/")
    if method != "GET" or not NOT_GUESSABLE.match(room):
        return 404, b"a name that can be guessed"
    try:
        claims = _claims_of(parse_qs(parts.query).get("jwt", [""])[0])
        host = headers["host"].rpartition(":")[0]
        refusal = _jitsi_refusal(claims, room, host, server.now())
        user = claims["context"]["user"]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        return 401, f"not-allowed: {error}".encode()
    if refusal:
        return 401, f"not-allowed: {refusal}".encode()
    server.entered.append(Entered(room=room, name=user["name"], host=user.get("moderator") is True))
    return 200, b"in the room"


def _claims_of(token: str) -> dict[str, Any]:
    head, claims, signature = token.split(".")
    if json.loads(_decoded(head))["alg"] != "HS256":
        raise ValueError("alg")
    right = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(_decoded(signature), right):
        raise ValueError("signature")
    found: dict[str, Any] = json.loads(_decoded(claims))
    return found


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _jitsi_refusal(claims: dict[str, Any], room: str, host: str, now: float) -> str | None:
    wanted = {"iss": APP_ID, "aud": "jitsi", "sub": host, "room": room}
    wrong = next((name for name, value in wanted.items() if claims[name] != value), None)
    if wrong is None and not now < claims["exp"]:
        return "exp"
    return "nbf" if wrong is None and claims.get("nbf", 0) > now else wrong


def nextcloud(server: RoomServer, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    """Conversations as nextcloud-talk.readthedocs.io says: Basic auth, OCS header, JSON."""
    proof = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    base = "/ocs/v2.php/apps/spreed/api/v4/room"
    if headers.get("authorization") != proof or headers.get("ocs-apirequest") != "true":
        return 401, b"{}"
    if method == "POST" and target == base:
        wanted = json.loads(body)
        if wanted["roomType"] != 3 or not 1 <= len(wanted["roomName"]) <= 255:
            return 400, b"{}"
        token = f"room{next(server.numbers):04}"
        server.rooms[token] = wanted
        server.after_making()
        return 201, json.dumps({"ocs": {"meta": {"statuscode": 201}, "data": {"token": token}}}).encode()
    if method == "DELETE" and server.rooms.pop(target.removeprefix(f"{base}/"), None):
        return 200, b"{}"
    return 404, b"{}"


def enter(address: str) -> tuple[int, str]:
    """What a browser finds at the address that leads into a room: the answer, or where it is led on to."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        return response.status, response.headers.get("Location") or response.read().decode()
    finally:
        connection.close()


@contextmanager
def room_server(answer: Callable[..., Answer]) -> Iterator[RoomServer]:
    """A server on loopback that answers like this."""
    state = RoomServer()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.calls.append((self.command, self.path))
            time.sleep(state.silent_s)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, content = state.instead or answer(state, self.command, self.path, headers, body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content.decode())
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            pieces = [content] if not state.drips_s else [bytes([byte]) for byte in content]
            try:
                for piece in pieces:
                    self.wfile.write(piece)
                    time.sleep(state.drips_s)
            except OSError:
                return  # Who asked has gone, which is what some tests are about.

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, *arguments: object) -> None:
            """Say nothing: what matters is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
