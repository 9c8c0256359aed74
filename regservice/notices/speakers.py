"""Those who speak or moderate are told first: whether their mail is still wanted, and who waits for it."""

from datetime import datetime, timedelta
from typing import Any

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, Format, Speaker
from regservice.formats.speakers import KIND, addresses
from regservice.notices import wanted, wording
from regservice.notices.details import decision_details
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts

NOT_SPEAKING = "the person does not speak any more"
TECHNICAL_CHECK = timedelta(minutes=30)
# Nobody waits longer for the mails to those who speak: their relay may be away, and the others must hear as well.
WAITS_AT_MOST = timedelta(minutes=10)
LOOK_AGAIN = timedelta(seconds=2)
# What the participants hear of a decision by.
AFTERWARDS = ("decision", "offer")


def reason_to_skip(message: MessageFacts, event: EventFacts, now: datetime) -> str | None:
    """None when the mail to somebody who speaks is still wanted, else the reason for the ledger."""
    over = event_rules.ends_at(event)
    if message.recipient not in addresses(event):
        return NOT_SPEAKING
    return wanted.event_says_no(message, event, now) or (
        wanted.NEWER_DECISION
        if message.payload.get("version") != event.format_version
        else wanted.TOO_LATE
        if over is not None and now >= over
        else None
    )


def told_first(message: MessageFacts, event: EventFacts, now: datetime) -> datetime | None:
    """When to ask again because somebody who speaks was not told yet; None when nobody has to wait.

    A mailbox that did not take its mail at the first try holds nobody up.
    """
    if message.kind not in AFTERWARDS or not addresses(event):
        return None
    waits = outbox.is_on_first_try(event.id, KIND, now - WAITS_AT_MOST)
    return now + LOOK_AGAIN if waits else None


def speaker_of(message: MessageFacts, event: EventFacts) -> Speaker:
    """Who is written to. Raises LookupError when they do not speak any more."""
    found = next((speaker for speaker in event.speakers if speaker.email == message.recipient), None)
    if found is None:
        raise LookupError(NOT_SPEAKING)
    return found


def speaker_details(message: MessageFacts, event: EventFacts) -> dict[str, Any]:
    """The facts for the templates, in the language being spoken."""
    technical = event.format in (Format.DIGITAL, Format.HYBRID) and event.starts_at is not None
    check_at = event.starts_at - TECHNICAL_CHECK if technical and event.starts_at else None
    return decision_details(event, message.payload) | {
        "moderates": speaker_of(message, event).moderates,
        "check_at": wording.moment(check_at, event),
    }
