"""What people answered to the questions of a form, and what of it stays when the questions change: PURE."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from regservice.events.types import Question, QuestionKind

CHOOSING = (QuestionKind.CHOICE, QuestionKind.CHOICES)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How many registrations hold an answer to a question, how many of these name several, and what was chosen."""

    number: int = 0
    several: int = 0
    chosen: Mapping[str, int] = field(default_factory=dict)


def tally(questions: Sequence[Question], registrations: Iterable[Mapping[str, Any]]) -> dict[str, Answered]:
    """How often each key was answered, those of questions that are not asked any more included."""
    numbers, several = Counter[str](), Counter[str]()
    chosen: dict[str, Counter[str]] = {}
    choosing = {question.key for question in questions if question.kind in CHOOSING}
    for answers in registrations:
        for key, answer in answers.items():
            numbers[key] += 1
            several[key] += isinstance(answer, list)
            if key in choosing:
                chosen.setdefault(key, Counter[str]()).update(_chosen(answer))
    return {
        key: Answered(number=number, several=several[key], chosen=chosen.get(key, {}))
        for key, number in numbers.items()
    }


def as_shown(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a person as fields of these questions can hold them.

    While somebody fills in a form nobody has answered yet, so the question may still become one of another kind.
    """
    shown = dict(answers)
    for question in questions:
        given = answers.get(question.key)
        if isinstance(given, list) and question.kind is not QuestionKind.CHOICES:
            shown[question.key] = ", ".join(_chosen(given))
        elif isinstance(given, str) and question.kind is QuestionKind.CHOICES:
            shown[question.key] = [given]
    return shown


def as_asked_of(question: Question, answers: Mapping[str, Any]) -> Question:
    """A question as it is put to somebody who has registered already.

    What they chose stays theirs to choose, also when nobody else can any more. And what became required after they
    registered may stay open, so that they can still correct their name.
    """
    given = answers.get(question.key)
    if question.kind in CHOOSING:
        theirs = (choice for choice in _chosen(given) if choice not in question.choices)
        question = replace(question, choices=(*question.choices, *theirs))
    return replace(question, required=question.required and given is not None)


def not_asked_any_more(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a person to questions that were taken away; nothing that they say afterwards touches them."""
    asked = {question.key for question in questions}
    return {key: answer for key, answer in answers.items() if key not in asked}


def _chosen(answer: Any) -> tuple[str, ...]:
    return tuple(map(str, answer)) if isinstance(answer, list) else (str(answer),) if answer is not None else ()
