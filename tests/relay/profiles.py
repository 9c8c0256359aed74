"""The nine ways in which a relay fails, and what the ledger must say about each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from regservice.adapters.mail import RelaySender
from regservice.jobs import deliver
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome
from regservice.outbox.types import MessageFacts, MessageState
from regservice.wiring import Wiring
from tests.conftest import START, Clock
from tests.faulty_relay import Fault, FaultyRelay, always, healthy
from tests.relay.posting import sender_to

WAITING, FAILED, UNCERTAIN = MessageState.WAITING, MessageState.FAILED, MessageState.UNCERTAIN
MINUTE = timedelta(minutes=1)
# Long enough that the relay is gone before the final dot can be written.
LONG_TEXT = "Zeile mit Text, die lang genug ist\n" * 150_000


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A fault (None: nobody listens) and what becomes of a message that meets it each time."""

    name: str
    fault: Fault | None
    state: MessageState
    # How often the relay has the message although it never said so.
    stored: int = 0
    concerns_all: bool = False
    ends_the_address: bool = False


PROFILES = (
    Profile(name="connection refused", fault=None, state=WAITING, concerns_all=True),
    Profile(name="421 at MAIL", fault=Fault.MAIL_421, state=WAITING, concerns_all=True),
    Profile(name="450 at RCPT", fault=Fault.RCPT_450, state=WAITING),
    Profile(name="550 5.1.1 at RCPT", fault=Fault.RCPT_550, state=FAILED, ends_the_address=True),
    Profile(name="554 after DATA", fault=Fault.DATA_554, state=FAILED),
    Profile(name="drop in the middle of DATA", fault=Fault.DROP_IN_DATA, state=WAITING),
    Profile(name="accept, then drop before 250", fault=Fault.ACCEPT_THEN_DROP, state=UNCERTAIN, stored=1),
    Profile(name="slower than the time-out", fault=Fault.SLOW_AFTER_DOT, state=UNCERTAIN, stored=1),
    Profile(name="hangs at the banner", fault=Fault.HANG_AT_BANNER, state=WAITING, concerns_all=True),
)


def planned_tries(hours: float) -> list[int]:
    """The minutes of the tries of one message that never gets through: 0, 1, 6, 21, then every 60."""
    return [minute for minute in (0, 1, 6, *range(21, 72 * 60 + 1, 60)) if minute <= hours * 60]


class LongLetters:
    """Hands on letters that do not fit into the buffers between two hosts."""

    def __init__(self, sender: RelaySender) -> None:
        self._sender = sender

    def send(self, letter: Letter) -> Outcome:
        return self._sender.send(replace(letter, text=letter.text + LONG_TEXT))

    def close(self) -> None:
        self._sender.close()


@contextmanager
def relay_with(profile: Profile, wiring: Wiring) -> Iterator[FaultyRelay]:
    """A relay with this fault, and the service's sender to it."""
    long = profile.fault is Fault.DROP_IN_DATA
    with FaultyRelay() as relay, sender_to(relay, timeout_s=5 if long else 0.3) as sender:
        wiring.sender = LongLetters(sender) if long else sender
        break_down(relay, profile)
        yield relay


def break_down(relay: FaultyRelay, profile: Profile) -> None:
    """From now on every message meets the fault."""
    if profile.fault is None:
        relay.stop()
    else:
        relay.plan = always(profile.fault)


def heal(relay: FaultyRelay, profile: Profile) -> None:
    """From now on the relay takes everything."""
    relay.plan = healthy
    if profile.fault is None:
        relay.start()


def tries_until_the_end(wiring: Wiring, clock: Clock, registration_id: int, hours: float) -> list[int]:
    """Let the clock run to each next try that the ledger shows, for so long; the minutes at which one was made.

    A second before nothing may be tried.
    """
    tries: list[int] = []
    while (message := last_of(registration_id)).state is WAITING:
        if message.next_attempt_at > START + timedelta(hours=hours):
            break
        clock.set(message.next_attempt_at - timedelta(seconds=1))
        deliver(wiring)
        assert last_of(registration_id).attempts == message.attempts
        clock.set(message.next_attempt_at)
        deliver(wiring)
        assert last_of(registration_id).attempts == message.attempts + 1
        tries.append(int((clock() - START) / MINUTE))
    return tries


def last_of(registration_id: int) -> MessageFacts:
    """The message about a person that was made last."""
    return max(outbox.ledger_for_registration(registration_id), key=lambda message: message.id)
