"""People who answered, and the questions that change afterwards: through the services and their own form."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.registrations import answered, service
from regservice.registrations.answer_rules import Answered
from regservice.registrations.types import RegistrationFacts
from tests.conftest import Clock
from tests.factories import confirm, make_event, register
from tests.forms import fill_in

MEAL = Question(key="meal", label="Which meal?", kind=QuestionKind.CHOICE, choices=("Soup", "Stew", "Fish"))
DAYS = Question(key="days", label="Which days?", kind=QuestionKind.CHOICES, choices=("Friday", "Sunday"))
WISH = Question(key="wish", label="What do you wish for?")


def ask(event: EventFacts, clock: Clock, *questions: Question) -> None:
    """Let the event have these questions from now on."""
    values = replace(events.values_of(events.get(event.id)), questions=questions)
    assert isinstance(changes.edit(event.id, values, by="test", now=clock()), EventFacts)


def answers_of(person: RegistrationFacts) -> dict[str, Any]:
    found = service.find(person.id)
    assert found is not None
    return found.answers


def own_form(client: FlaskClient, person: RegistrationFacts, **values: str):
    """Send the person's own form with these values and no other answers."""
    page = f"/r/{service.personal_token(person)}/change"
    return fill_in(client, page, {"name": person.name, "language": "en", **values})


def test_an_answer_outlives_its_question_and_every_correction(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(WISH, MEAL))
    ada = confirm(event, "Ada", clock(), answers={"wish": "Peace", "meal": "Soup"})
    ask(event, clock, MEAL)
    service.change(ada.id, name="Ada L.", language="de", answers={"meal": "Stew"}, now=clock())
    assert answers_of(ada) == {"wish": "Peace", "meal": "Stew"}
    service.change(ada.id, name="Ada L.", language="de", answers={}, now=clock())
    assert answers_of(ada) == {"wish": "Peace"}


def test_everybody_who_answered_counts_whatever_became_of_them(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(WISH, MEAL), capacity=1)
    for name in ("Ada", "Ben"):
        confirm(event, name, clock(), answers={"meal": "Soup"})
    cem = confirm(event, "Cem", clock(), answers={"wish": "Peace", "meal": "Fish"})
    service.cancel(cem.id, clock())
    register(event, "Dana", clock(), answers={"wish": "Quiet"})
    assert answered.of_event(event) == {
        "meal": Answered(number=3, chosen={"Soup": 2, "Fish": 1}),
        "wish": Answered(number=2),
    }


def test_a_choice_that_is_gone_stays_with_who_made_it(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL, DAYS))
    ada = confirm(event, "Ada", clock(), answers={"meal": "Fish", "days": ["Sunday"]})
    ben = confirm(event, "Ben", clock(), answers={"meal": "Soup"})
    ask(event, clock, replace(MEAL, choices=("Soup", "Stew")), replace(DAYS, choices=("Friday",)))
    given = {"answers-meal": "Fish", "answers-days": "Sunday"}
    assert own_form(app.test_client(), ada, **given).status_code == 200
    assert answers_of(ada) == {"meal": "Fish", "days": ["Sunday"]}
    page = app.test_client().get(f"/r/{service.personal_token(ada)}/change").text
    assert page.count("checked") == 3
    assert own_form(app.test_client(), ben, **given).status_code == 400
    assert answers_of(ben) == {"meal": "Soup"}


def test_a_question_required_since_locks_nobody_out(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), questions=(WISH,))
    ada = confirm(event, "Ada", clock(), answers={"wish": "Peace"})
    ask(event, clock, replace(WISH, required=True), replace(MEAL, required=True))
    client = app.test_client()
    answer = own_form(client, ada, name="Ada L.", **{"answers-wish": "Peace", "answers-meal": ""})
    assert (answer.status_code, answers_of(ada)) == (200, {"wish": "Peace"})
    found = service.find(ada.id)
    assert found is not None
    assert found.name == "Ada L."
    assert own_form(client, ada, **{"answers-wish": ""}).status_code == 400
    assert own_form(client, ada, **{"answers-wish": "Rest", "answers-meal": "Stew"}).status_code == 200
    assert answers_of(ada) == {"wish": "Rest", "meal": "Stew"}
    # Who comes now answers both.
    empty = {"name": "Ben", "email": "ben@example.org", "language": "de", "consent": "y"}
    refused = fill_in(client, f"/events/{event.slug}/register", empty | {"answers-meal": "", "answers-wish": ""})
    assert (refused.status_code, "answers-meal-error" in refused.text) == (400, True)


@pytest.mark.parametrize("kind", QuestionKind)
def test_who_answered_while_the_question_changed_keeps_a_page_and_the_answer(
    app: Flask, clock: Clock, kind: QuestionKind
) -> None:
    """Their form was opened when it asked for one or several dishes, and came when it asked in another way."""
    event = make_event(clock(), questions=(replace(MEAL, kind=kind, choices=("Soup", "Stew")),), capacity=9)
    for name, given in (("Ada", "Soup"), ("Ben", ["Soup", "Stew"])):
        person = confirm(event, name, clock(), answers={"meal": given})
        page = f"/r/{service.personal_token(person)}"
        client = app.test_client()
        assert [client.get(page + path).status_code for path in ("", "/change")] == [200, 200]
        assert "Soup" in client.get(page).text
        if kind is not QuestionKind.YES_NO:
            assert "Soup" in client.get(f"{page}/change").text
