"""A relay that says nothing for ever, and a real worker that must stay alive."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from regservice.clock import utc_now
from regservice.db import release
from regservice.outbox import service as outbox
from regservice.registrations import desk
from regservice.wiring import Wiring
from regservice.workers import service as workers
from tests.factories import make_event, request_for
from tests.faulty_relay import Fault, FaultyRelay, always
from tests.relay.pacing import running_workers
from tests.relay.posting import application

TIME_OUT_S = 30
# Until the outcome is in the ledger and somebody has looked there.
SEEN_WITHIN_S = 1


@dataclass(frozen=True, kw_only=True)
class Hung:
    """How long the worker waited for a relay that says nothing, and how long it was silent itself meanwhile."""

    waited_s: float
    longest_silence_s: float
    reason: str

    @property
    def kept_promise(self) -> bool:
        """It gives up after its time-out, and its heart beats on."""
        in_time = self.waited_s <= TIME_OUT_S + SEEN_WITHIN_S
        return in_time and self.longest_silence_s <= 20 and "timed out" in self.reason


def hang(url: str, folder: Path) -> Hung:
    """One worker process with the usual time-out. Needs an empty, migrated database."""
    with (
        application(url, folder, Wiring()),
        FaultyRelay(always(Fault.HANG_AT_BANNER), patience_s=3 * TIME_OUT_S) as relay,
    ):
        begin = utc_now()
        event = make_event(begin, starts_at=begin + timedelta(days=30), ends_at=None)
        desk.enter(event.id, request_for("Ada"), by="test", now=begin)
        with running_workers(1, url, folder, relay):
            return _watched(relay, event.id)


def _watched(relay: FaultyRelay, event_id: int) -> Hung:
    until, connected_at, longest = time.monotonic() + 4 * TIME_OUT_S, None, 0.0
    while time.monotonic() < until:
        time.sleep(0.1)
        if connected_at is None and relay.connections:
            connected_at = time.monotonic()
        if connected_at is None:
            continue
        heard_at = workers.last_heard_at(utc_now())
        [message] = [each for each in outbox.ledger(event_id) if each.kind == "confirmed"]
        release()
        if heard_at is not None:
            longest = max(longest, (utc_now() - heard_at).total_seconds())
        if message.reason:
            return Hung(
                waited_s=round(time.monotonic() - connected_at, 1),
                longest_silence_s=round(longest, 1),
                reason=message.reason,
            )
    return Hung(waited_s=float("inf"), longest_silence_s=longest, reason="")
