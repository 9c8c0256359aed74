"""Keeping the promised day of deletion; what stays is a record of how much was deleted, without names."""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import transaction, wipe_deleted
from regservice.events import people
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.formats.speakers import EVERY_KIND as SPEAKER_KINDS
from regservice.outbox import service as outbox
from regservice.registrations import erasure


def erase_due(now: datetime) -> int:
    """Delete the people of events whose day has come, and what ended a week ago. Returns how many people.

    The file is wiped each time, because people are also deleted on their own request in between.
    """
    erased = erasure.erase_ended(now)
    for event in events.over_and_not_erased(now):
        erased_on = event_rules.erased_on(event)
        if erased_on is None or event_rules.local(now, event.timezone).date() < erased_on:
            continue
        with transaction():
            count = erasure.erase_people_of(event.id)
            people.forget_addresses(event.id)
            for kind in SPEAKER_KINDS:
                outbox.forget_messages_of(event.id, kind)
            events.mark_erased(event.id, people=count, now=now)
            audit.record("privacy.erased", f"event:{event.id}", actor="service", now=now, people=count)
            erased += count
    wipe_deleted()
    return erased
