"""The form of an event is kept in memory by what it was made from."""

import pytest
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import Form

from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.web.organiser.attendees import entry_form_for
from regservice.web.registration_form import form_for
from tests.conftest import Clock
from tests.factories import make_event

LUNCH = Question(key="lunch", label="Lunch?", kind=QuestionKind.YES_NO, required=True)
NAMED = ImmutableMultiDict({"name": "Ada"})


@pytest.mark.parametrize("staff_first", [True, False])
def test_a_question_is_required_of_people_and_not_of_staff(app: Flask, clock: Clock, staff_first: bool) -> None:
    event = make_event(clock(), questions=(LUNCH,))

    def missing(form: Form) -> bool:
        form.validate()
        return "answers-lunch" in form.errors

    def of_staff(found: EventFacts) -> bool:
        return missing(entry_form_for(found, NAMED))

    with app.test_request_context():
        if staff_first:
            assert not of_staff(event)
        assert missing(form_for(event, NAMED))
        assert not of_staff(event)
