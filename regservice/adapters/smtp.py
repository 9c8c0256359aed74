"""An SMTP client that knows how far a message got."""

import re
import smtplib
import socket
from enum import IntEnum

_LINE_START_DOT = re.compile(rb"(?m)^\.")


class Progress(IntEnum):
    """How far the last message got: before its final dot no relay may keep it, after it each one may."""

    NOT_COMPLETE = 0
    DOT_WRITTEN = 1
    ACCEPTED = 2


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

    def _wait(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


class RecordingSMTPS(RecordingSMTP, smtplib.SMTP_SSL):
    """The same with TLS from the first byte on."""
