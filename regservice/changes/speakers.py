"""Those who speak or moderate hear before the participants that an event is moved, postponed or cancelled."""

from datetime import datetime, timedelta
from typing import Any

from regservice.changes import rules
from regservice.events.types import EventFacts
from regservice.formats.speakers import CHANGE_KIND, addresses, mail
from regservice.outbox import service as outbox
from regservice.registrations import own_programme

# Their mail about a new time leaves so long before the participants' mail.
AHEAD = timedelta(minutes=1)


def tell_of_calling_off(event: EventFacts, kind: str, reason: str, now: datetime) -> int:
    """Say at once that the event is postponed or cancelled. Part of the caller's transaction. Returns to how many."""
    outbox.skip_for_event(event.id, f"the event was {event.lifecycle.value}", kinds=(CHANGE_KIND,))
    payloads = {address: {"what": kind, "reason": reason} for address in addresses(event)}
    return _mail(event, payloads, due_at=now, now=now)


def tell_of_new_date(event: EventFacts, now: datetime) -> None:
    """Say at once that a postponed event has a date again. Part of the caller's transaction."""
    outbox.skip_for_event(event.id, "the event was taken up again", kinds=(CHANGE_KIND,))
    known = rules.without_date(rules.schedule(event))
    _mail(event, {address: {"what": "changed", "before": known} for address in addresses(event)}, due_at=now, now=now)


def tell_of_change(before: EventFacts, after: EventFacts, now: datetime) -> int:
    """Say the new time or place of the event or of its parts; several changes in ten minutes are one mail.

    Part of the caller's transaction. Returns to how many. Nothing says who speaks in which part, so all of them hear.
    """
    unsent = {message.recipient: message.payload for message in outbox.unsent_for_event(after.id, (CHANGE_KIND,))}
    outbox.skip_for_event(after.id, "a later change is told with it", kinds=(CHANGE_KIND,))
    schedule, parts = rules.schedule(after), own_programme.whole_programme(after)
    payloads: dict[str, dict[str, Any]] = {}
    for address in addresses(after):
        known = {"before": rules.schedule(before), "parts": own_programme.whole_programme(before)}
        known |= unsent.get(address, {})
        if known["before"] != schedule or own_programme.rearranged(known["parts"], parts):
            payloads[address] = {"what": "changed", "before": known["before"], "parts": known["parts"]}
    return _mail(after, payloads, due_at=now + rules.MERGE - AHEAD, now=now)


def _mail(event: EventFacts, payloads: dict[str, dict[str, Any]], *, due_at: datetime, now: datetime) -> int:
    of_schedule = {address: payload | {"schedule": event.schedule_version} for address, payload in payloads.items()}
    mail(event, CHANGE_KIND, str(event.version), of_schedule, due_at=due_at, now=now)
    return len(payloads)
