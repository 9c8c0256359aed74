"""The call list: a page to print, with a box for each thing that may be heard on the telephone."""

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from regservice.events.types import EventFacts, SessionFacts
from regservice.registrations import call_list as registrations
from regservice.registrations.types import CallLine, Question
from regservice.web.access import organiser_required
from regservice.web.organiser import labels
from regservice.web.organiser.area import blueprint, event_of, moment


@blueprint.get("/events/<slug>/call-list")
@organiser_required
def call_list(slug: str) -> ResponseReturnValue:
    """Whom no mail reaches, with the state of the list on every sheet."""
    event = event_of(slug)
    return sheet(event, registrations.lines(event.id))


@blueprint.get("/events/<slug>/call-list/<question>")
@organiser_required
def question_list(slug: str, question: str) -> ResponseReturnValue:
    """Who has to be called to be asked this; the answers are entered on the page of each person."""
    event = event_of(slug)
    if question not in list(Question):
        abort(404)
    asked = Question(question)
    return sheet(event, registrations.lines_of_question(event, asked, moment()), asked)


@blueprint.get("/events/<slug>/parts/<int:session_id>/call-list")
@organiser_required
def part_list(slug: str, session_id: int) -> ResponseReturnValue:
    """Who has to be called when the time or room of a part changes."""
    event = event_of(slug)
    part = next((part for part in event.parts if part.id == session_id), None) or abort(404)
    return sheet(event, registrations.lines_of_parts(event)[part.id], part=part)


def sheet(
    event: EventFacts, lines: list[CallLine], question: Question | None = None, *, part: SessionFacts | None = None
) -> str:
    """The list as a sheet of paper, with the boxes for what is asked, or for who hears of a part."""
    return render_template(
        "print/call_list.html",
        event=event,
        lines=lines,
        question=question,
        part=part,
        boxes=labels.CALL_BOXES["part" if part else question],
        now=moment(),
    )
