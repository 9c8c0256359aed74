"""What may become of a question once people have answered it."""

from dataclasses import replace

import pytest

from regservice.changes.rules import answers_concerned, kinds_for, question_problems
from regservice.changes.types import AnswersConcerned
from regservice.events.types import Problem, Question
from regservice.events.types import QuestionKind as Kind
from regservice.registrations.answer_rules import Answered

MEAL = Question(key="meal", label="Which meal?", kind=Kind.CHOICE, choices=("Soup", "Stew", "Fish"))
WISH = Question(key="wish", label="What do you wish for?")
GIVEN = {"meal": Answered(number=3, chosen={"Soup": 2, "Fish": 1})}
REFUSED = (Problem(field="questions", code="answered"),)


@pytest.mark.parametrize(
    ("kind", "number", "offered"),
    [
        *((kind, 0, set(Kind)) for kind in Kind),
        (Kind.TEXT, 1, {Kind.TEXT, Kind.LONG_TEXT, Kind.ACCESS}),
        (Kind.LONG_TEXT, 1, {Kind.LONG_TEXT, Kind.ACCESS}),
        (Kind.ACCESS, 1, {Kind.ACCESS}),
        (Kind.CHOICE, 1, {Kind.CHOICE}),
        (Kind.CHOICES, 1, {Kind.CHOICES}),
        (Kind.YES_NO, 1, {Kind.YES_NO}),
    ],
)
def test_an_answered_question_becomes_only_what_its_answers_fit_into(
    kind: Kind, number: int, offered: set[Kind]
) -> None:
    question = replace(WISH, kind=kind)
    assert set(kinds_for(question, Answered(number=number))) == offered
    for other in Kind:
        problems = question_problems((question,), (replace(question, kind=other),), {"wish": Answered(number=number)})
        assert problems == (() if other in offered else REFUSED), other


@pytest.mark.parametrize(
    ("kind", "given", "refused"),
    [
        (Kind.TEXT, None, False),
        (Kind.CHOICES, None, False),
        (Kind.TEXT, Answered(number=2), False),
        (Kind.CHOICE, Answered(number=2), False),
        (Kind.CHOICES, Answered(number=2), True),
        (Kind.CHOICES, Answered(number=2, several=1), True),
        (Kind.CHOICES, Answered(number=2, several=2), False),
        (Kind.CHOICE, Answered(number=2, several=2), True),
        (Kind.TEXT, Answered(number=2, several=1), True),
    ],
)
def test_a_question_that_is_asked_again_finds_answers_that_it_can_show(
    kind: Kind, given: Answered | None, refused: bool
) -> None:
    answered = {"meal": given} if given else {}
    assert question_problems((), (replace(MEAL, kind=kind),), answered) == (REFUSED if refused else ())


@pytest.mark.parametrize(
    ("after", "concerned"),
    [
        ((MEAL, WISH), None),
        ((WISH, MEAL), None),
        ((MEAL,), None),
        ((replace(MEAL, label="Which dish?", required=True), WISH), None),
        ((replace(MEAL, choices=("Fish", "Soup", "Curry")), WISH), None),
        ((replace(MEAL, choices=("Soup", "Stew")), WISH), AnswersConcerned(choices=(("Fish", 1),))),
        ((replace(MEAL, choices=("Stew",)), WISH), AnswersConcerned(choices=(("Soup", 2), ("Fish", 1)))),
        ((WISH,), AnswersConcerned(questions=((MEAL, 3),))),
        ((), AnswersConcerned(questions=((MEAL, 3),))),
        ((replace(MEAL, key="dish"), WISH), AnswersConcerned(questions=((MEAL, 3),))),
    ],
)
def test_what_goes_with_answers_is_named_with_their_number(
    after: tuple[Question, ...], concerned: AnswersConcerned | None
) -> None:
    assert answers_concerned((MEAL, WISH), after, GIVEN) == concerned


def test_one_agrees_to_all_answers_together() -> None:
    assert AnswersConcerned(questions=((MEAL, 3),), choices=(("Soup", 2), ("Fish", 1))).number == 6
