"""Not more mails a minute than the relay takes."""

import time
from collections.abc import Callable

from regservice.adapters.mail import RelaySender
from regservice.notices.types import Letter
from regservice.outbox.delivery import Outcome


class PacedSender:
    """Hands letters to a sender at even distances; each worker process keeps its own pace."""

    def __init__(
        self,
        sender: RelaySender,
        per_minute: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sender = sender
        self._distance_s = 60 / per_minute
        self._monotonic = monotonic
        self._sleep = sleep
        self._next_at = monotonic()

    def send(self, letter: Letter) -> Outcome:
        """Wait for the next free moment, then hand over."""
        wait_s = self._next_at - self._monotonic()
        if wait_s > 0:
            self._sleep(wait_s)
        self._next_at = self._monotonic() + self._distance_s
        return self._sender.send(letter)

    def close(self) -> None:
        """Let go of the connection."""
        self._sender.close()
