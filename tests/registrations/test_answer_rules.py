"""What people answered stays, whatever becomes of the questions."""

from dataclasses import replace
from typing import Any

import pytest

from regservice.events.types import Question, QuestionKind
from regservice.registrations.answer_rules import Answered, as_asked_of, as_shown, not_asked_any_more, tally

MEAL = Question(key="meal", label="Which meal?", kind=QuestionKind.CHOICE, choices=("Soup", "Stew"))
DAYS = Question(key="days", label="Which days?", kind=QuestionKind.CHOICES, choices=("Friday", "Saturday"))
WISH = Question(key="wish", label="What do you wish for?")


@pytest.mark.parametrize(
    ("question", "answers", "choices"),
    [
        (MEAL, {}, ("Soup", "Stew")),
        (MEAL, {"meal": "Stew"}, ("Soup", "Stew")),
        (MEAL, {"meal": "Fish"}, ("Soup", "Stew", "Fish")),
        (MEAL, {"days": "Fish"}, ("Soup", "Stew")),
        (DAYS, {"days": ["Saturday"]}, ("Friday", "Saturday")),
        (DAYS, {"days": ["Sunday", "Friday"]}, ("Friday", "Saturday", "Sunday")),
        (WISH, {"wish": "Peace"}, ()),
    ],
)
def test_what_somebody_chose_stays_theirs_to_choose(
    question: Question, answers: dict[str, Any], choices: tuple[str, ...]
) -> None:
    assert as_asked_of(question, answers).choices == choices


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        *((kind, "Soup", "Soup") for kind in QuestionKind if kind is not QuestionKind.CHOICES),
        *((kind, ["Soup", "Stew"], "Soup, Stew") for kind in QuestionKind if kind is not QuestionKind.CHOICES),
        (QuestionKind.CHOICES, "Soup", ["Soup"]),
        (QuestionKind.CHOICES, ["Soup", "Stew"], ["Soup", "Stew"]),
        (QuestionKind.CHOICES, None, None),
        (QuestionKind.TEXT, None, None),
    ],
)
def test_an_answer_is_shown_as_its_question_can_hold_it(kind: QuestionKind, given: Any, shown: Any) -> None:
    answers = {"meal": given, "gone": ["x"]}
    assert as_shown((replace(MEAL, kind=kind),), answers) == {"meal": shown, "gone": ["x"]}


@pytest.mark.parametrize(
    ("required", "answers", "asked_as_required"),
    [
        (True, {"wish": "Peace"}, True),
        (True, {}, False),
        (True, {"meal": "Soup"}, False),
        (False, {"wish": "Peace"}, False),
        (False, {}, False),
    ],
)
def test_what_became_required_later_may_stay_open(
    required: bool, answers: dict[str, Any], asked_as_required: bool
) -> None:
    assert as_asked_of(replace(WISH, required=required), answers).required is asked_as_required


@pytest.mark.parametrize(
    ("questions", "left"),
    [
        ((MEAL, WISH), {}),
        ((MEAL,), {"wish": "Peace"}),
        ((), {"meal": "Soup", "wish": "Peace"}),
    ],
)
def test_answers_to_what_is_not_asked_any_more_are_kept(questions: tuple[Question, ...], left: dict[str, Any]) -> None:
    assert not_asked_any_more(questions, {"meal": "Soup", "wish": "Peace"}) == left


def test_answers_are_counted_with_what_was_chosen() -> None:
    people = [
        {"meal": "Soup", "days": ["Friday", "Saturday"], "gone": "x"},
        {"meal": "Fish", "days": ["Friday"]},
        {"meal": "Soup", "wish": "Peace"},
        {},
    ]
    assert tally((MEAL, DAYS, WISH), people) == {
        "meal": Answered(number=3, chosen={"Soup": 2, "Fish": 1}),
        "days": Answered(number=2, several=2, chosen={"Friday": 2, "Saturday": 1}),
        "gone": Answered(number=1),
        "wish": Answered(number=1),
    }
