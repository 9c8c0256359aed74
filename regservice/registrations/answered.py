"""How often the questions of an event were answered."""

from collections.abc import Iterator
from typing import Any

from regservice.events.types import EventFacts
from regservice.registrations import answer_rules, store
from regservice.registrations.answer_rules import Answered
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import RegistrationState


def of_event(event: EventFacts) -> dict[str, Answered]:
    """How often each question was answered, by its key: in every state, since who cancelled or waits answered too."""
    return answer_rules.tally(event.questions, _answers(event.id))


def _answers(event_id: int) -> Iterator[dict[str, Any]]:
    last_id, read = 0, (RegistrationRow.id, RegistrationRow.answers)
    while chunk := store.columns_of(event_id, tuple(RegistrationState), read, after_id=last_id, limit=store.CHUNK):
        yield from (answers for _, answers in chunk)
        last_id = chunk[-1].id
