"""Worker processes that are started, killed, paused and ended, each with a way of its own into the mailbox."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from regservice.outbox.sending import BATCH
from tests.forked import Forked
from tests.servers import environment
from tests.storm import short_lease
from tests.storm.filled import Filled
from tests.storm.sink import Mailbox, Sink


class Worker:
    """A place for one worker process: the one that lives there now, its sink and the log of all that lived there."""

    def __init__(self, service: Filled, sink: Sink, number: int, lease_s: float, batch: int) -> None:
        self.sink = sink
        self.log = service.instance / f"worker-{number}.log"
        self._work = partial(short_lease.main, lease_s, batch)
        self.environ = environment(
            service.instance,
            service.url,
            8000,
            REGSERVICE_BASE_URL="http://events.example.org",
            REGSERVICE_REHEARSAL="1",
            REGSERVICE_MAIL_SERVER="127.0.0.1",
            REGSERVICE_MAIL_PORT=str(sink.port),
            REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
        )
        self.process: Forked | None = None

    def start(self) -> None:
        """A new process in this place."""
        with self.log.open("ab") as log:
            self.process = Forked(self._work, self.environ, stdout=log, stderr=log)

    def signal(self, number: int) -> None:
        """Send the process a signal; it must still be there."""
        assert self.process is not None
        assert self.process.poll() is None, f"the worker ended by itself: {self.log.read_text()[-2000:]}"
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """No word of farewell."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def end(self, timeout_s: float = 20) -> int:
        """Ask the process to end; its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout_s)

    def refused_marks(self) -> int:
        """How often a worker here was told that its lease is over."""
        return self.log.read_text().count(short_lease.REFUSED)


@contextmanager
def workers(
    service: Filled, mailbox: Mailbox, count: int, *, lease_s: float, batch: int = BATCH, thinking_s: float = 0
) -> Iterator[list[Worker]]:
    """Running workers; what is still alive at the end is killed."""
    with ExitStack() as stack:
        places = [
            Worker(service, stack.enter_context(Sink(mailbox, thinking_s=thinking_s)), number, lease_s, batch)
            for number in range(count)
        ]
        try:
            for place in places:
                place.start()
            yield places
        finally:
            for place in places:
                if place.process is not None and place.process.poll() is None:
                    place.process.kill()
                    place.process.wait(10)
