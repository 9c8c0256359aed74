"""The questions of an event's form: which there are, each with its form, their order, and taking one away."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.changes import questions
from regservice.changes.types import AnswersConcerned, EditRefused
from regservice.events.types import EventFacts, Overtaken, Question
from regservice.registrations import access_rules, answered
from regservice.registrations.answer_rules import Answered
from regservice.web.access import organiser_required
from regservice.web.organiser import labels, question_form, question_words
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.question_form import QuestionForm
from regservice.web.ready_question import access_needs

blueprint = Blueprint("organiser_questions", __name__, url_prefix="/organise/events/<slug>/questions")


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for the kinds of questions."""
    return {"kinds": question_words.KIND}


@blueprint.get("")
@organiser_required
def questions_page(slug: str) -> ResponseReturnValue:
    """All questions in their order."""
    return _page(event_of(slug))


@blueprint.get("/new")
@organiser_required
def new_question(slug: str) -> ResponseReturnValue:
    """An empty form."""
    event = event_of(slug)
    return _form_page(event, None, question_form.form_of(event, None, Answered()))


@blueprint.post("/new")
@organiser_required
def add_question(slug: str) -> ResponseReturnValue:
    """Ask something after the others."""
    event = event_of(slug)
    return _save(event, None, question_form.form_of(event, None, Answered(), request.form))


@blueprint.post("/access-needs")
@organiser_required
def ask_for_access_needs(slug: str) -> ResponseReturnValue:
    """Ask people what they need to take part, in the language of the town, unless the form does already."""
    event = event_of(slug)
    if access_rules.questions_about(event):
        return _page(event, 409, changed=True)
    return _arranged(event, [*event.questions, access_needs()])


@blueprint.get("/asked/<key>")
@organiser_required
def edit_question(slug: str, key: str) -> ResponseReturnValue:
    """The form with the question as it stands."""
    event = event_of(slug)
    question = _question(event, key) or abort(404)
    return _form_page(event, question, question_form.form_of(event, question, _answered(event, question)))


@blueprint.post("/asked/<key>")
@organiser_required
def save_question(slug: str, key: str) -> ResponseReturnValue:
    """Keep what was changed of a question."""
    event = event_of(slug)
    if (question := _question(event, key)) is None:
        return _page(event, 409, changed=True)
    return _save(event, question, question_form.form_of(event, question, _answered(event, question), request.form))


@blueprint.post("/asked/<key>/earlier")
@organiser_required
def move_earlier(slug: str, key: str) -> ResponseReturnValue:
    """Let a question come before the one that it follows."""
    return _moved(slug, key, -1)


@blueprint.post("/asked/<key>/later")
@organiser_required
def move_later(slug: str, key: str) -> ResponseReturnValue:
    """Let a question come after the one that follows it."""
    return _moved(slug, key, 1)


@blueprint.post("/asked/<key>/remove")
@organiser_required
def remove_question(slug: str, key: str) -> ResponseReturnValue:
    """Ask a question no more; where people have answered it, after a page that says how many."""
    event = event_of(slug)
    if (gone := _question(event, key)) is None:
        return _page(event, 409, changed=True)
    return _arranged(event, [question for question in event.questions if question is not gone], gone)


def _question(event: EventFacts, key: str) -> Question | None:
    return next((question for question in event.questions if question.key == key), None)


def _answered(event: EventFacts, question: Question) -> Answered:
    return answered.of_event(event).get(question.key, Answered())


def _number(name: str) -> int:
    """A number that our own pages sent along."""
    return request.form.get(name, 0, type=int)


def _page(event: EventFacts, status: int = 200, *, changed: bool = False) -> ResponseReturnValue:
    return render_template(
        "organiser/questions.html",
        event=event,
        changed=changed,
        answered={key: given.number for key, given in answered.of_event(event).items()},
        asks_for_access=bool(access_rules.questions_about(event)),
    ), status


def _form_page(
    event: EventFacts, question: Question | None, form: QuestionForm, status: int = 200
) -> ResponseReturnValue:
    return render_template("organiser/question_form.html", event=event, question=question, form=form), status


def _moved(slug: str, key: str, by: int) -> ResponseReturnValue:
    event = event_of(slug)
    if (question := _question(event, key)) is None:
        return _page(event, 409, changed=True)
    asked = list(event.questions)
    place = asked.index(question)
    asked.insert(max(place + by, 0), asked.pop(place))
    return _arranged(event, asked)


def _arranged(event: EventFacts, wanted: Sequence[Question], gone: Question | None = None) -> ResponseReturnValue:
    match _arrange(event, wanted):
        case AnswersConcerned() as concerned:
            return render_template("organiser/question_gone.html", event=event, question=gone, concerned=concerned)
        case Overtaken() | EditRefused():
            return _page(event_of(event.slug), 409, changed=True)
        case _:
            return _saved(event)


def _save(event: EventFacts, question: Question | None, form: QuestionForm) -> ResponseReturnValue:
    given = question_form.question_from(form, question)
    if given is None:
        return _form_page(event, question, form, 400)
    if question is None:
        wanted = [*event.questions, replace(given, key="")]
    else:
        wanted = [given if other is question else other for other in event.questions]
    match _arrange(event, wanted):
        case AnswersConcerned() as concerned:
            return render_template(
                "organiser/question_gone.html", event=event, question=question, form=form, concerned=concerned
            )
        case EditRefused():
            form.form_errors.append(str(labels.PROBLEM["questions", "answered"]))
            return _form_page(event, question, form, 409)
        case Overtaken():
            form.mark_overtaken(event_of(event.slug))
            return _form_page(event, question, form, 409)
        case _:
            return _saved(event)


def _arrange(event: EventFacts, wanted: Sequence[Question]) -> EventFacts | Overtaken | EditRefused | AnswersConcerned:
    """Write it, if the event is as it was shown, and no more answers are concerned than was agreed to."""
    seen, agreed = _number("version"), _number("agreed")
    return questions.arrange(event.id, wanted, seen=seen, agreed=agreed, by=actor(), now=moment())


def _saved(event: EventFacts) -> ResponseReturnValue:
    flash(gettext("Your changes are saved."))
    return redirect(url_for("organiser_questions.questions_page", slug=event.slug), 303)
