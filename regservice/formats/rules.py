"""When an event goes digital: decided from a rule, readings and the time, nothing else.

Numbers are compared as decimals, so that a rise from 300 to 330 is 10 % and not a little less.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from operator import attrgetter
from zoneinfo import ZoneInfo

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import alerting, switch_rules
from regservice.formats.feeds import state
from regservice.formats.feeds.types import FeedState
from regservice.formats.types import (
    COUNTING,
    WITH_LEVEL,
    WITH_RISE,
    Announcement,
    Decision,
    FormatQuestion,
    FormatRule,
    Outcome,
    ProposalFacts,
    ProposalState,
    Reading,
    RuleKind,
    RuleMode,
    RuleRefused,
    RuleStanding,
    Stage,
    Stay,
    Switch,
    SwitchFacts,
    Undecided,
    WatchState,
)

# The hour in which a person can still stop what an automatic rule decided.
VETO = timedelta(minutes=60)
REMIND_AFTER = timedelta(hours=5)
DELAYED_AFTER = timedelta(hours=8)
# From now on people who come no longer read what is written to them.
ON_THE_WAY = timedelta(hours=2)
READINGS_TO_TRIGGER = 2
CLEAR_BELOW = Decimal("0.8")
CLEAR_DAYS = 7
MOST_PEOPLE = 100_000


def decide(
    rule: FormatRule, readings: Sequence[Reading], now: datetime, timezone: str = "UTC", failure: str = ""
) -> Switch | Stay | Undecided:
    """What the rule says at `now`, from the newest reading that was true by then.

    A trend compares it with the newest reading that is at least `compare_days` older by the clock of `timezone`.
    `failure` says how the last try to fetch a reading failed, if it did.
    """
    if rule.kind is RuleKind.DATE:
        return Switch(reading=None, compared=None)
    if rule.kind in COUNTING:
        return _by_people(rule, readings[-1])
    if rule.kind is RuleKind.VENUE_UNCONFIRMED:
        return (Stay if readings[-1].value else Switch)(reading=readings[-1], compared=None)
    known = _in_order(rule, readings, now)
    reading = known[-1] if known else None
    worth = state.state_of(rule, reading, failure, now)
    if worth is FeedState.FAILED:
        return Undecided(why="failed", reading=reading)
    if reading is None:
        return Undecided(why="missing")
    if worth is not FeedState.FRESH:
        return Undecided(why="stale", reading=reading)
    compared = _compared(rule, known, reading, timezone)
    if rule.kind in WITH_RISE and compared is None:
        return Undecided(why="compare_missing", reading=reading)
    answer = Switch if _is_met(rule, reading, compared) else Stay
    return answer(reading=reading, compared=compared)


def _by_people(rule: FormatRule, counted: Reading) -> Switch | Stay:
    people = rule.people or 0
    is_met = counted.value < people if rule.kind is RuleKind.TOO_FEW else counted.value > people
    return (Switch if is_met else Stay)(reading=counted, compared=None)


def _in_order(rule: FormatRule, readings: Sequence[Reading], now: datetime) -> list[Reading]:
    """Readings up to now by the time they were true at; of several for one time the last one entered counts."""
    comparable = state.of_source(readings, rule.feed)
    latest = {reading.as_of: reading for reading in sorted(comparable, key=lambda reading: reading.id)}
    return [latest[as_of] for as_of in sorted(latest) if as_of <= now]


def _compared(rule: FormatRule, known: Sequence[Reading], reading: Reading, timezone: str) -> Reading | None:
    if rule.kind not in WITH_RISE:
        return None
    # The same time by the wall clock, so that the nights of the clock change do not shorten a week.
    local = reading.as_of.astimezone(ZoneInfo(timezone))
    before = (local - timedelta(days=rule.compare_days)).astimezone(ZoneInfo("UTC"))
    older = bisect_right(known, before, key=attrgetter("as_of"))
    return known[older - 1] if older else None


def _decimal(number: float | None) -> Decimal:
    return Decimal(str(number or 0))


def _is_met(rule: FormatRule, reading: Reading, compared: Reading | None) -> bool:
    high = rule.kind not in WITH_LEVEL or _decimal(reading.value) >= _decimal(rule.over)
    return high and (rule.kind not in WITH_RISE or _rises(reading, compared, _decimal(rule.rise_pct)))


def _rises(reading: Reading, compared: Reading | None, percent: Decimal) -> bool:
    if compared is None:
        return False
    now, then = _decimal(reading.value), _decimal(compared.value)
    return now > then and (now - then) * 100 >= percent * then


def watch(rule: FormatRule, readings: Sequence[Reading], now: datetime, timezone: str = "UTC") -> WatchState:
    """The light for organisers: two readings in a row that meet the rule turn it on, seven low days turn it off.

    Low means below 80 % of the level, or of the rise where the rule has no level. Nothing is decided by it. A rule that
    looks at no indicator has nothing that flickers: its light is on while it is met.
    """
    if rule.kind not in (*WITH_LEVEL, *WITH_RISE):
        return WatchState.TRIGGERED if isinstance(decide(rule, readings, now), Switch) else WatchState.CALM
    known = _in_order(rule, readings, now)
    light, met_in_a_row, low_since = WatchState.CALM, 0, None
    for reading in known:
        compared = _compared(rule, known, reading, timezone)
        met_in_a_row = met_in_a_row + 1 if _is_met(rule, reading, compared) else 0
        low = _is_low(rule, reading, compared)
        low_since = (low_since or reading.as_of) if low else None
        was_low_long = low_since is not None and reading.as_of - low_since >= timedelta(days=CLEAR_DAYS)
        if met_in_a_row >= READINGS_TO_TRIGGER:
            light = WatchState.TRIGGERED
        elif light is not WatchState.TRIGGERED or was_low_long:
            light = WatchState.CALM if low else WatchState.WATCHING
    return light


def _is_low(rule: FormatRule, reading: Reading, compared: Reading | None) -> bool:
    if rule.kind not in WITH_LEVEL:
        return not _rises(reading, compared, _decimal(rule.rise_pct) * CLEAR_BELOW)
    return _decimal(reading.value) < _decimal(rule.over) * CLEAR_BELOW


def rule_refusal(rule: FormatRule, event: EventFacts) -> RuleRefused | None:
    """Why a rule cannot be kept for this event, or None. Notice counts local calendar days before the start."""
    if refused := _number_refusal(rule) or _kind_refusal(rule, event):
        return refused
    if rule.kind in WITH_LEVEL and not _can_be_read(rule):
        return RuleRefused(field="over", code="beyond_feed")
    if event.starts_at is None:
        return RuleRefused(field="decision_at", code="no_start")
    if alerting.only_alerts(rule):
        return None
    decided_on = event_rules.local(rule.decision_at, event.timezone).date()
    latest_on = last_day_of_notice(event, event.starts_at, rule.notice_days)
    if decided_on > latest_on or rule.decision_at >= event.starts_at:
        return RuleRefused(field="decision_at", code="after_notice")
    return None


def _kind_refusal(rule: FormatRule, event: EventFacts) -> RuleRefused | None:
    """How many people come says too little about what they want: that is for a person to decide."""
    if refused := alerting.refusal(rule):
        return refused
    if rule.kind in COUNTING and rule.mode is RuleMode.AUTOMATIC:
        return RuleRefused(field="mode", code="only_proposed")
    if rule.kind is RuleKind.VENUE_UNCONFIRMED and rule.mode is RuleMode.AUTOMATIC:
        # A word that was forgotten to be entered must not move people.
        return RuleRefused(field="mode", code="venue_only_proposed")
    if rule.kind is RuleKind.TOO_MANY and event.capacity is None:
        return RuleRefused(field="kind", code="no_limit")
    return None


def _can_be_read(rule: FormatRule) -> bool:
    """Whether the feed of the rule can give its value at all; one left over from another feed is never reached."""
    bounds = rule.feed.get("plausible") if rule.feed else None
    return not bounds or rule.over is None or bounds[0] <= rule.over <= bounds[1]


def _number_refusal(rule: FormatRule) -> RuleRefused | None:
    if rule.kind in COUNTING and rule.people is None:
        return RuleRefused(field="people", code="missing")
    if rule.people is not None and not (1 if rule.kind is RuleKind.TOO_FEW else 0) <= rule.people <= MOST_PEOPLE:
        return RuleRefused(field="people", code="out_of_range")
    if rule.kind in WITH_LEVEL and (rule.over is None or not isfinite(rule.over) or rule.over < 0):
        return RuleRefused(field="over", code="missing" if rule.over is None else "not_a_number")
    if rule.kind in WITH_RISE:
        if rule.rise_pct is None:
            return RuleRefused(field="rise_pct", code="missing")
        if not isfinite(rule.rise_pct) or rule.rise_pct <= 0:
            return RuleRefused(field="rise_pct", code="not_positive")
    if not 1 <= rule.compare_days <= 366:
        return RuleRefused(field="compare_days", code="out_of_range")
    if not 0 <= rule.notice_days <= 366:
        return RuleRefused(field="notice_days", code="out_of_range")
    return None


def rule_text(rule: FormatRule) -> str:
    """The rule in one short line for the record, the same in every language."""
    match rule.kind:
        case RuleKind.TOO_FEW:
            return f"confirmed people < {rule.people}"
        case RuleKind.TOO_MANY:
            return f"people without a place on site > {rule.people}"
        case RuleKind.VENUE_UNCONFIRMED:
            return "the place is not confirmed"
        case RuleKind.DATE:
            return "the date"
    parts = []
    if rule.kind in WITH_LEVEL:
        parts.append(f"value >= {rule.over:g}")
    if rule.kind in WITH_RISE:
        parts.append(f"+{rule.rise_pct:g} % in {rule.compare_days} days")
    return " and ".join(parts)


def same_rule(one: FormatRule, other: FormatRule) -> bool:
    """Whether two rules say the same, whoever saved them."""
    return _bare(one) == _bare(other)


def _bare(rule: FormatRule) -> FormatRule:
    return replace(rule, version=0, authorised_by="", authorised_at=None)


def jumps(rule: FormatRule) -> bool:
    """Whether the rule may well say one thing today and another tomorrow: a rise alone says little of small numbers."""
    return rule.kind is RuleKind.TREND


def may_be_read(event: EventFacts, to: Format, now: datetime) -> str | None:
    """Why a rule is not read at its decision time, or None. Nobody is ever sent back on site by a rule."""
    if event.format is Format.DIGITAL:
        return "already_digital"
    if event.format is to:
        return "already_so"
    return switch_rules.is_off(event, now)


def is_emergency(event: EventFacts, rule: FormatRule | None, now: datetime) -> bool:
    """Whether a switch at this moment breaks the promised notice, or finds people on their way or at the place.

    Notice counts local calendar days, as when the rule was saved.
    """
    if event.starts_at is None or event.lifecycle is EventStatus.DRAFT:
        return False
    if now >= event.starts_at - ON_THE_WAY:
        return True
    if rule is None or alerting.only_alerts(rule):
        return False
    return event_rules.local(now, event.timezone).date() > last_day_of_notice(event, event.starts_at, rule.notice_days)


def last_day_of_notice(event: EventFacts, starts_at: datetime, notice_days: int) -> date:
    """The last local day on which people hear of it in time."""
    return event_rules.local(starts_at, event.timezone).date() - timedelta(days=notice_days)


def carries_out_at(rule: FormatRule, outcome: Outcome, event: EventFacts, proposed_at: datetime) -> datetime | None:
    """When a proposal carries itself out: an hour later where the rule is automatic and its notice still holds."""
    from_rule = rule.mode is RuleMode.AUTOMATIC and rule_refusal(rule, event) is None
    return proposed_at + VETO if from_rule and outcome is not Outcome.UNDECIDED else None


def wants_reminder(proposal: ProposalFacts, now: datetime) -> bool:
    """Whether the organisers get their second mail."""
    return (
        proposal.state is ProposalState.OPEN
        and proposal.reminded_at is None
        and now >= proposal.proposed_at + REMIND_AFTER
    )


def is_delayed(proposal: ProposalFacts, event: EventFacts, now: datetime) -> bool:
    """Whether the page says that the decision takes longer than announced."""
    return (
        proposal.state is ProposalState.OPEN
        and now >= proposal.proposed_at + DELAYED_AFTER
        and not event_rules.has_started(event, now)
    )


def decides_nothing(event: EventFacts, standing: RuleStanding, now: datetime) -> str | None:
    """Why a rule that could still be read will decide nothing and needs another decision time; None where it will.

    Its moment is used up once a proposal was made or passed over, also when the event had no date then.
    """
    rule, proposal = standing.rule, standing.proposal
    if rule is None or alerting.only_alerts(rule) or may_be_read(event, rule.to, now):
        return None
    if event.starts_at is not None and rule.decision_at >= event.starts_at:
        return "after_start"
    if proposal is None or proposal.state is not ProposalState.VOID:
        return None
    return "spent" if proposal.why == "postponed" else None


def announcement(event: EventFacts, standing: RuleStanding, now: datetime) -> Announcement | None:
    """What everybody may read about the decision; None when there is nothing to wait for."""
    rule, proposal = standing.rule, standing.proposal
    if rule is None or alerting.only_alerts(rule) or may_be_read(event, rule.to, now):
        return None
    if decides_nothing(event, standing, now):
        return None
    stage: Stage | None = Stage.AHEAD if now < rule.decision_at else None
    if proposal is not None:
        if proposal.state is ProposalState.OPEN:
            stage = Stage.DELAYED if is_delayed(proposal, event, now) else Stage.WAITING
        elif proposal.state is ProposalState.DECIDED and proposal.decision is Decision.STAY:
            stage = Stage.STAYS if _still_holds(proposal, standing.last_switch) else None
    if stage is None:
        return None
    return Announcement(stage=stage, decision_at=rule.decision_at, question=_question(event, rule.to))


def _still_holds(stayed: ProposalFacts, last_switch: SwitchFacts | None) -> bool:
    """Whether nothing was switched since it was decided that all stays as it is."""
    if last_switch is None or stayed.decided_at is None:
        return True
    return last_switch.decided_at < stayed.decided_at


def _question(event: EventFacts, to: Format) -> FormatQuestion:
    if to is Format.HYBRID:
        return FormatQuestion.ALSO_DIGITAL
    already = {Format.MIXED: FormatQuestion.REST_DIGITAL, Format.HYBRID: FormatQuestion.ONLY_DIGITAL}
    return already.get(event.format, FormatQuestion.ONSITE_OR_DIGITAL)
