"""The rows of organisers, their sign-ins, one-time links and API tokens; of every token only the hash."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from regservice.accounts.types import ApiTokenFacts, OrganiserFacts, Role
from regservice.db import Base


class Organiser(Base):
    """A person who works in the organiser's area."""

    __tablename__ = "organiser"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    password_hash: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    def facts(self) -> OrganiserFacts:
        """The row as plain facts, without the password's hash."""
        return OrganiserFacts(
            id=self.id,
            email=self.email,
            name=self.name,
            role=Role(self.role),
            has_password=bool(self.password_hash),
            disabled=self.disabled_at is not None,
            language=self.language,
        )


class SignIn(Base):
    """A signed-in browser; ending the row ends the session everywhere at once."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that works once and for a short time."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A program's key to the JSON API; it acts for the organiser it was made for."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def facts(self) -> ApiTokenFacts:
        """The row as plain facts."""
        return ApiTokenFacts(
            id=self.id,
            name=self.name,
            organiser_id=self.organiser_id,
            created_at=self.created_at,
            last_used_at=self.last_used_at,
        )
