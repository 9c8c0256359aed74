"""From the decision time to the decision: the rule is read once, then a person answers or the hour of veto ends."""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import alerting, counting, proposals, rules, speakers, store, switch_rules, switching
from regservice.formats.concerned import place_in_words
from regservice.formats.feeds import standing as feeds
from regservice.formats.feeds.hours import mark_of
from regservice.formats.models import ProposalRow
from regservice.formats.switching import Order
from regservice.formats.types import (
    TAKEN_HERE,
    Decision,
    NoProposal,
    Outcome,
    ProposalState,
    PutOff,
    Stayed,
    Switched,
    SwitchRefused,
    Trigger,
    Unchanged,
)
from regservice.outbox.types import Priority
from regservice.registrations import service as registrations
from regservice.registrations.announcing import announce
from regservice.registrations.organisers import organisers_of
from regservice.registrations.types import INVOLVED

DecideAnswer = Switched | Stayed | PutOff | NoProposal | SwitchRefused | Unchanged


def decide_due(now: datetime) -> int:
    """Read each rule whose moment has come, once; carry out and remind what waits. Returns how much was done."""
    done = 0
    for event_id in store.rules_due(now):
        effects = _would_do(event_id, now)
        with transaction():
            done += _read_rule(event_id, effects, now)
    for event_id in store.events_with_open_proposal():
        if _next_step_is_due(event_id, now):
            effects = _would_do(event_id, now)
            with transaction():
                done += _follow_up(event_id, effects, now)
    return done


def _would_do(event_id: int, now: datetime) -> dict[str, int]:
    """What the switch of the rule would do as things stand, for the mail that asks; nothing where it is impossible."""
    rule = store.find_rule(event_id)
    if rule is None:
        return {}
    return switching.preview(event_id, rule.to, reason="", join_url=None, now=now, trigger=Trigger.PROPOSAL).effects


def _read_rule(event_id: int, effects: dict[str, int], now: datetime) -> int:
    event, rule = events.lock(event_id), store.find_rule(event_id)
    # Another worker may have been first, or the rule changed while we waited for the lock.
    if rule is None or now < rule.decision_at or store.newest_rule_version(event_id) >= rule.version:
        return 0
    # Kept before warnings only alerted, or by a hand in the database: it must not propose either.
    why = "alert_only" if alerting.only_alerts(rule) else rules.may_be_read(event, rule.to, now)
    if why:
        proposals.pass_over(event, rule, why, now)
        return 1
    # After a time without a worker the people of now count: how many they were at the decision time, nobody knows.
    known = [counting.keep(event, rule, now)] if rule.kind in TAKEN_HERE else store.readings(event_id, mark_of(event))
    failure = feeds.failure_of(event_id, rule, rule.decision_at)
    answer = rules.decide(rule, known, rule.decision_at, event.timezone, failure)
    proposals.propose(event, rule, answer, now, effects=effects)
    return 1


def _next_step_is_due(event_id: int, now: datetime) -> bool:
    proposal = proposals.find_open_proposal(event_id)
    if proposal is None:
        return False
    carries_out = proposal.carries_out_at is not None and now >= proposal.carries_out_at
    return carries_out or rules.wants_reminder(proposal, now) or bool(switch_rules.is_off(events.get(event_id), now))


def _follow_up(event_id: int, effects: dict[str, int], now: datetime) -> int:
    event, row = events.lock(event_id), store.open_proposal(event_id)
    if row is None:
        return 0
    if why := switch_rules.is_off(event, now):
        return proposals.void_proposals(event_id, why=why, by="service", now=now)
    if row.carries_out_at is not None and now >= row.carries_out_at:
        _carry_out(event, row, now)
    elif rules.wants_reminder(row.facts(), now):
        row.reminded_at = now
        # Who was asked first may have left since.
        row.told = sorted({*row.told, *(organiser.id for organiser in organisers_of(event))})
        proposals.mail(event, row, occurrence=f"{row.id}-reminder", now=now, effects=effects)
    else:
        return 0
    return 1


