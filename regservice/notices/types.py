"""Messages to people, as facts."""

from dataclasses import dataclass
from datetime import datetime

from regservice.events.calendar import CalendarEntry, Method, Person
from regservice.registrations.types import Participation


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom and what a message is about, and the version of the town that speaks."""

    of: Participation
    town_version: int


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to one person, ready to be sent.

    `message_id` (with its angle brackets) and `created_at` are fixed when the message is made and equal on each
    attempt. A calendar entry always comes with what shall be done with it.
    """

    kind: str
    message_id: str
    created_at: datetime
    recipient: Person
    sender: Person
    reply_to: Person | None
    subject: str
    text: str
    html: str
    language: str
    invitation: CalendarEntry | None
    method: Method | None
    unsubscribe_url: str | None

    def __post_init__(self) -> None:
        if (self.invitation is None) != (self.method is None):
            raise ValueError("A letter needs both a calendar entry and its method, or neither.")
