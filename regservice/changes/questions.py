"""The questions of an event's form are arranged: two organisers at once, and the answers that hang on a question."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from regservice.changes import rules
from regservice.changes import service as changes
from regservice.changes.types import AnswersConcerned, EditRefused
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Overtaken, Question
from regservice.registrations import answered

# Programs read it; people read the question itself.
LONGEST_KEY = 40


def arrange(
    event_id: int, wanted: Sequence[Question], *, seen: int, agreed: int, by: str, now: datetime
) -> EventFacts | Overtaken | EditRefused | AnswersConcerned:
    """Let the form ask these questions in this order; one without a key is new.

    `seen` is the version of the event that was looked at, `agreed` to how many answers it was agreed that they hang on
    what goes.
    """
    with transaction():
        event = events.lock(event_id)
        if event.version != seen:
            return Overtaken()
        given = answered.of_event(event)
        asked = _with_keys(wanted, given)
        if asked == event.questions:
            return event
        concerned = rules.answers_concerned(event.questions, asked, given)
        if concerned is not None and concerned.number != agreed:
            return concerned
        values = replace(events.values_of(event), questions=asked)
        return changes.edit(event_id, values, by=by, now=now)


def _with_keys(wanted: Sequence[Question], taken: Collection[str]) -> tuple[Question, ...]:
    """The questions, new ones with a key under which nobody ever answered anything else."""
    used = {question.key for question in wanted} | set(taken)
    found = []
    for question in wanted:
        found.append(question if question.key else replace(question, key=key_for(question.label, used)))
        used.add(found[-1].key)
    return tuple(found)


def key_for(label: str, taken: Collection[str]) -> str:
    """A key made of the words of a question, with a number where it is taken."""
    words = events.slug_from(label, otherwise="question")
    short = words if len(words) <= LONGEST_KEY else words[: LONGEST_KEY + 1].rpartition("-")[0] or words[:LONGEST_KEY]
    number, key = 1, short
    while key in taken:
        number += 1
        key = f"{short}-{number}"
    return key
