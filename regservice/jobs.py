"""The table of jobs: each asks what is due and does it; a second run finds nothing left to do."""

from collections.abc import Callable
from dataclasses import dataclass

from regservice.audit import service as audit
from regservice.events import closing
from regservice.formats import service as formats
from regservice.formats.feeds import service as feeds
from regservice.limits import service as limits
from regservice.notices import service as notices
from regservice.notices.delivery import LetterPost
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.privacy import service as privacy
from regservice.registrations import keeping, waiting_list
from regservice.registrations import service as registrations
from regservice.wiring import Wiring


@dataclass(frozen=True, kw_only=True)
class Job:
    """One line of the table; `run` returns how much it did."""

    name: str
    every_s: float
    run: Callable[[Wiring], int]


# A run ends after this many batches; the next one goes on a second later.
MOST_BATCHES = 1000


def deliver(wiring: Wiring) -> int:
    """Send everything that is due, batch by batch; without a relay keep it where the organiser can read it."""
    if wiring.sender is None:
        return outbox.hold(wiring.now())
    post, sent = LetterPost(hand_over=wiring.sender.send), 0
    for _ in range(MOST_BATCHES):
        delivered = sending.deliver(post, wiring.now, pace=wiring.pace)
        sent += delivered.sent
        if not delivered.more:
            break
    return sent


# In the order of a tick: what ends, what is decided, what is planned from it, what is sent, what is tidied up.
JOBS = (
    Job(name="recover", every_s=15, run=lambda wiring: sending.recover(wiring.now())),
    Job(name="renew_links", every_s=3600, run=lambda _: registrations.renew_links()),
    Job(name="expire", every_s=15, run=lambda wiring: waiting_list.expire_due(wiring.now())),
    Job(name="give_on_places", every_s=15, run=lambda wiring: keeping.end_due(wiring.now())),
    Job(name="poll_feeds", every_s=30, run=lambda wiring: feeds.poll_due(wiring.feeds, wiring.now)),
    Job(name="decide", every_s=15, run=lambda wiring: formats.decide_due(wiring.now())),
    Job(name="tell_of_feeds", every_s=60, run=lambda wiring: feeds.tell_of_trouble(wiring.feeds, wiring.now())),
    Job(name="give_up_rooms", every_s=60, run=lambda wiring: closing.give_up_over(wiring.now())),
    Job(name="close_rooms", every_s=15, run=lambda wiring: closing.close_due(wiring.rooms, wiring.now())),
    Job(name="plan", every_s=15, run=lambda wiring: notices.plan_due(wiring.now())),
    Job(name="deliver", every_s=1, run=deliver),
    Job(name="erase", every_s=3600, run=lambda wiring: privacy.erase_due(wiring.now())),
    Job(name="seal", every_s=60, run=lambda _: audit.seal()),
    Job(name="forget_counts", every_s=3600, run=lambda wiring: limits.forget_old(wiring.now())),
)
