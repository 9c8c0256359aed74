"""The answer to what a person with a place is asked on their own page; the page itself only shows it."""

from flask import abort, request
from flask.typing import ResponseReturnValue

from regservice.registrations import questions
from regservice.registrations.types import Cancelled, Question, QuestionAnswer, TooLate
from regservice.web.personal.pages import answer_page, blueprint, own_page, participation
from regservice.wiring import current_wiring


@blueprint.post("/answer")
def answer_question() -> ResponseReturnValue:
    """Keep what the person says to the question that they saw."""
    asked, said = request.form.get("question", ""), request.form.get("said", "")
    if asked not in list(Question) or said not in list(QuestionAnswer):
        abort(400)
    number, now = participation().registration.id, current_wiring().now()
    match questions.answer(number, Question(asked), QuestionAnswer(said), by="person", now=now):
        case Cancelled() as cancelled:
            return answer_page(cancelled)
        case TooLate():
            return own_page("overview", 409, news="question_over")
        case _:
            return own_page("overview", news="answered")
