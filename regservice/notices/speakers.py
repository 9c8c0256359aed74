"""Those who speak or moderate are told first: whether their mail is still wanted, and who waits for it."""

from datetime import datetime, timedelta
from typing import Any

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Speaker
from regservice.formats.speakers import CHANGE_KIND, KIND, addresses
from regservice.notices import wanted, wording
from regservice.notices.details import changed_details, decision_details
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts

NOT_SPEAKING = "the person does not speak any more"
TECHNICAL_CHECK = timedelta(minutes=30)
# Nobody waits longer for the mails to those who speak: their relay may be away, and the others must hear as well.
WAITS_AT_MOST = timedelta(minutes=10)
LOOK_AGAIN = timedelta(seconds=2)
# What the participants hear of a decision by.
AFTERWARDS = ("decision", "offer")
# Of a move they hear nine minutes after the edit, and the participants ten, so there is more to look back on.
AFTER_A_CHANGE = {
    "changed": 2 * WAITS_AT_MOST,
    "group": 2 * WAITS_AT_MOST,
    "new_date": WAITS_AT_MOST,
    "postponed": WAITS_AT_MOST,
    "cancelled_event": WAITS_AT_MOST,
}
_STATUS = {
    "changed": EventStatus.PUBLISHED,
    "postponed": EventStatus.POSTPONED,
    "cancelled_event": EventStatus.CANCELLED,
}
OVERTAKEN = "the event was changed again"


def reason_to_skip(message: MessageFacts, event: EventFacts, now: datetime) -> str | None:
    """None when the mail to somebody who speaks is still wanted, else the reason for the ledger."""
    over = event_rules.ends_at(event)
    if message.recipient not in addresses(event):
        return NOT_SPEAKING
    if message.kind == CHANGE_KIND:
        return _change_says_no(message, event, now)
    return wanted.event_says_no(message, event, now) or (
        wanted.NEWER_DECISION
        if message.payload.get("version") != event.format_version
        else wanted.TOO_LATE
        if over is not None and now >= over
        else None
    )


def _change_says_no(message: MessageFacts, event: EventFacts, now: datetime) -> str | None:
    what, over = message.payload["what"], event_rules.ends_at(event)
    if event.lifecycle is not _STATUS[what]:
        return OVERTAKEN
    if what == "changed" and message.payload["schedule"] != event.schedule_version:
        return OVERTAKEN
    return wanted.TOO_LATE if what == "changed" and over is not None and now >= over else None


def told_first(message: MessageFacts, event: EventFacts, now: datetime) -> datetime | None:
    """When to ask again because somebody who speaks was not told yet; None when nobody has to wait.

    A mailbox that did not take its mail at the first try holds nobody up.
    """
    if not addresses(event):
        return None
    if message.kind in AFTERWARDS:
        waits = outbox.is_on_first_try(event.id, KIND, now - WAITS_AT_MOST)
    elif message.kind in AFTER_A_CHANGE:
        waits = outbox.is_on_first_try(event.id, CHANGE_KIND, now - AFTER_A_CHANGE[message.kind])
    else:
        return None
    return now + LOOK_AGAIN if waits else None


def speaker_of(message: MessageFacts, event: EventFacts) -> Speaker:
    """Who is written to. Raises LookupError when they do not speak any more."""
    found = next((speaker for speaker in event.speakers if speaker.email == message.recipient), None)
    if found is None:
        raise LookupError(NOT_SPEAKING)
    return found


def speaker_details(message: MessageFacts, event: EventFacts, room_url: str) -> dict[str, Any]:
    """The facts for the templates, in the language being spoken."""
    if message.kind == CHANGE_KIND:
        facts = {"what": message.payload["what"], "reason": message.payload.get("reason", "")}
        changed = changed_details(event, message.payload.get("before") or {})
        return facts | changed | wording.parts_rearranged(event, message.payload.get("parts") or {})
    begins_at = event_rules.digital_begins_at(event)
    check_at = begins_at - TECHNICAL_CHECK if begins_at else None
    return decision_details(event, message.payload) | {
        "moderates": speaker_of(message, event).moderates,
        "check_at": wording.moment(check_at, event),
        "room_url": room_url,
    }
