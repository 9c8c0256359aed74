"""An SMTP client that knows how far a message got, and signs in with any password."""

import re
import smtplib
import socket
from collections.abc import Callable
from enum import IntEnum

_LINE_START_DOT = re.compile(rb"(?m)^\.")


class Progress(IntEnum):
    """How far the last message got: before its final dot no relay may keep it, after it each one may."""

    NOT_COMPLETE = 0
    DOT_WRITTEN = 1
    ACCEPTED = 2


class _InUtf8(str):
    """Text that is written in UTF-8 whatever encoding smtplib asks for; the same as ASCII for what that can write."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("utf-8", errors)


class RecordingSMTP(smtplib.SMTP):
    """`smtplib.SMTP` that writes down its progress and waits longer for the answer to a whole message.

    RFC 5321, 4.5.3.2.6: a relay may take ten minutes after the final dot; giving up earlier makes double mails.
    """

    progress = Progress.NOT_COMPLETE
    answer_timeout_s: float = 600

    def data(self, msg: object) -> tuple[int, bytes]:
        """DATA as in smtplib, with the final dot as a step of its own."""
        if not isinstance(msg, bytes):
            raise TypeError("A message goes out as bytes.")
        self.progress = Progress.NOT_COMPLETE
        self.putcmd("data")
        code, answer = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        if self.sock is not None:
            # The dot is a small write after a large one: it must not wait until the relay acknowledges the first.
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(_LINE_START_DOT.sub(b"..", msg if msg.endswith(b"\r\n") else msg + b"\r\n"))
        # Set before writing: whether a failing write got the dot out cannot be known.
        self.progress = Progress.DOT_WRITTEN
        self._wait(self.answer_timeout_s)
        self.send(b".\r\n")
        code, answer = self.getreply()
        self._wait(self.timeout)
        if code == 250:
            self.progress = Progress.ACCEPTED
        return code, answer

    def login(self, user: str, password: str, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        """Sign in with name and password in UTF-8 (RFC 4954, 4; RFC 4616, 2), where smtplib knows only ASCII."""
        return super().login(_InUtf8(user), _InUtf8(password), initial_response_ok=initial_response_ok)

    def auth(
        self, mechanism: str, authobject: Callable[..., str | None], *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """One way of signing in; what it answers to the relay goes out in UTF-8, too."""

        def answer(challenge: bytes | None = None) -> str | None:
            said = authobject(challenge)
            return None if said is None else _InUtf8(said)

        return super().auth(mechanism, answer, initial_response_ok=initial_response_ok)  # type: ignore[arg-type]

    def _wait(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


class RecordingSMTPS(RecordingSMTP, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""
