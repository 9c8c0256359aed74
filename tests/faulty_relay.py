"""An SMTP relay on loopback that fails on purpose, and remembers what it got.

What fails is said by a plan: a function from the number of the message (1, 2, …, counted at MAIL) to a fault or `None`.
The message that the relay kept is in `stored`, whether or not it said so.
"""

import random
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self


class Fault(StrEnum):
    """What a relay can do wrong. A refused connection is a relay that was stopped."""

    HANG_AT_BANNER = "hangs at the banner"
    MAIL_421 = "421 at MAIL"
    RCPT_450 = "450 at RCPT"
    RCPT_550 = "550 5.1.1 at RCPT"
    DATA_554 = "554 after DATA"
    DROP_IN_DATA = "drop in the middle of DATA"
    ACCEPT_THEN_DROP = "accept, then drop before 250"
    SLOW_AFTER_DOT = "accept, then slower than the time-out"


Plan = Callable[[int], Fault | None]


def healthy(number: int) -> Fault | None:
    """Nothing fails."""
    return None


def always(fault: Fault) -> Plan:
    """Every message meets the fault."""
    return lambda number: fault


def every(count: int, fault: Fault) -> Plan:
    """Every count-th message meets the fault."""
    return lambda number: fault if number % count == 0 else None


def only(faults: dict[int, Fault]) -> Plan:
    """The messages with these numbers meet these faults."""
    return faults.get


def shuffled(seed: int, share: float, faults: tuple[Fault, ...] = tuple(Fault)) -> Plan:
    """A share of the messages meets one of the faults; the same seed gives the same plan, whoever asks when."""

    def plan(number: int) -> Fault | None:
        chance = random.Random(f"{seed}/{number}")
        return chance.choice(faults) if chance.random() < share else None

    return plan


@dataclass(frozen=True, kw_only=True)
class StoredMail:
    """A message that the relay has, with its envelope, as it was before dot-stuffing."""

    sender: str
    recipient: str
    content: bytes


class FaultyRelay:
    """The relay; a context manager. `stop()` refuses connections, `start()` listens again on the same port.

    `patience_s` is how long it stays silent at most where it hangs or is slow: longer than the client's time-out.
    """

    def __init__(self, plan: Plan = healthy, *, host: str = "127.0.0.1", port: int = 0, patience_s: float = 5) -> None:
        self.plan = plan
        self.host = host
        self.port = port
        self.patience_s = patience_s
        self.stored: list[StoredMail] = []
        self.commands: list[str] = []
        self.connections = 0
        self._numbers = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._stopping.clear()
        self._server = _Server(self, self.host, self.port)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Ends the listener and every open connection."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.end_connections()
            self._server.server_close()
            self._server = None

    def wait_until_idle(self) -> None:
        """Until nobody is connected any more and what they sent is stored, two seconds at most."""
        for _ in range(2000):
            if self._server is None or not self._server.open_connections:
                return
            time.sleep(0.001)
        raise TimeoutError("somebody is still connected to the relay")

    def next_fault(self, *, at_connection: bool) -> Fault | None:
        """The fault of the coming message; a connection that is left hanging counts as a message."""
        with self._lock:
            fault = self.plan(self._numbers + 1)
            if at_connection:
                self.connections += 1
                if fault is not Fault.HANG_AT_BANNER:
                    return None
            self._numbers += 1
            return fault

    def keep(self, mail: StoredMail) -> None:
        with self._lock:
            self.stored.append(mail)

    def stay_silent(self) -> None:
        """Until the patience is over or the relay stops."""
        self._stopping.wait(self.patience_s)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # so that closing the server waits for the last connection

    def __init__(self, relay: FaultyRelay, host: str, port: int) -> None:
        self.relay = relay
        self.open_connections: set[socket.socket] = set()
        super().__init__((host, port), _Session, bind_and_activate=False)
        # A small window, so that a long message cannot vanish into buffers before the relay hangs up.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.server_bind()
        self.server_activate()

    def end_connections(self) -> None:
        for connection in list(self.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # The other side was faster.


class _Session(socketserver.StreamRequestHandler):
    """One connection: the few commands that a sending client uses."""

    server: _Server
    connection: socket.socket

    def setup(self) -> None:
        super().setup()
        self.server.open_connections.add(self.connection)

    def finish(self) -> None:
        self.server.open_connections.discard(self.connection)
        super().finish()

    def handle(self) -> None:
        try:
            self._talk()
        except OSError:
            return  # The client hung up.

    def _talk(self) -> None:
        relay = self.server.relay
        if relay.next_fault(at_connection=True) is Fault.HANG_AT_BANNER:
            relay.stay_silent()
            return
        self._say("220 relay.example.org ESMTP")
        fault: Fault | None = None
        sender = recipient = ""
        while line := self.rfile.readline(2048):
            command = line.decode("latin-1").rstrip("\r\n")
            relay.commands.append(command)
            verb = command.split(" ")[0].upper()
            if verb == "MAIL":
                sender = _address(command)
                fault = relay.next_fault(at_connection=False)
                if fault is Fault.MAIL_421:
                    self._say("421 4.3.2 too busy, closing")
                    return
                self._say("250 2.1.0 sender ok")
            elif verb == "RCPT":
                recipient = _address(command)
                self._say(_ANSWERS_TO_RECIPIENT.get(fault, "250 2.1.5 recipient ok"))
            elif verb == "DATA":
                self._say("354 go ahead")
                if fault is Fault.DROP_IN_DATA:
                    self.rfile.read(1)
                    return
                content = self._content()
                if content is None:
                    return
                if not self._answer_content(fault, StoredMail(sender=sender, recipient=recipient, content=content)):
                    return
            elif verb == "QUIT":
                self._say("221 bye")
                return
            elif verb in {"EHLO", "HELO", "RSET", "NOOP"}:
                self._say("250 relay.example.org")
            else:
                self._say("502 5.5.1 not implemented")

    def _content(self) -> bytes | None:
        """The message up to its final dot; `None` if the client hung up before."""
        lines: list[bytes] = []
        while line := self.rfile.readline():
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return None

    def _answer_content(self, fault: Fault | None, mail: StoredMail) -> bool:
        """Whether the connection goes on."""
        if fault is Fault.DATA_554:
            self._say("554 5.6.0 message refused")
            return True
        self.server.relay.keep(mail)
        if fault is Fault.ACCEPT_THEN_DROP:
            return False
        if fault is Fault.SLOW_AFTER_DOT:
            self.server.relay.stay_silent()
        self._say("250 2.0.0 accepted")
        return True

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


_ANSWERS_TO_RECIPIENT: dict[Fault | None, str] = {
    Fault.RCPT_450: "450 4.2.0 try again later",
    Fault.RCPT_550: "550 5.1.1 no such user",
}


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]
