"""What a rule proposes to the organisers: the row, the mail with its single-use link, and its end."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from regservice.accounts import service as accounts
from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import session, skip_ids
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import rules, store, switch_rules, switching_back
from regservice.formats.models import ProposalRow
from regservice.formats.types import (
    SWITCHABLE,
    FormatRule,
    LinkedProposal,
    Outcome,
    ProposalFacts,
    ProposalState,
    Stay,
    Switch,
    Trigger,
    Undecided,
)
from regservice.outbox import service as outbox
from regservice.registrations import event_changes, links
from regservice.registrations.organisers import message_to, organisers_of

PURPOSE = "proposal"
# Links of older proposals are not looked for; every event has a handful at most.
NEWEST = 500
# More than are made between a copy and the day it is brought back.
NUMBERS_SKIPPED = 10_000


def propose(
    event: EventFacts,
    rule: FormatRule,
    answer: Switch | Stay | Undecided,
    now: datetime,
    *,
    effects: Mapping[str, int],
) -> ProposalRow:
    """Write down what the rule says and mail it to the organisers. Part of the caller's transaction (event locked).

    `effects` are the numbers of a dry run of the switch.
    """
    row = _row(event, rule, now)
    match answer:
        case Undecided(why=why, reading=reading):
            row.outcome, row.why, row.reading_id = Outcome.UNDECIDED, why, reading.id if reading else None
        case Switch(reading=reading, compared=compared) | Stay(reading=reading, compared=compared):
            row.outcome = Outcome.SWITCH if isinstance(answer, Switch) else Outcome.STAY
            row.reading_id = reading.id if reading else None
            row.compared_id = compared.id if compared else None
    row.carries_out_at = rules.carries_out_at(rule, Outcome(row.outcome), event, now)
    organisers = organisers_of(event)
    row.told = [organiser.id for organiser in organisers]
    session().add(row)
    session().flush()
    mail(event, row, occurrence=str(row.id), now=now, effects=effects)
    events.touch(event.id)
    audit.record("format.proposed", f"event:{event.id}", actor="service", now=now, proposal=row.id, outcome=row.outcome)
    return row


def pass_over(event: EventFacts, rule: FormatRule, why: str, now: datetime) -> None:
    """Remember that the rule's moment came when there was nothing to decide. Part of the caller's transaction."""
    row = _row(event, rule, now)
    row.state, row.why = ProposalState.VOID, why
    session().add(row)
    session().flush()
    audit.record("format.passed_over", f"event:{event.id}", actor="service", now=now, why=why)


def _row(event: EventFacts, rule: FormatRule, now: datetime) -> ProposalRow:
    return ProposalRow(
        event_id=event.id,
        rule_version=rule.version,
        state=ProposalState.OPEN,
        outcome=Outcome.UNDECIDED,
        to_format=rule.to,
        why="",
        rule_text=rules.rule_text(rule),
        proposed_at=now,
        told=[],
    )


def refusal(
    event: EventFacts,
    targets: Mapping[int, Format],
    join_url: str | None,
    now: datetime,
    *,
    trigger: Trigger,
    reason: str,
) -> str | None:
    """Why a switch is impossible, whatever the seats say; what leads back on site is held to what people were told."""
    by_event = switch_rules.switch_refusal(event, targets, join_url, now, trigger=trigger, reason=reason)
    return by_event or switching_back.refusal(
        event, targets, store.switches(event.id), store.find_rule(event.id), reason, now
    )


def blocks(
    event: EventFacts,
    targets: Mapping[int, Format],
    join_url: str | None,
    now: datetime,
    *,
    trigger: Trigger = Trigger.HAND,
    reason: str = "",
) -> tuple[str, ...]:
    """What stands in the way of a switch: no room to join, too few seats, or an event that is over."""
    refused = refusal(event, targets, join_url, now, trigger=trigger, reason=reason)
    possible = set(targets.values()) <= set(SWITCHABLE)
    too_many = possible and event_changes.without_seat(event, event_rules.with_formats(event, targets)) > 0
    return ((refused,) if refused else ()) + (("too_many_for_room",) if too_many else ())


def mail(
    event: EventFacts,
    row: ProposalRow,
    *,
    occurrence: str,
    now: datetime,
    effects: Mapping[str, int],
) -> None:
    """Mail the proposal as it stands, with what it would do, to who may decide. Part of the caller's transaction."""
    told = [organiser for organiser in accounts.organisers() if organiser.id in row.told and not organiser.disabled]
    payload = {
        "proposal_id": row.id,
        "outcome": row.outcome,
        "why": row.why,
        "blocked": list(blocks(event, event_rules.whole(event, Format(row.to_format)), None, now)),
        "effects": dict(effects),
    }
    messages = (message_to(organiser, "proposal", occurrence, event, now, payload=payload) for organiser in told)
    outbox.enqueue(*messages, now=now)


