"""The kill storm: workers that are killed at random moments and started again at once."""

import random
import time
from dataclasses import dataclass

from tests.storm.filled import Filled
from tests.storm.ledger import Tally, being_sent, tally, wait_until_settled
from tests.storm.sink import Mailbox
from tests.storm.workers import Worker, workers

LEASE_S = 5
# About as long as one mail takes: the moment of the kill falls anywhere between two messages.
ONE_MAIL_S = 0.03
PATIENCE_S = 60
THINKING_S = 0.02
# Of so many kills one meets a worker that still starts.
STARTING = 10


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A storm that is over. `cut_short` are the messages that were being sent when their only worker was killed."""

    asked: int
    kills: int
    tally: Tally
    cut_short: frozenset[str]

    @property
    def kept(self) -> bool:
        """Whether the promise holds over all kills: nothing lost, at most one doubled a kill, each of those listed."""
        t = self.tally
        listed = self.cut_short <= t.listed and len(t.doubled) <= self.kills
        return self.kills == self.asked and t.kept and listed and self.settled

    @property
    def settled(self) -> bool:
        """Whether every message came to an end."""
        return not self.tally.lost

    def __str__(self) -> str:
        met = f" ({len(self.cut_short)} of them met a mail on its way)" * bool(self.cut_short)
        return f"{self.kills} kills{met}; {self.tally}"


def storm(service: Filled, *, seed: int, kills: int, count: int = 1) -> Storm:
    """Kill one of `count` workers after a random number of its mails, again and again; then let them finish."""
    chance = random.Random(seed)
    mailbox = Mailbox()
    cut_short: set[str] = set()
    done, most = 0, max(1, service.mails // kills // count)
    # While one worker starts again the others go on: with a slower relay they leave it something to do.
    with workers(service, mailbox, count, lease_s=LEASE_S, thinking_s=THINKING_S * (count - 1)) as places:
        while done < kills:
            place = chance.choice(places)
            if not _wait_for_the_moment(chance, place, most=most):
                break
            place.kill()
            done += 1
            if count == 1:
                cut_short |= being_sent()
            place.start()
        for place in places:
            place.sink.thinking_s = 0
        wait_until_settled(PATIENCE_S)
        for place in places:
            place.end()
    return Storm(asked=kills, kills=done, tally=tally(mailbox), cut_short=frozenset(cut_short))


def _wait_for_the_moment(chance: random.Random, place: Worker, *, most: int) -> bool:
    """After some mails of this process and a part of the next; of ten times once while it still starts.

    False when there is nothing left to send.
    """
    if chance.randrange(STARTING) == 0:
        place.sink.wait_for(1, chance.uniform(0, 3))
    elif not place.sink.wait_for(chance.randint(1, most), PATIENCE_S):
        return False
    time.sleep(chance.uniform(0, ONE_MAIL_S))
    return True
