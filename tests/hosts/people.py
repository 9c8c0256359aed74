"""People on a host of their own: `python -m tests.hosts.people BASE SLUG RELAY_FILE JOURNAL`; until SIGTERM."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.hosts.relay import Noted
from tests.outages.citizens import Citizens, Entry, Journal, ask


def main(base: str, slug: str, relay_file: str, journal_file: str) -> None:
    """They register and confirm, and one looks at `/readyz` all the time."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while ask(base, "GET", "/healthz").status != 200 and not ended.wait(0.1):
        pass  # The web server is starting.
    noted, journal = Noted(Path(relay_file)), Journal(Path(journal_file))

    def links() -> Iterator[tuple[str, str]]:
        yield from ((mail.recipient, mail.confirm) for mail in noted.mails() if mail.confirm)

    with Citizens(base, slug, journal, links, registering=3, confirming=2, pause_s=0.3).at_work():
        while not ended.wait(0.3):
            at = time.monotonic()
            status = ask(base, "GET", "/readyz").status
            seconds = time.monotonic() - at
            journal.write(Entry(at=at, seconds=seconds, action="readyz", address="", status=status))


if __name__ == "__main__":
    main(*sys.argv[1:])
