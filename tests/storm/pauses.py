"""Workers that are stopped until their lease is over, and then go on as if nothing had happened."""

import random
import signal
import time
from dataclasses import dataclass

from tests.storm.filled import Filled
from tests.storm.ledger import Tally, tally, wait_until_settled
from tests.storm.sink import Mailbox
from tests.storm.workers import workers

LEASE_S = 0.8
PAUSE_S = 1.3
# Small, so that the other worker asks for new messages while this one is paused.
BATCH = 5
# How long the relay takes before and after each message, so that a pause often meets a message on its way.
THINKING_S = 0.03
ONE_MAIL_S = 0.1
PATIENCE_S = 60


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """Pauses that are over. `refused` counts the marks that a worker came too late for."""

    pauses: int
    refused: int
    tally: Tally

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, everything doubled is listed, and the lease was really lost at least once."""
        return self.tally.kept and self.refused > 0

    def __str__(self) -> str:
        return f"{self.pauses} pauses, {self.refused} late marks refused; {self.tally}"


def pauses(service: Filled, *, seed: int, times: int) -> Pauses:
    """Stop one of two workers past its lease, at random moments, again and again; then let both finish."""
    chance = random.Random(seed)
    mailbox = Mailbox()
    with workers(service, mailbox, 2, lease_s=LEASE_S, batch=BATCH, thinking_s=THINKING_S) as places:
        for place in places:
            assert place.sink.wait_for(1, PATIENCE_S), "a worker does not send anything"
        for _ in range(times):
            place = chance.choice(places)
            assert place.sink.wait_for(chance.randint(1, 3), PATIENCE_S), "there was nothing left to send"
            time.sleep(chance.uniform(0, ONE_MAIL_S))
            place.signal(signal.SIGSTOP)
            time.sleep(PAUSE_S)
            place.signal(signal.SIGCONT)
        for place in places:
            place.sink.thinking_s = 0
        wait_until_settled(PATIENCE_S)
        for place in places:
            place.end()
        refused = sum(place.refused_marks() for place in places)
    return Pauses(pauses=times, refused=refused, tally=tally(mailbox))
