"""The rows of events, their sessions and programmes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from regservice.db import Base, NullableJson
from regservice.events import nested
from regservice.events.rules import derived_format
from regservice.events.types import (
    EventFacts,
    EventStatus,
    Format,
    ProgrammeFacts,
    RegistrationMode,
    SessionFacts,
    SessionKind,
)


class Programme(Base):
    """Several events under one name."""

    __tablename__ = "programme"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    motto: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    timezone: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    towns: Mapped[list[Any]]
    host: Mapped[str] = mapped_column(default="")
    documents: Mapped[list[Any]]
    contact: Mapped[dict[str, Any]]
    target_groups: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]

    def facts(self) -> ProgrammeFacts:
        """The row as plain facts."""
        return ProgrammeFacts(
            id=self.id,
            slug=self.slug,
            title=self.title,
            motto=self.motto,
            summary=self.summary,
            description=self.description,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            timezone=self.timezone,
            region=self.region,
            towns=tuple(self.towns),
            host=self.host,
            documents=nested.documents(self.documents),
            contact=nested.contact(self.contact),
            target_groups=tuple(self.target_groups),
            version=self.version,
            changed_at=self.changed_at,
        )


class EventSession(Base):
    """A part of an event; format lives here, so that parts can differ."""

    __tablename__ = "event_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(default="")
    format: Mapped[str]
    join_url: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default=SessionKind.WHOLE)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(default="")
    capacity: Mapped[int | None]
    for_everyone: Mapped[bool] = mapped_column(default=True)
    people_choose: Mapped[bool] = mapped_column(default=False)
    room_reference: Mapped[str] = mapped_column(default="")

    def facts(self) -> SessionFacts:
        """The row as plain facts."""
        return SessionFacts(
            id=self.id,
            position=self.position,
            title=self.title,
            kind=SessionKind(self.kind),
            format=Format(self.format),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            place=self.place,
            capacity=self.capacity,
            for_everyone=self.for_everyone,
            people_choose=self.people_choose,
            join_url=self.join_url,
            room_reference=self.room_reference,
        )


class Event(Base):
    """An event; what is unknown is empty or null, never made up."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_lifecycle_starts_at", "lifecycle", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int | None] = mapped_column(index=True)
    deputy_id: Mapped[int | None]
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"), index=True)
    lifecycle: Mapped[str]
    status_reason: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    summary: Mapped[str]
    description: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    announced_starts_at: Mapped[datetime | None]
    timezone: Mapped[str]
    venue: Mapped[dict[str, Any]]
    capacity: Mapped[int | None]
    digital_capacity: Mapped[int | None]
    waiting_list: Mapped[bool]
    registration_mode: Mapped[str]
    registration_address: Mapped[str]
    registration_opens_at: Mapped[datetime | None]
    registration_closes_at: Mapped[datetime | None]
    contact: Mapped[dict[str, Any]]
    speakers: Mapped[list[Any]]
    agenda: Mapped[list[Any]]
    groups: Mapped[list[Any]]
    questions: Mapped[list[Any]]
    documents: Mapped[list[Any]]
    target_groups: Mapped[list[Any]]
    image: Mapped[dict[str, Any] | None] = mapped_column(NullableJson)
    host: Mapped[str]
    access: Mapped[str]
    town: Mapped[str]
    retention_days: Mapped[int]
    assumptions: Mapped[list[Any]]
    dial_in: Mapped[dict[str, Any]]
    join_opens_min: Mapped[int] = mapped_column(default=30)
    room_system: Mapped[str] = mapped_column(default="link")
    room_generation: Mapped[int] = mapped_column(default=1)
    room_reference: Mapped[str] = mapped_column(default="")
    format_version: Mapped[int] = mapped_column(default=1)
    schedule_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    calendar_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    # When the data of the people was deleted.
    erased_at: Mapped[datetime | None]

    sessions: Mapped[list[EventSession]] = relationship(
        order_by=EventSession.position, lazy="joined", cascade="all, delete-orphan"
    )

    def facts(self) -> EventFacts:
        """The row with its sessions as plain facts."""
        sessions = tuple(session.facts() for session in self.sessions)
        return EventFacts(
            id=self.id,
            slug=self.slug,
            owner_id=self.owner_id,
            deputy_id=self.deputy_id,
            programme_id=self.programme_id,
            lifecycle=EventStatus(self.lifecycle),
            status_reason=self.status_reason,
            sessions=sessions,
            format=derived_format(sessions),
            room_system=self.room_system,
            room_generation=self.room_generation,
            room_reference=self.room_reference,
            format_version=self.format_version,
            schedule_version=self.schedule_version,
            version=self.version,
            calendar_sequence=self.calendar_sequence,
            calendar_changed_at=self.calendar_changed_at,
            created_at=self.created_at,
            announced_starts_at=self.announced_starts_at,
            title=self.title,
            summary=self.summary,
            description=self.description,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            timezone=self.timezone,
            venue=nested.venue(self.venue),
            capacity=self.capacity,
            digital_capacity=self.digital_capacity,
            waiting_list=self.waiting_list,
            registration_mode=RegistrationMode(self.registration_mode),
            registration_address=self.registration_address,
            registration_opens_at=self.registration_opens_at,
            registration_closes_at=self.registration_closes_at,
            contact=nested.contact(self.contact),
            speakers=nested.speakers(self.speakers),
            agenda=nested.agenda(self.agenda),
            groups=nested.groups(self.groups),
            questions=nested.questions(self.questions),
            documents=nested.documents(self.documents),
            target_groups=tuple(self.target_groups),
            image=nested.image(self.image),
            host=self.host,
            access=self.access,
            town=self.town,
            retention_days=self.retention_days,
            assumptions=tuple(self.assumptions),
            dial_in=nested.dial_in(self.dial_in),
            join_opens_min=self.join_opens_min,
        )


class RoomToClose(Base):
    """A made room to which nobody is led any more, until its system has closed it."""

    __tablename__ = "room_to_close"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    system: Mapped[str]
    reference: Mapped[str]
    since: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
