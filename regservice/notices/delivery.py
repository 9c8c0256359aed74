"""What the outbox needs to deliver: is it still wanted, and a letter in the relay's hands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from regservice.notices import service
from regservice.notices.types import Letter, Subject
from regservice.outbox.delivery import NotBefore, Outcome
from regservice.outbox.types import MessageFacts


@dataclass(frozen=True, kw_only=True)
class LetterPost:
    """Letters made at the moment of sending and handed to a relay.

    A letter says what the transaction saw that marked it as being sent: the facts by which it was still wanted.
    """

    hand_over: Callable[[Letter], Outcome]
    _seen: dict[int, Subject] = field(default_factory=dict, init=False, repr=False)

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        """Asked in the transaction that marks the message as being sent."""
        subject = service.find_subject(message)
        self._seen.clear()
        if subject:
            self._seen[message.id] = subject
        return service.still_wanted(message, now, subject)

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        """No connection to the database is held while the relay takes its time."""
        return self.hand_over(service.compose(message, now, self._seen.pop(message.id, None)))
