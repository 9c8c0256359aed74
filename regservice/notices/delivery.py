"""What the outbox needs to deliver: is it still wanted, and a letter in the relay's hands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from regservice.notices import service
from regservice.notices.types import Letter
from regservice.outbox.delivery import NotBefore, Outcome
from regservice.outbox.types import MessageFacts


@dataclass(frozen=True, kw_only=True)
class LetterPost:
    """Letters made at the moment of sending and handed to a relay."""

    hand_over: Callable[[Letter], Outcome]

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        """Asked in the transaction that marks the message as being sent."""
        return service.still_wanted(message, now)

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        """No connection to the database is held while the relay takes its time."""
        return self.hand_over(service.compose(message, now))