def end(row: ProposalRow, state: ProposalState, *, by: str, why: str, now: datetime) -> None:
    """Close a proposal; its mails that did not leave are withdrawn. Part of the caller's transaction (event locked)."""
    row.state, row.decided_by, row.decided_at, row.carries_out_at = state, by, now, None
    if state is ProposalState.VOID:
        row.why = why
    outbox.skip_for_event(row.event_id, "the proposal is closed", kinds=("proposal",))
    events.touch(row.event_id)
    session().flush()


def void_proposals(event_id: int, *, why: str, by: str, now: datetime) -> int:
    """Nothing is left to decide. Part of the caller's transaction, which locked the event. Returns how many."""
    row = store.open_proposal(event_id)
    if row is None:
        return 0
    end(row, ProposalState.VOID, by=by, why=why, now=now)
    audit.record("format.proposal_void", f"event:{event_id}", actor=by, now=now, proposal=row.id, why=why)
    return 1


def find_open_proposal(event_id: int) -> ProposalFacts | None:
    """The proposal that waits for an answer."""
    row = store.open_proposal(event_id)
    return row.facts() if row else None


def find_proposal(proposal_id: int) -> ProposalFacts | None:
    """One proposal, whatever became of it."""
    row = store.find_proposal(proposal_id)
    return row.facts() if row else None


def proposals_of(event_id: int) -> list[ProposalFacts]:
    """All proposals of an event, the newest first."""
    return [row.facts() for row in store.proposals(event_id=event_id, limit=NEWEST)]


def find_proposal_by_link(token: str, now: datetime) -> LinkedProposal | None:
    """The proposal that the link in an organiser's mail opens, until the event starts.

    A decided one is found as well: whoever comes second sees who was first.
    """
    for row in store.proposals(limit=NEWEST):
        for organiser_id in row.told:
            if _opens(token, row.id, organiser_id):
                event, organiser = events.get(row.event_id), accounts.get_organiser(organiser_id)
                if organiser.disabled or (event.starts_at is not None and now >= event.starts_at):
                    return None
                return LinkedProposal(proposal=row.facts(), organiser_id=organiser_id)
    return None


def skip_numbers() -> None:
    """Leave a gap before the next number. Part of the caller's transaction.

    After an earlier copy was brought back, numbers given since then must not be given again: an organiser's link to
    decide, which is made of one, would open the proposal of another event.
    """
    skip_ids("proposal", NUMBERS_SKIPPED)


def _opens(token: str, proposal_id: int, organiser_id: int) -> bool:
    derived = (
        links.derive_token(key, proposal_id, organiser_id, purpose=PURPOSE) for key in current_settings().secret_keys
    )
    return any(hmac.compare_digest(good.encode(), token.encode()) for good in derived)


def decision_is_delayed(event_id: int, now: datetime) -> bool:
    """Whether an announced decision is eight hours late and nobody has answered yet."""
    row = store.open_proposal(event_id)
    return row is not None and rules.is_delayed(row.facts(), events.get(event_id), now)
