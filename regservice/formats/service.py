"""Use cases of formats: rule, readings and history of an event; switching and deciding have their own files."""

from dataclasses import fields, replace
from datetime import datetime
from math import isfinite
from typing import Any

from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import alerting, counting, rules, store, switching_back
from regservice.formats.decisions import decide, decide_due
from regservice.formats.effects import calls_of, enter_call, mails_of, meals_of
from regservice.formats.feeds.hours import mark_of
from regservice.formats.models import FormatRuleRow, ReadingRow
from regservice.formats.proposals import (
    decision_is_delayed,
    find_open_proposal,
    find_proposal,
    find_proposal_by_link,
    proposals_of,
    void_proposals,
)
from regservice.formats.replay import Day, replay
from regservice.formats.return_types import WayBack
from regservice.formats.switching import preview, switch
from regservice.formats.types import (
    TAKEN_HERE,
    WITH_LEVEL,
    WITH_RISE,
    Announcement,
    FormatRule,
    ProposalFacts,
    Reading,
    ReadingRefused,
    RuleMode,
    RuleRefused,
    RuleStanding,
    Switch,
    SwitchFacts,
    WatchState,
    WouldSay,
)
from regservice.kept import Kept

__all__ = [
    "add_reading",
    "announcement",
    "calls_of",
    "decide",
    "decide_due",
    "decides_nothing",
    "decision_is_delayed",
    "enter_call",
    "find_open_proposal",
    "find_proposal",
    "find_proposal_by_link",
    "find_rule",
    "find_switch",
    "history",
    "last_switch",
    "looks_at_indicator",
    "mails_of",
    "meals_of",
    "preview",
    "proposals_of",
    "readings",
    "remove_rule",
    "replay_rule",
    "rule_of",
    "save_feed",
    "save_rule",
    "switch",
    "void_proposals",
    "watch_state",
    "way_back",
    "would_say",
]

JUST_CHANGED = RuleRefused(field="", code="just_changed")

_kept: Kept[RuleStanding] = Kept("rule standings", most=200)


def find_rule(event_id: int) -> FormatRule | None:
    """The rule of an event, if it has one."""
    return store.find_rule(event_id)


def rule_of(proposal: ProposalFacts) -> FormatRule | None:
    """The rule that made a proposal, or None once another one holds."""
    rule = store.find_rule(proposal.event_id)
    return rule if rule and rule.version == proposal.rule_version else None


def save_rule(
    event_id: int, rule: FormatRule, *, by: str, now: datetime, expected_version: int | None = None
) -> FormatRule | RuleRefused:
    """Keep the rule of an event; the same rule again changes nothing, another one is read at its own decision time.

    `expected_version` is the version of the event that the person saw: whoever saves or decides makes a new one.
    """
    with transaction():
        event, current = events.lock(event_id), store.find_rule(event_id)
        if current and rules.same_rule(current, rule):
            return current
        if expected_version not in (None, event.version):
            return JUST_CHANGED
        if refused := rules.rule_refusal(rule, event):
            return refused
        if rule.decision_at <= now and not alerting.only_alerts(rule):
            return RuleRefused(field="decision_at", code="past")
        version = max(current.version if current else 0, store.newest_rule_version(event_id)) + 1
        automatic = rule.mode is RuleMode.AUTOMATIC
        saved = replace(
            rule,
            version=version,
            authorised_by=by if automatic else "",
            authorised_at=now if automatic else None,
        )
        columns = {entry.name: getattr(saved, entry.name) for entry in fields(FormatRule)}
        session().merge(FormatRuleRow(event_id=event_id, **columns))
        void_proposals(event_id, why="rule_changed", by=by, now=now)
        events.touch(event_id)
        audit.record(
            "format.rule_saved",
            f"event:{event_id}",
            actor=by,
            now=now,
            rule=rules.rule_text(saved),
            mode=saved.mode.value,
        )
        session().flush()
        return saved


def save_feed(event_id: int, feed: dict[str, Any] | None, *, by: str, now: datetime) -> FormatRule | RuleRefused:
    """Let the rule of an event read this feed from now on, or none; it is the same rule otherwise."""
    with transaction():
        events.lock(event_id)
        rule = store.find_rule(event_id)
        if rule is None:
            return RuleRefused(field="feed", code="no_rule")
        return save_rule(event_id, replace(rule, feed=feed), by=by, now=now)


