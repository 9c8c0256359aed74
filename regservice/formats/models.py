"""The rows of rules, readings, proposals and switches. Readings and switches are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from regservice.db import Base, NullableJson
from regservice.events.types import Format
from regservice.formats.types import (
    Decision,
    FormatRule,
    Outcome,
    ProposalFacts,
    ProposalState,
    Reading,
    RuleKind,
    RuleMode,
    SwitchFacts,
    Trigger,
)


class FormatRuleRow(Base):
    """The rule of an event."""

    __tablename__ = "format_rule"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str]
    over: Mapped[float | None]
    rise_pct: Mapped[float | None]
    people: Mapped[int | None]
    compare_days: Mapped[int]
    decision_at: Mapped[datetime] = mapped_column(index=True)
    notice_days: Mapped[int]
    mode: Mapped[str]
    feed: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    version: Mapped[int]
    authorised_by: Mapped[str]
    authorised_at: Mapped[datetime | None]

    def facts(self) -> FormatRule:
        """The row as plain facts."""
        return FormatRule(
            kind=RuleKind(self.kind),
            over=self.over,
            rise_pct=self.rise_pct,
            people=self.people,
            compare_days=self.compare_days,
            decision_at=self.decision_at,
            notice_days=self.notice_days,
            mode=RuleMode(self.mode),
            feed=self.feed,
            version=self.version,
            authorised_by=self.authorised_by,
            authorised_at=self.authorised_at,
        )


class ReadingRow(Base):
    """One reading."""

    __tablename__ = "reading"
    __table_args__ = (Index("ix_reading_event_as_of", "event_id", "as_of"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    value: Mapped[float]
    as_of: Mapped[datetime]
    fetched_at: Mapped[datetime]
    source: Mapped[str]
    entered_by: Mapped[str]
    raw_sha256: Mapped[str] = mapped_column(default="")
    about: Mapped[str] = mapped_column(default="", server_default="")

    def facts(self) -> Reading:
        """The row as plain facts."""
        return Reading(
            id=self.id,
            event_id=self.event_id,
            value=self.value,
            as_of=self.as_of,
            fetched_at=self.fetched_at,
            source=self.source,
            entered_by=self.entered_by,
            raw_sha256=self.raw_sha256,
            about=self.about,
        )


class VenueConfirmationRow(Base):
    """That the place of an event is sure; `about` stands for the place and the hours that it was said of."""

    __tablename__ = "venue_confirmation"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), primary_key=True)
    about: Mapped[str]
    confirmed_by: Mapped[str]
    confirmed_at: Mapped[datetime]


class ProposalRow(Base):
    """One proposal; each version of a rule makes one."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("event_id", "rule_version"),
        Index("ix_proposal_event_state", "event_id", "state"),
        # The link to decide is made of the id: that of a deleted one must never open another.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    rule_version: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    outcome: Mapped[str]
    to_format: Mapped[str]
    why: Mapped[str]
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
    compared_id: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
    rule_text: Mapped[str]
    proposed_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    carries_out_at: Mapped[datetime | None]
    # The organisers who got the mail with the link.
    told: Mapped[list[Any]]
    decision: Mapped[str | None]
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")

    reading: Mapped[ReadingRow | None] = relationship(foreign_keys=[reading_id])
    compared: Mapped[ReadingRow | None] = relationship(foreign_keys=[compared_id])

    def facts(self) -> ProposalFacts:
        """The row as plain facts."""
        return ProposalFacts(
            id=self.id,
            event_id=self.event_id,
            rule_version=self.rule_version,
            state=ProposalState(self.state),
            outcome=Outcome(self.outcome),
            to=Format(self.to_format),
            why=self.why,
            reading=self.reading.facts() if self.reading else None,
            compared=self.compared.facts() if self.compared else None,
            rule_text=self.rule_text,
            proposed_at=self.proposed_at,
            reminded_at=self.reminded_at,
            carries_out_at=self.carries_out_at,
            told=tuple(self.told),
            decision=Decision(self.decision) if self.decision else None,
            decided_by=self.decided_by,
            decided_at=self.decided_at,
            reason=self.reason,
        )


class SwitchRow(Base):
    """One switch of format, kept for good; undoing it is another one."""

    __tablename__ = "format_switch"
    __table_args__ = (UniqueConstraint("event_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    version: Mapped[int]
    from_format: Mapped[str]
    to_format: Mapped[str]
    session_ids: Mapped[list[Any]]
    trigger: Mapped[str]
    reading: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    rule_text: Mapped[str]
    proposed_at: Mapped[datetime | None]
    decided_by: Mapped[str]
    # Who allowed an automatic rule to decide.
    authorised_by: Mapped[str]
    decided_at: Mapped[datetime]
    reason: Mapped[str]
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("format_switch.id"))
    effects: Mapped[dict[str, Any]]
    # Whether it led back on site what a switch had made digital.
    goes_back: Mapped[bool] = mapped_column(default=False)
    seating: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)

    def facts(self) -> SwitchFacts:
        """The row as plain facts."""
        return SwitchFacts(
            id=self.id,
            event_id=self.event_id,
            version=self.version,
            from_format=Format(self.from_format),
            to_format=Format(self.to_format),
            session_ids=tuple(self.session_ids),
            trigger=Trigger(self.trigger),
            reading=self.reading,
            rule_text=self.rule_text,
            proposed_at=self.proposed_at,
            decided_by=self.decided_by,
            authorised_by=self.authorised_by,
            decided_at=self.decided_at,
            reason=self.reason,
            supersedes=self.supersedes,
            effects=dict(self.effects),
            goes_back=self.goes_back,
            seating=self.seating,
        )


class SwitchEffectRow(Base):
    """What one switch means for one person; the database lets each effect happen once."""

    __tablename__ = "switch_effect"
    __table_args__ = (UniqueConstraint("switch_id", "subject", "effect"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    switch_id: Mapped[int] = mapped_column(ForeignKey("format_switch.id", ondelete="CASCADE"))
    subject: Mapped[str]
    effect: Mapped[str]
    # What was said on the telephone; how a mail stands is in the ledger.
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