def _carry_out(event: EventFacts, row: ProposalRow, now: datetime) -> None:
    """The hour is over and nobody said otherwise. What cannot be carried out is loudly undecided, never half done."""
    rule = store.find_rule(event.id)
    order = Order(
        reason="",
        by="service",
        trigger=Trigger.AUTOMATIC,
        mails_at=switch_rules.mails_leave_at(event, now),
        proposal=row.facts(),
        authorised_by=rule.authorised_by if rule else "",
    )
    if row.outcome == Outcome.STAY:
        _stay(event, row, order, now)
        return
    answer = switching.switch_locked(event, event_rules.whole(event, Format(row.to_format)), None, order, now)
    if isinstance(answer, SwitchRefused):
        row.outcome, row.why, row.carries_out_at = Outcome.UNDECIDED, answer.code, None
        proposals.mail(event, row, occurrence=f"{row.id}-undecided", now=now, effects={})
        audit.record("format.not_carried_out", f"event:{event.id}", actor="service", now=now, why=answer.code)
        return
    _close(row, Decision.SWITCH, order, now)


def _stay(event: EventFacts, row: ProposalRow, order: Order, now: datetime) -> Stayed:
    """It stays as it is, and everyone concerned hears that too. Part of the caller's transaction (event locked)."""
    payload = {
        "outcome": "stays",
        "from": event.format.value,
        "to": event.format.value,
        "before_place": place_in_words(event),
        "reason": order.reason,
        "version": event.format_version,
    }
    speakers.tell(event, f"stay-{row.id}", payload, now=now)
    told = announce(
        "decision",
        registrations.of_event(event.id, INVOLVED),
        occurrence=f"stay-{row.id}",
        payload_for=lambda _: payload,
        due_at=order.mails_at,
        priority=Priority.SWITCH,
        now=now,
    )
    _close(row, Decision.STAY, order, now)
    audit.record(
        "format.stayed",
        f"event:{event.id}",
        actor=order.by,
        now=now,
        trigger=order.trigger.value,
        authorised_by=order.authorised_by,
    )
    return Stayed(effects=told.effects)


def _close(row: ProposalRow, decision: Decision, order: Order, now: datetime) -> None:
    row.decision, row.reason = decision, order.reason
    proposals.end(row, ProposalState.DECIDED, by=order.by, why="", now=now)


def decide(
    event_id: int, decision: Decision, *, reason: str, by: str, now: datetime, proposal_id: int | None = None
) -> DecideAnswer:
    """A person answers the open proposal. The first answer wins; the second one hears who was first.

    `proposal_id` is the proposal that the person saw, where they came by the link in their mail.
    """
    with transaction():
        event, row = events.lock(event_id), store.open_proposal(event_id)
        if row is None or proposal_id not in (None, row.id):
            last = store.find_proposal(proposal_id) if proposal_id else store.last_proposal(event_id)
            return NoProposal(last=last.facts() if last else None)
        if why := switch_rules.is_off(event, now):
            return SwitchRefused(code=why)
        order = Order(reason=reason, by=by, trigger=Trigger.PROPOSAL, mails_at=now, proposal=row.facts())
        match decision:
            case Decision.SWITCH:
                targets = event_rules.whole(event, Format(row.to_format))
                answer = switching.switch_locked(event, targets, None, order, now)
                if not isinstance(answer, SwitchRefused):
                    _close(row, Decision.SWITCH, order, now)
                return answer
            case Decision.STAY:
                return _stay(event, row, order, now)
            case Decision.LATER:
                row.carries_out_at, row.decision = None, Decision.LATER
                row.decided_by, row.decided_at, row.reason = by, now, reason
                audit.record("format.put_off", f"event:{event_id}", actor=by, now=now, proposal=row.id)
                return PutOff()
