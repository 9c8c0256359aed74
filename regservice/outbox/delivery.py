"""What came of one attempt to send one message."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """Whom a temporary failure concerns."""

    ALL = "all"
    MESSAGE = "message"


@dataclass(frozen=True, kw_only=True)
class NotBefore:
    """The message is wanted, but must not reach people yet."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The relay took the message."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The relay certainly does not have the message; later it may take it."""

    reason: str
    scope: Scope


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """The message will never be taken; `address_is_bad` when no later message to this address will be either."""

    reason: str
    address_is_bad: bool


@dataclass(frozen=True, kw_only=True)
class Unusable(Rejected):
    """No relay was asked: the letter itself cannot be made or sent."""

    address_is_bad: bool = False


@dataclass(frozen=True, kw_only=True)
class Uncertain:
    """The whole message went out and no answer came back: the relay may have it or not."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class NotTried:
    """Nobody tried, since the worker is to end: the message is as if it had not been taken up."""


Outcome = Sent | Retry | Rejected | Uncertain | NotTried
