"""The questions of a form arranged on real databases: no answer is lost, and nobody writes over somebody else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from flask import Flask

from regservice.audit import service as audit
from regservice.changes import questions
from regservice.changes import service as changes
from regservice.changes.questions import key_for
from regservice.changes.types import AnswersConcerned, EditRefused
from regservice.events import service as events
from regservice.events.types import EventFacts, EventValues, Overtaken, Problem, Question, QuestionKind
from tests.conftest import Clock
from tests.factories import confirm, make_event

MEAL = Question(key="meal", label="Which meal?", kind=QuestionKind.CHOICE, choices=("Soup", "Stew"))
WISH = Question(key="wish", label="What do you wish for?")


def arrange(
    event: EventFacts, wanted: Sequence[Question], clock: Clock, *, seen: int = 0, agreed: int = 0
) -> EventFacts | Overtaken | EditRefused | AnswersConcerned:
    seen = seen or events.get(event.id).version
    return questions.arrange(event.id, wanted, seen=seen, agreed=agreed, by="organiser:1", now=clock())


def asked(event: EventFacts) -> tuple[Question, ...]:
    return events.get(event.id).questions


def test_a_new_question_has_a_key_made_of_its_words(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL,))
    new = Question(key="", label="Essen Sie Fleisch?", kind=QuestionKind.YES_NO)
    after = arrange(event, (MEAL, new), clock)
    assert isinstance(after, EventFacts)
    assert (asked(event), after.version) == ((MEAL, replace(new, key="essen-sie-fleisch")), event.version + 1)
    [entry] = [entry for entry in audit.history(f"event:{event.id}") if entry.verb == "event.edited"]
    assert (entry.actor, entry.details) == ("organiser:1", {"fields": ["questions"]})
    # Its words can change, its key stays.
    changed = replace(new, key="essen-sie-fleisch", label="Essen Sie gern Fleisch?")
    arrange(event, (changed, MEAL), clock)
    assert asked(event) == (changed, MEAL)


def test_a_draft_is_asked_the_same_way(app: Flask, clock: Clock) -> None:
    draft = events.create(EventValues(title="A draft"), by="test", now=clock())
    assert isinstance(draft, EventFacts)
    assert isinstance(arrange(draft, (WISH,), clock), EventFacts)
    assert asked(draft) == (WISH,)


def test_nobody_writes_over_what_somebody_else_changed(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL,))
    arrange(event, (MEAL, WISH), clock, seen=event.version)
    assert arrange(event, (), clock, seen=event.version) == Overtaken()
    assert asked(event) == (MEAL, WISH)


def test_a_question_with_answers_goes_only_with_their_number(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL, WISH))
    confirm(event, "Ada", clock(), answers={"meal": "Soup"})
    assert arrange(event, (WISH,), clock) == AnswersConcerned(questions=((MEAL, 1),))
    confirm(event, "Ben", clock(), answers={"meal": "Soup"})
    # One more answered since the number was shown.
    assert arrange(event, (WISH,), clock, agreed=1) == AnswersConcerned(questions=((MEAL, 2),))
    assert asked(event) == (MEAL, WISH)
    assert isinstance(arrange(event, (WISH,), clock, agreed=2), EventFacts)
    assert asked(event) == (WISH,)


def test_a_choice_with_answers_goes_only_with_their_number(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL,))
    confirm(event, "Ada", clock(), answers={"meal": "Soup"})
    without = replace(MEAL, choices=("Stew",))
    assert arrange(event, (without,), clock) == AnswersConcerned(choices=(("Soup", 1),))
    assert isinstance(arrange(event, (without,), clock, agreed=1), EventFacts)
    assert asked(event) == (without,)


def test_no_question_takes_over_the_answers_of_another(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(WISH,))
    confirm(event, "Ada", clock(), answers={"wish": "Peace"})
    other = replace(WISH, kind=QuestionKind.CHOICES, choices=("Peace",))
    refused = EditRefused(problems=(Problem(field="questions", code="answered"),))
    assert arrange(event, (other,), clock) == refused
    assert isinstance(arrange(event, (), clock, agreed=1), EventFacts)
    assert arrange(event, (other,), clock) == refused
    arrange(event, (Question(key="", label="Wish"),), clock)
    assert asked(event) == (Question(key="wish-2", label="Wish"),)


def test_nor_does_it_with_a_new_date(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(WISH,))
    confirm(event, "Ada", clock(), answers={"wish": "Peace"})
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    other = replace(events.values_of(event), questions=(replace(WISH, kind=QuestionKind.YES_NO),))
    answer = changes.take_up_again(event.id, other, by="test", now=clock())
    assert answer == EditRefused(problems=(Problem(field="questions", code="answered"),))


@pytest.mark.parametrize(
    ("label", "taken", "key"),
    [
        ("Essen Sie Fleisch?", (), "essen-sie-fleisch"),
        ("Essen Sie Fleisch?", ("essen-sie-fleisch",), "essen-sie-fleisch-2"),
        ("Essen Sie Fleisch?", ("essen-sie-fleisch", "essen-sie-fleisch-2"), "essen-sie-fleisch-3"),
        ("Größe des T-Shirts", (), "groesse-des-t-shirts"),
        ("Чи потрібен вам перекладач?", (), "question"),
        ("Чи потрібен вам перекладач?", ("question",), "question-2"),
        ("An welchen Abenden der Woche hätten Sie Zeit für uns?", (), "an-welchen-abenden-der-woche-haetten-sie"),
        ("x" * 60, (), "x" * 40),
    ],
)
def test_keys_are_short_and_free(label: str, taken: tuple[str, ...], key: str) -> None:
    assert key_for(label, taken) == key