def remove_rule(event_id: int, *, by: str, now: datetime, expected_version: int | None = None) -> RuleRefused | None:
    """Take the rule away as it was seen; what is open is void, and format is switched by hand only."""
    with transaction() as active:
        event, row = events.lock(event_id), active.get(FormatRuleRow, event_id)
        if row is None:
            return None
        if expected_version not in (None, event.version):
            return JUST_CHANGED
        active.delete(row)
        void_proposals(event_id, why="rule_removed", by=by, now=now)
        events.touch(event_id)
        audit.record("format.rule_removed", f"event:{event_id}", actor=by, now=now)
        return None


def add_reading(event_id: int, value: float, as_of: datetime, *, by: str, now: datetime) -> Reading | ReadingRefused:
    """Keep a reading entered by hand; a correction is another reading for the same time. `as_of` is an instant."""
    if not isfinite(value):
        return ReadingRefused(code="not_a_number")
    if value < 0:
        return ReadingRefused(code="negative")
    if as_of > now and not current_settings().rehearsal:
        return ReadingRefused(code="future")
    with transaction():
        row = ReadingRow(event_id=event_id, value=value, as_of=as_of, fetched_at=now, source="hand", entered_by=by)
        session().add(row)
        session().flush()
        audit.record("format.reading_added", f"event:{event_id}", actor=by, now=now, reading=row.id)
        return row.facts()


def readings(event_id: int) -> list[Reading]:
    """All readings of an event and its hours by the time they were true at, corrected ones included."""
    return store.readings(event_id, mark_of(events.get(event_id)))


def announcement(event: EventFacts, now: datetime) -> Announcement | None:
    """What the public page says about the decision between on site and digital."""
    return rules.announcement(event, _standing(event), now)


def decides_nothing(event: EventFacts, now: datetime) -> str | None:
    """Why the rule of an event needs another decision time, as a code for the page; None where all is well."""
    return rules.decides_nothing(event, _standing(event), now)


def _standing(event: EventFacts) -> RuleStanding:
    # A new rule, proposal or decision makes a new version of the event, since its page changes with it; what else is
    # written down of a proposal no page shows.
    return _kept.get((event.id, event.version), lambda: store.find_standing(event.id, event.format_version))


def watch_state(event_id: int, now: datetime) -> WatchState:
    """The light that organisers see; calm without a rule."""
    rule = store.find_rule(event_id)
    if rule is None:
        return WatchState.CALM
    event = events.get(event_id)
    known = [counting.count(event, rule, now)] if rule.kind in TAKEN_HERE else readings(event_id)
    return rules.watch(rule, known, now, event.timezone)


def looks_at_indicator(rule: FormatRule) -> bool:
    """Whether the rule needs readings."""
    return rule.kind in (*WITH_LEVEL, *WITH_RISE)


def replay_rule(event_id: int, rule: FormatRule, now: datetime) -> list[Day]:
    """What this rule would have done over the readings that there are; nothing for one that needs none."""
    if not looks_at_indicator(rule):
        return []
    return replay(rule, readings(event_id), now, events.get(event_id).timezone)


def would_say(event_id: int, rule: FormatRule, now: datetime) -> WouldSay:
    """What a rule that needs no readings would say now, with how many people it counts."""
    counted = [counting.count(events.get(event_id), rule, now)] if rule.kind in TAKEN_HERE else []
    answer = rules.decide(rule, counted, now)
    return WouldSay(met=isinstance(answer, Switch), people=int(counted[0].value) if counted else 0)


def history(event_id: int) -> list[SwitchFacts]:
    """Every switch of an event, the newest first."""
    return store.switches(event_id)


def way_back(event: EventFacts, now: datetime) -> WayBack | None:
    """Until when an event can go back on site, or why it cannot; None where no switch led away from the place."""
    return switching_back.outlook(event, store.switches(event.id), store.find_rule(event.id), now)


def find_switch(event_id: int, version: int) -> SwitchFacts | None:
    """The switch that made this format version of an event."""
    return store.find_switch(event_id, version)


def last_switch(event: EventFacts) -> SwitchFacts | None:
    """The switch that made the format which holds now; None before the first."""
    return _standing(event).last_switch if event.format_version > 1 else None
