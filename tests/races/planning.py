"""Several workers that plan the reminders of the same events at the same moment."""

import email
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from regservice.db import db
from regservice.notices import service as notices
from regservice.notices.kinds import PLANNED
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.faulty_relay import FaultyRelay
from tests.races.crowd import Crowd, Desk
from tests.races.seats import BEGIN, FAR, NEAR
from tests.relay.posting import PlainPost, deliver_all, sender_to

# Of people who come in person.
KINDS = ("remind_7d", "remind_1d", "thanks")
AFTER_EVERYTHING = FAR + timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """How many messages each worker made, what everybody should hear, and what they heard."""

    made: list[int]
    wanted: Counter[tuple[str, str]]
    heard: Counter[tuple[str, str]]


def everybody_plans(crowd: Crowd, *, events: int, people: int) -> Planned:
    """All processes plan the same events at the same moment; then everything is sent. Needs an empty database."""
    wanted: Counter[tuple[str, str]] = Counter()
    for number in range(events):
        event = make_event(BEGIN, capacity=None, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR)
        for person in range(people):
            address = confirm(event, f"Person {number} {person}", BEGIN).email
            wanted.update((address, kind) for kind in KINDS)
    db.session.remove()
    made = crowd.run(_plan, [(BEGIN,)] * crowd.size)
    return Planned(made=made, wanted=wanted, heard=_heard())


def _plan(_desk: Desk, now: datetime) -> int:
    return notices.plan_due(now)


def _heard() -> Counter[tuple[str, str]]:
    """The reminders that reach each address."""
    with FaultyRelay() as relay, sender_to(relay, timeout_s=10) as sender:
        deliver_all(PlainPost(sender=sender), Clock(BEGIN + AFTER_EVERYTHING))
        mails = [(mail.recipient, email.message_from_bytes(mail.content)) for mail in relay.stored]
    heard = Counter((recipient, str(mail["X-Regservice-Kind"])) for recipient, mail in mails)
    return Counter({key: count for key, count in heard.items() if key[1] in PLANNED})
