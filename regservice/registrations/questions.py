"""A question to people with a place, answered on their own page: would you stay digital, does the new date suit you?

A person has at most one question at a time: a newer one takes the place of the older. Whoever takes a place anew is
asked nothing.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.outbox import service as outbox
from regservice.registrations import keeping, question_rules, store
from regservice.registrations import service as registrations
from regservice.registrations.entries import locked
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    Cancelled,
    Question,
    QuestionAnswer,
    QuestionCounts,
    RegistrationFacts,
    RegistrationState,
    TooLate,
)


def ask(
    event_id: int,
    question: Question,
    people: Iterable[RegistrationFacts],
    *,
    now: datetime,
    answer_by: datetime | None = None,
) -> None:
    """Remember who is asked what. Part of the caller's transaction, which locked the event and tells them."""
    wanted = {person.id for person in people}
    for row in store.rows(event_id, (RegistrationState.CONFIRMED,)):
        if row.id in wanted:
            row.question, row.asked_at, row.question_answer, row.answer_by = question, now, "", answer_by
    session().flush()


def answer(
    registration_id: int, question: Question, said: QuestionAnswer, *, by: str, now: datetime
) -> RegistrationFacts | Cancelled | TooLate:
    """Keep what a person says to the question that they saw; another word later takes its place.

    Who says that the new date does not suit them gives their place back, and who does not come after all the one on
    site. Who is held a place on site comes once they say so, and not before.
    """
    with transaction():
        event, row = locked(registration_id)
        if not question_rules.may_answer(event, row.facts(), question, now):
            return TooLate(why="question_over")
        row.question_answer = said
        outbox.skip_for_registration(row.id, "the person has answered", kinds=question_rules.MAILS[question])
        audit.record("registration.answered", f"registration:{row.id}", actor=by, now=now, question=question, said=said)
        if question_rules.gives_up(question, said):
            return registrations.cancel(row.id, now, by=by)
        keeping.settle(event, row, question, said, by=by, now=now)
        return row.facts()


def counts(event_id: int, question: Question, since: datetime) -> QuestionCounts:
    """How many people with a place were asked a question since then, and what they said."""
    query = (
        select(RegistrationRow.question_answer, func.count())
        .where(
            RegistrationRow.event_id == event_id,
            RegistrationRow.state == RegistrationState.CONFIRMED,
            RegistrationRow.question == question,
            RegistrationRow.asked_at >= since,
        )
        .group_by(RegistrationRow.question_answer)
    )
    found = Counter({said: int(number) for said, number in session().execute(query)})
    return QuestionCounts(asked=found.total(), yes=found[QuestionAnswer.YES], no=found[QuestionAnswer.NO])
