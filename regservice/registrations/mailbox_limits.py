"""How many links to confirm an address is sent whose owner says nothing: the form must not fill a stranger's mailbox.

What is beyond a limit waits for the next window, and counts there, so that nobody's registration is lost by it. Each
link that somebody opens and confirms with counts no more: that mailbox is no stranger's.
"""

from datetime import datetime, timedelta

from regservice.limits import service as limits
from regservice.limits.service import Limit

ADDRESS_EVENT_HOUR = Limit(name="optin-event", count=1, window=timedelta(hours=1))
ADDRESS_DAY = Limit(name="optin-address", count=3, window=timedelta(days=1))


def next_mail_at(event_id: int, key: str, now: datetime, *, before: datetime) -> datetime | None:
    """When one more mail may leave to this address; None where it can neither leave now nor `before` then.

    Part of the caller's transaction, which locked the event.
    """
    of_event = (ADDRESS_EVENT_HOUR, f"{event_id}:{key}")
    wait = limits.book(*of_event, now)
    if wait is None:
        return None
    at = now + wait
    if not wait or at < before:
        more = limits.book(ADDRESS_DAY, key, at)
        if more is not None and (at + more == now or at + more < before):
            return at + more
        if more is not None:
            limits.give_back((ADDRESS_DAY, key))
    limits.give_back(of_event)
    return None


def confirmed(event_id: int, key: str) -> None:
    """The owner of the mailbox confirmed with a link. Part of the caller's transaction, which locked the event."""
    limits.give_back((ADDRESS_EVENT_HOUR, f"{event_id}:{key}"), (ADDRESS_DAY, key))
