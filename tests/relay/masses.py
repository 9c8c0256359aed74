"""Many messages through a relay that takes every n-th one without saying so, and a poisoned one among many."""

from dataclasses import dataclass

from regservice.outbox.models import Message
from regservice.outbox.types import MessageState
from tests.conftest import Clock
from tests.faulty_relay import Fault, FaultyRelay, every
from tests.relay.posting import Mailboxes, PlainPost, count_of, deliver_all, enqueue_many, message_ids, sender_to

# A refused address, one that cannot be written to, and words that cannot be made.
POISON: tuple[dict[str, str], ...] = (
    {"poison": "template"},
    {"recipient": "guest@example.org\r\nBcc: evil@example.com"},
    {"recipient": "no address"},
)


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """What came of messages whose every n-th was taken without an answer."""

    messages: int
    dropped: int
    lost: int
    doubled: int
    listed_uncertain: int
    doubled_but_not_listed: int
    more_than_twice: int
    # What a receiver sees who drops a Message-ID that came before (RFC 7352).
    doubled_after_duplicates: int

    @property
    def kept_promise(self) -> bool:
        """None lost; doubled are those that were dropped, and each of them is listed."""
        return (
            self.lost == self.doubled_but_not_listed == self.more_than_twice == self.doubled_after_duplicates == 0
            and self.doubled == self.dropped == self.listed_uncertain
        )


def accept_then_drop(count: int, clock: Clock, *, n: int = 10) -> Dropped:
    """Send so many; the relay keeps each n-th and hangs up. Needs an application on an empty database."""
    enqueue_many(count, clock)
    with FaultyRelay(every(n, Fault.ACCEPT_THEN_DROP)) as relay, sender_to(relay, timeout_s=10) as sender:
        deliver_all(PlainPost(sender=sender), clock)
        mailboxes = Mailboxes(relay)
    everybody, uncertain = message_ids(), message_ids(Message.uncertain)
    return Dropped(
        messages=count,
        dropped=mailboxes.ids.total() // n,  # The relay kept every message that it was given.
        lost=len(everybody - set(mailboxes.ids)),
        doubled=len(mailboxes.doubled),
        listed_uncertain=len(uncertain),
        doubled_but_not_listed=len(mailboxes.doubled - uncertain),
        more_than_twice=sum(copies > 2 for copies in mailboxes.ids.values()),
        doubled_after_duplicates=len(mailboxes.ids) - len(everybody),
    )


@dataclass(frozen=True, kw_only=True)
class Poisoned:
    """What came of messages some of which cannot be sent."""

    messages: int
    failed: int
    sent: int
    arrived: int

    @property
    def kept_promise(self) -> bool:
        """The poisoned ones failed, all others arrived once."""
        return (self.failed, self.sent, self.arrived) == (len(POISON), self.messages - len(POISON), self.sent)


def poisoned(count: int, clock: Clock) -> Poisoned:
    """Send so many, with poison at the beginning, in the middle and at the end. Needs an empty database."""
    enqueue_many(count, clock, poison=dict(zip((1, count // 2, count), POISON, strict=True)))
    with FaultyRelay() as relay, sender_to(relay, timeout_s=10) as sender:
        deliver_all(PlainPost(sender=sender), clock)
        arrived = Mailboxes(relay).ids
    return Poisoned(
        messages=count,
        failed=count_of(Message.state == MessageState.FAILED),
        sent=count_of(Message.state == MessageState.SENT),
        arrived=arrived.total() if len(arrived) == arrived.total() else -1,
    )
