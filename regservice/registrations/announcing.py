"""One happening told to many people: a mail to everyone with an address, a call for everyone without."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regservice.outbox import service as outbox
from regservice.outbox.types import Priority
from regservice.registrations import entries
from regservice.registrations.types import RegistrationFacts


@dataclass(frozen=True, kw_only=True)
class Announced:
    """Who hears of it by mail and who has to be called."""

    mailed: tuple[RegistrationFacts, ...]
    to_call: tuple[RegistrationFacts, ...]

    @property
    def effects(self) -> dict[str, int]:
        """The counts that a preview shows, the mails also by language."""
        languages = Counter(f"mails_{person.language}" for person in self.mailed)
        return {"mails": len(self.mailed), **dict(sorted(languages.items())), "call_list": len(self.to_call)}


def announce(
    kind: str,
    people: Iterable[RegistrationFacts],
    *,
    occurrence: str,
    payload_for: Callable[[RegistrationFacts], dict[str, Any] | None],
    due_at: datetime,
    priority: Priority = Priority.CONFIRMATION,
    now: datetime,
) -> Announced:
    """Tell these people. Part of the caller's transaction. Where `payload_for` is None there is nothing to tell."""
    concerned = [(person, payload) for person in people if (payload := payload_for(person)) is not None]
    mailed = [(person, payload) for person, payload in concerned if person.email]
    outbox.enqueue(
        *(
            entries.message(person, kind, occurrence, due_at, priority=priority, payload=payload)
            for person, payload in mailed
        ),
        now=now,
    )
    return Announced(
        mailed=tuple(person for person, _ in mailed),
        to_call=tuple(person for person, _ in concerned if not person.email),
    )
