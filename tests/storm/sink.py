"""Where the mails arrive: a relay that keeps every Message-ID, in the driver's process, so that no kill reaches it."""

import re
import threading
import time

from tests.faulty_relay import Fault, FaultyRelay, StoredMail, healthy

_MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(<[^>\r\n]+>)")


class Mailbox:
    """Every message that any sink has stored, by its Message-ID."""

    def __init__(self) -> None:
        self.arrived = threading.Condition()
        self.times: dict[str, list[float]] = {}

    def put(self, sink: "Sink", content: bytes) -> None:
        """Store a message, and wake who waits for it."""
        found = _MESSAGE_ID.search(content)
        message_id = found.group(1).decode() if found else ""
        with self.arrived:
            self.times.setdefault(message_id, []).append(time.monotonic())
            sink.seen += 1
            self.arrived.notify_all()

    @property
    def copies(self) -> dict[str, int]:
        """How often each message was stored."""
        with self.arrived:
            return {message_id: len(times) for message_id, times in self.times.items()}

    def per_second(self) -> float:
        """Messages a second between the first and the last."""
        times = sorted(at for copies in self.times.values() for at in copies)
        return (len(times) - 1) / (times[-1] - times[0])


class Sink(FaultyRelay):
    """One worker's way into the mailbox. `thinking_s` is how long it takes before it hears a message and after it."""

    def __init__(self, mailbox: Mailbox, *, thinking_s: float = 0) -> None:
        super().__init__(healthy)
        self.mailbox = mailbox
        self.thinking_s = thinking_s
        self.seen = 0

    def next_fault(self, *, at_connection: bool) -> Fault | None:
        time.sleep(self.thinking_s)
        return super().next_fault(at_connection=at_connection)

    def keep(self, mail: StoredMail) -> None:
        self.mailbox.put(self, mail.content)
        time.sleep(self.thinking_s)

    def wait_for(self, more: int, timeout_s: float) -> bool:
        """Wait until this many more messages came; False when they did not."""
        with self.mailbox.arrived:
            wanted = self.seen + more
            return self.mailbox.arrived.wait_for(lambda: self.seen >= wanted, timeout_s)
