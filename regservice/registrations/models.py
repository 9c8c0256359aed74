"""The rows of registrations."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, cast, func, literal_column, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column

from regservice.db import Base
from regservice.registrations.types import (
    Attendance,
    CancelCause,
    HelpKind,
    HelpRequest,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    Source,
    SwitchAnswer,
    Wish,
)

# In the words of the index, as databases take it only for a query that says the same.
HAS_ACTIVE_ADDRESS = text("state IN ('pending', 'confirmed', 'waitlisted', 'offered') AND email_key IS NOT NULL")
_ENDS = text("expires_at IS NOT NULL")
_ENDED = text("ended_at IS NOT NULL")
_ANSWERS = text("answer_by IS NOT NULL")
_NEEDS = text("needs_asked_at IS NOT NULL")


class SessionPlace(Base):
    """A person in a session that is not for everyone."""

    __tablename__ = "session_place"

    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[int] = mapped_column(
        ForeignKey("event_session.id", ondelete="CASCADE"), primary_key=True, index=True
    )


def session_ids(session_list: str | None) -> frozenset[int]:
    """The ids in a row's `session_list`, which the database joins with commas."""
    return frozenset(int(part) for part in (session_list or "").split(",") if part)


class RegistrationRow(Base):
    """One person at one event."""

    __tablename__ = "registration"
    __table_args__ = (
        # One active registration per event and address; the database decides races.
        Index(
            "uq_registration_active_address",
            "event_id",
            "email_key",
            unique=True,
            postgresql_where=HAS_ACTIVE_ADDRESS,
            sqlite_where=HAS_ACTIVE_ADDRESS,
        ),
        Index("ix_registration_event_state", "event_id", "state", "attendance", "wish"),
        # Long lists are read a part at a time, in the order people came.
        Index("ix_registration_event_id_id", "event_id", "id"),
        # Whose reminders are still to be planned is asked all the time.
        Index("ix_registration_planned", "event_id", "state", "planned_version"),
        Index("ix_registration_event_request_key", "event_id", "request_key"),
        Index("ix_registration_expires_at", "expires_at", sqlite_where=_ENDS, postgresql_where=_ENDS),
        Index("ix_registration_answer_by", "answer_by", sqlite_where=_ANSWERS, postgresql_where=_ANSWERS),
        Index("ix_registration_needs_asked_at", "needs_asked_at", sqlite_where=_NEEDS, postgresql_where=_NEEDS),
        Index("ix_registration_ended_at", "ended_at", sqlite_where=_ENDED, postgresql_where=_ENDED),
        Index("uq_registration_event_code", "event_id", "code", unique=True),
        # Links and the outbox's keys are made of the id: a deleted person's must never become another's.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    state: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    email_key: Mapped[str | None] = mapped_column(index=True)
    language: Mapped[str]
    attendance: Mapped[str]
    wish: Mapped[str]
    digital_too: Mapped[bool] = mapped_column(default=False)
    # The working group that the person wished for when they registered; empty once they are in it. Whoever removes a
    # session takes the wishes for it back and keeps its title, until the person chooses another one.
    group_wish: Mapped[int | None]
    group_gone: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    code: Mapped[str]
    answers: Mapped[dict[str, Any]]
    registered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    requests: Mapped[int] = mapped_column(default=1)
    confirmations: Mapped[int] = mapped_column(default=0)
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    request_key: Mapped[str] = mapped_column(default="")
    # The privacy notice that the person agreed to have read, by its hash.
    consent_hash: Mapped[str] = mapped_column(default="")
    link_generation: Mapped[int] = mapped_column(default=1)
    link_key_id: Mapped[str] = mapped_column(default="")
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    # The schedule version for which reminders were planned; 0 before.
    planned_version: Mapped[int] = mapped_column(default=0)
    # Mail kinds that the person has switched off.
    muted: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(default="")
    cancel_cause: Mapped[str] = mapped_column(default="")
    # What the person said to a switch to digital, and to which format version of the event.
    switch_answer: Mapped[str] = mapped_column(default="")
    answered_version: Mapped[int] = mapped_column(default=0)
    # What the person is asked, and what they said; a newer question takes the place of the older one.
    question: Mapped[str] = mapped_column(default="")
    question_answer: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    # When the person first pressed the button into the digital room.
    joined_at: Mapped[datetime | None]
    # Since when it is open what the person needs in the form that the event has now; empty once that is cleared.
    needs_asked_at: Mapped[datetime | None]
    # When they said it since then.
    needs_said_at: Mapped[datetime | None]
    # Read with the row itself: lists of people must not ask once a person.
    session_list: Mapped[str | None] = column_property(
        # The comma is no parameter: SQLAlchemy would write one into the statement's text at each execution.
        select(func.aggregate_strings(cast(SessionPlace.session_id, String), literal_column("','")))  # type: ignore[arg-type]
        .where(SessionPlace.registration_id == id)
        .correlate_except(SessionPlace)
        .scalar_subquery(),
        # Whoever changes it refreshes it; it need not be read again after every other change.
        expire_on_flush=False,
    )

    def facts(self) -> RegistrationFacts:
        """The row as plain facts."""
        return facts_of(self)


def facts_of(row: RegistrationRow | Row[Any]) -> RegistrationFacts:
    """Plain facts of a row, or of all its columns where they were read without it."""
    return RegistrationFacts(
        id=row.id,
        event_id=row.event_id,
        state=RegistrationState(row.state),
        name=row.name,
        email=row.email,
        language=row.language,
        attendance=Attendance(row.attendance),
        wish=Wish(row.wish),
        digital_too=row.digital_too,
        session_ids=session_ids(row.session_list),
        source=Source(row.source),
        code=row.code,
        answers=row.answers,
        registered_at=row.registered_at,
        confirmed_at=row.confirmed_at,
        queued_at=row.queued_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        requests=row.requests,
        confirmations=row.confirmations,
        calendar_sequence=row.calendar_sequence,
        link_generation=row.link_generation,
        link_key_id=row.link_key_id,
        planned_version=row.planned_version,
        muted=tuple(row.muted),
        note=row.note,
        cancel_cause=CancelCause(row.cancel_cause) if row.cancel_cause else None,
        switch_answer=SwitchAnswer(row.switch_answer) if row.switch_answer else None,
        answered_version=row.answered_version,
        question=Question(row.question) if row.question else None,
        question_answer=QuestionAnswer(row.question_answer) if row.question_answer else None,
        asked_at=row.asked_at,
        answer_by=row.answer_by,
        group_wish=row.group_wish,
        group_gone=row.group_gone,
        joined_at=row.joined_at,
        needs_asked_at=row.needs_asked_at,
        needs_said_at=row.needs_said_at,
    )


class HelpRequestRow(Base):
    """What one person needs; there is at most one, which they can change."""

    __tablename__ = "help_request"
    __table_args__ = (Index("ix_help_request_event_done", "event_id", "done_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), unique=True)
    kinds: Mapped[list[Any]]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    owner_id: Mapped[int | None]
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]

    def facts(self) -> HelpRequest:
        """The row as plain facts."""
        return HelpRequest(
            id=self.id,
            event_id=self.event_id,
            registration_id=self.registration_id,
            kinds=tuple(HelpKind(kind) for kind in self.kinds),
            text=self.text,
            asked_at=self.asked_at,
            owner_id=self.owner_id,
            due_on=self.due_on,
            done_at=self.done_at,
        )
