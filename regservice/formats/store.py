"""Queries of rules, readings, proposals and switches."""

from datetime import datetime

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import joinedload

from regservice.db import session
from regservice.formats.models import FormatRuleRow, ProposalRow, ReadingRow, SwitchRow
from regservice.formats.types import (
    COUNTED,
    VENUE,
    FormatRule,
    ProposalState,
    Reading,
    RuleMode,
    RuleStanding,
    SwitchFacts,
)


def find_rule(event_id: int) -> FormatRule | None:
    """The rule of an event."""
    row = session().get(FormatRuleRow, event_id, populate_existing=True)
    return row.facts() if row else None


def find_standing(event_id: int, format_version: int) -> RuleStanding:
    """What the rule of an event has come to, and the switch that made its format, found with one statement."""
    asked = select(literal(event_id).label("event_id"), literal(format_version).label("version")).subquery("asked")
    proposal = and_(ProposalRow.event_id == asked.c.event_id, ProposalRow.rule_version == FormatRuleRow.version)
    switch = and_(SwitchRow.event_id == asked.c.event_id, SwitchRow.version == asked.c.version)
    query = select(FormatRuleRow, ProposalRow, SwitchRow).select_from(asked)
    query = query.outerjoin(FormatRuleRow, FormatRuleRow.event_id == asked.c.event_id)
    query = query.outerjoin(ProposalRow, proposal).outerjoin(SwitchRow, switch)
    query = query.options(joinedload(ProposalRow.reading), joinedload(ProposalRow.compared))
    found = session().execute(query.execution_options(populate_existing=True)).one()
    rule, its_proposal, its_switch = (row.facts() if row else None for row in found)
    return RuleStanding(rule=rule, proposal=its_proposal, last_switch=its_switch)


def rules_due(now: datetime) -> list[int]:
    """Events whose decision time has come and whose rule was not read yet in this version; alerts decide nothing."""
    was_read = (
        select(ProposalRow.id)
        .where(ProposalRow.event_id == FormatRuleRow.event_id, ProposalRow.rule_version == FormatRuleRow.version)
        .exists()
    )
    query = select(FormatRuleRow.event_id).where(
        FormatRuleRow.decision_at <= now, FormatRuleRow.mode != RuleMode.ALERT, ~was_read
    )
    return list(session().scalars(query.order_by(FormatRuleRow.decision_at)))


def newest_rule_version(event_id: int) -> int:
    """The highest version that a rule of this event ever had a proposal for; 0 without any."""
    return session().scalar(select(func.max(ProposalRow.rule_version)).where(ProposalRow.event_id == event_id)) or 0


def readings(event_id: int, about: str) -> list[Reading]:
    """All readings of an event's indicator by the time they were true at; what was taken here is none.

    `about` are the hours of the event: readings about other hours are left out.
    """
    query = select(ReadingRow).where(ReadingRow.event_id == event_id, ReadingRow.source.not_in((COUNTED, VENUE)))
    query = query.where(ReadingRow.about.in_(("", about)))
    query = query.order_by(ReadingRow.as_of, ReadingRow.id)
    return [row.facts() for row in session().scalars(query)]


def open_proposal(event_id: int) -> ProposalRow | None:
    """The proposal of an event that waits for an answer."""
    query = select(ProposalRow).where(ProposalRow.event_id == event_id, ProposalRow.state == ProposalState.OPEN)
    return session().scalars(query.order_by(ProposalRow.id.desc()).limit(1)).one_or_none()


def last_proposal(event_id: int) -> ProposalRow | None:
    """The newest proposal of an event, whatever became of it."""
    query = select(ProposalRow).where(ProposalRow.event_id == event_id).order_by(ProposalRow.id.desc()).limit(1)
    return session().scalars(query).one_or_none()


def find_proposal(proposal_id: int) -> ProposalRow | None:
    """One proposal."""
    return session().get(ProposalRow, proposal_id, populate_existing=True)


def events_with_open_proposal() -> list[int]:
    """Events with a proposal that waits for an answer."""
    query = select(ProposalRow.event_id).where(ProposalRow.state == ProposalState.OPEN).distinct()
    return list(session().scalars(query.order_by(ProposalRow.event_id)))


def proposals(*, limit: int, event_id: int | None = None) -> list[ProposalRow]:
    """Proposals, the newest first."""
    query = select(ProposalRow).order_by(ProposalRow.id.desc()).limit(limit)
    if event_id is not None:
        query = query.where(ProposalRow.event_id == event_id)
    return list(session().scalars(query))


def last_switch_id(event_id: int) -> int | None:
    """The switch that a new one follows."""
    return session().scalar(select(func.max(SwitchRow.id)).where(SwitchRow.event_id == event_id))


def find_switch(event_id: int, version: int) -> SwitchFacts | None:
    """The switch that made this format version."""
    query = select(SwitchRow).where(SwitchRow.event_id == event_id, SwitchRow.version == version)
    row = session().scalars(query).one_or_none()
    return row.facts() if row else None


def switches(event_id: int) -> list[SwitchFacts]:
    """All switches of an event, the newest first."""
    query = select(SwitchRow).where(SwitchRow.event_id == event_id).order_by(SwitchRow.version.desc())
    return [row.facts() for row in session().scalars(query)]
