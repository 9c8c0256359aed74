"""Systems for rooms on loopback, which check what they are asked by the published rules and can be made to fail."""

import base64
import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET = "the-shared-secret-of-the-rooms"
USER, PASSWORD = "technik", "app-password-4711"
Answer = tuple[int, bytes]


@dataclass
class RoomServer:
    """What a server was asked, what it holds, and how it fails."""

    url: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    rooms: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    # An answer instead of the right one.
    instead: Answer | None = None
    # How long it waits before and between the pieces of its answer.
    silent_s: float = 0.0
    drips_s: float = 0.0
    # Called after a room was made and before the answer.
    after_making: Callable[[], None] = lambda: None


def big_blue_button(server: RoomServer, method: str, target: str, _headers: dict[str, str], _body: bytes) -> Answer:
    """`create` and `end` as docs.bigbluebutton.org says: checksum over call, query and secret; XML comes back."""
    parts = urlsplit(target)
    call = parts.path.rpartition("/")[2]
    query, _, checksum = parts.query.rpartition("&checksum=")
    right = hashlib.sha256(f"{call}{query}{SECRET}".encode()).hexdigest()
    given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if method != "GET" or not parts.path.startswith("/bigbluebutton/api/") or checksum != right:
        return 200, b"<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>"
    if call == "create":
        known = server.rooms.setdefault(given["meetingID"], given)
        if (known["attendeePW"], known["moderatorPW"]) != (given["attendeePW"], given["moderatorPW"]):
            return 200, b"<response><returncode>FAILED</returncode><messageKey>idNotUnique</messageKey></response>"
        server.after_making()
        return 200, b"<response><returncode>SUCCESS</returncode><meetingID>x</meetingID></response>"
    if call == "end" and server.rooms.get(given["meetingID"], {}).get("moderatorPW") == given["password"]:
        del server.rooms[given["meetingID"]]
        return 200, b"<response><returncode>SUCCESS</returncode></response>"
    return 200, b"<response><returncode>FAILED</returncode><messageKey>notFound</messageKey></response>"


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
