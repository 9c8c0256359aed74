"""Who may organise, and how they prove it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an organiser may do: everything, or everything but accounts and the town's settings."""

    ADMIN = "admin"
    ORGANISER = "organiser"


class LinkPurpose(StrEnum):
    """What a one-time link is good for."""

    SIGN_IN = "sign-in"
    FIRST_ORGANISER = "first-organiser"


@dataclass(frozen=True, kw_only=True)
class OrganiserFacts:
    """A person who works in the organiser's area."""

    id: int
    email: str
    name: str
    role: Role
    has_password: bool
    disabled: bool
    language: str


@dataclass(frozen=True, kw_only=True)
class ApiTokenFacts:
    """A program's key, without the key."""

    id: int
    name: str
    organiser_id: int | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """The browser gets this token, once; the database keeps its hash."""

    token: str
    organiser: OrganiserFacts


@dataclass(frozen=True, kw_only=True)
class WrongCredentials:
    """Address or password do not fit; it is not said which."""


@dataclass(frozen=True, kw_only=True)
class Throttled:
    """Too many attempts; the next one is possible then."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class AddressTaken:
    """Another account has this address."""


@dataclass(frozen=True, kw_only=True)
class PasswordRefused:
    """The password is too short, too long or too well known; `code` is translated by the page."""

    code: str


@dataclass(frozen=True, kw_only=True)
class LastAdmin:
    """Nobody would be left to manage accounts and settings."""
