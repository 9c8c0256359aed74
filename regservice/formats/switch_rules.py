"""Whether and where an event can be switched at a moment, whoever decides it, and when people hear of it: PURE."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from regservice.events import rules as event_rules
from regservice.events.daytime import next_daytime
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats.types import SWITCHABLE, Trigger

ASK_AGAIN_AFTER = timedelta(hours=24)
NIGHT_COUNTS_UNTIL = timedelta(hours=24)


def is_off(event: EventFacts, now: datetime) -> str | None:
    """Why nothing about this event can be decided any more, or None."""
    if event.lifecycle is not EventStatus.PUBLISHED:
        return event.lifecycle.value
    status = event_rules.status(event, now)
    if status is EventStatus.HELD:
        return "held"
    return "started" if event_rules.has_started(event, now) else None


def reachable(event: EventFacts, now: datetime) -> tuple[Format, ...]:
    """Where people can be sent by hand at this moment: while the event runs nobody is called to its place any more."""
    if event_rules.is_running(event, now):
        return tuple(format for format in SWITCHABLE if format is not Format.ONSITE)
    return SWITCHABLE


def targets_of(event: EventFacts, to: Format | Mapping[int, Format]) -> Mapping[int, Format]:
    """The sessions that a switch is about, by their ids: those named, or with one format for the event all of them."""
    return event_rules.whole(event, to) if isinstance(to, Format) else to


def named_targets(event: EventFacts, to: Format, sessions: Sequence[Any]) -> dict[int, Format]:
    """The sessions that are named by title or position, by their ids; one that there is not has the id 0.

    A session goes to the format that stands with it, else to `to`.
    """
    targets = {}
    for named in sessions:
        name, format = (named["session"], named.get("format", to)) if isinstance(named, Mapping) else (named, to)
        targets[event_rules.session_named(event, name)] = Format(format)
    return targets


def changed_by(event: EventFacts, targets: Mapping[int, Format]) -> dict[int, Format]:
    """Those of the targets whose session has another format so far."""
    now = {part.id: part.format for part in event.sessions}
    return {identity: to for identity, to in targets.items() if now.get(identity) is not to}


def switch_refusal(
    event: EventFacts,
    targets: Mapping[int, Format],
    join_url: str | None,
    now: datetime,
    *,
    trigger: Trigger = Trigger.HAND,
    reason: str = "",
) -> str | None:
    """Why this switch is impossible whatever the numbers say, or None. Seats are for the registrations to say.

    While the event runs, it takes an emergency with its reason.
    """
    if not set(targets.values()) <= set(SWITCHABLE):
        return "unknown_format"
    if not targets or not targets.keys() <= {part.id for part in event.sessions}:
        return "unknown_session"
    if join_url and not event_rules.is_web_address(join_url):
        return "bad_join_url"
    if event.lifecycle is EventStatus.DRAFT:
        return None
    off = is_off(event, now)
    if off == "started" and trigger is Trigger.EMERGENCY:
        off = _refusal_while_running(event, targets, reason, now)
    if off:
        return off
    if set(targets.values()) != {Format.ONSITE} and not (join_url or event.has_room):
        return "no_join_url"
    return None


def _refusal_while_running(event: EventFacts, targets: Mapping[int, Format], reason: str, now: datetime) -> str | None:
    if not set(targets.values()) <= set(reachable(event, now)):
        return "not_back_on_site"
    return None if reason.strip() else "reason_missing"


def mails_leave_at(event: EventFacts, now: datetime) -> datetime:
    """When mails leave that nobody pressed a button for: by day, unless the event is less than a day away."""
    if event.starts_at is not None and event.starts_at - now < NIGHT_COUNTS_UNTIL:
        return now
    return next_daytime(now, event.timezone)


def brings_back(before: EventFacts, after: EventFacts) -> bool:
    """Whether a switch opens the place on site again to people who left because there was none."""
    return before.format is Format.DIGITAL and after.format is not Format.DIGITAL


def asks_again_at(event: EventFacts, mails_at: datetime) -> datetime | None:
    """When people who were moved to digital and have not answered are asked once more: a day later, by day.

    None when the event has begun by then.
    """
    at = next_daytime(mails_at + ASK_AGAIN_AFTER, event.timezone)
    return at if event.starts_at is not None and at < event.starts_at else None
