"""The relay as a process of its own: `python -m tests.hosts.relay HOST PORT FILE`; one line of JSON a mail it took."""

import json
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from email import message_from_bytes
from pathlib import Path

from tests.faulty_relay import FaultyRelay, StoredMail
from tests.outages.service import confirm_link


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A mail that the relay took; `at` on the machine's monotonic clock."""

    at: float
    message_id: str
    recipient: str
    confirm: str


class NotingRelay(FaultyRelay):
    """Writes down what it takes before it says so."""

    def __init__(self, host: str, port: int, path: Path) -> None:
        super().__init__(host=host, port=port)
        self._path = path
        self._noting = threading.Lock()

    def keep(self, mail: StoredMail) -> None:
        message_id = str(message_from_bytes(mail.content)["Message-ID"])
        taken = Taken(
            at=time.monotonic(), message_id=message_id, recipient=mail.recipient, confirm=confirm_link(mail.content)
        )
        with self._noting, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(taken)) + "\n")


class Noted:
    """What the relay has noted so far, read piece by piece."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._mails: list[Taken] = []
        self._lock = threading.Lock()

    def mails(self) -> list[Taken]:
        """Every mail that was taken until now."""
        with self._lock:
            if self._path.exists():
                with self._path.open(encoding="utf-8") as file:
                    file.seek(self._read)
                    while (line := file.readline()).endswith("\n"):
                        self._read += len(line.encode())
                        self._mails.append(Taken(**json.loads(line)))
            return list(self._mails)


def main(host: str, port: str, path: str) -> None:
    """Until SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with NotingRelay(host, int(port), Path(path)):
        ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
