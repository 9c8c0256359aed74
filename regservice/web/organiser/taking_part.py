"""How a person takes part, changed by the town: on site or digital, and the parts that are not for everyone."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.events.types import EventFacts, SessionFacts
from regservice.registrations import in_sessions, moving, question_rules, questions, rules, session_places
from regservice.registrations.types import (
    Attendance,
    Full,
    Moved,
    NotOfferedToThem,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    SessionFull,
    SessionTaken,
    TooLate,
)
from regservice.web.access import organiser_required
from regservice.web.organiser import labels, sessions
from regservice.web.organiser.area import PERSON, actor, blueprint, event_of, moment, person_of


def shown(event: EventFacts, person: RegistrationFacts) -> dict[str, object]:
    """What the page of a person shows of this."""
    possible = rules.attendances_with(event, person.session_ids) if person.active else ()
    return {
        "other_attendances": [attendance for attendance in possible if attendance is not person.attendance],
        "own_parts": rules.parts_of(event, person),
        "parts_to_choose": [part for part in event.parts if not part.for_everyone],
        "question": question_rules.question_for(event, person, moment()),
        "people_in": in_sessions.people_in(event.id),
    }


@blueprint.post(PERSON + "/attendance")
@organiser_required
def move_person(slug: str, registration_id: int) -> ResponseReturnValue:
    """Let a person take part in the other way."""
    event = event_of(slug)
    person_of(event, registration_id)
    wanted = request.form.get("attendance", "")
    if wanted not in list(Attendance):
        abort(400)
    match moving.move(registration_id, Attendance(wanted), by=actor(), now=moment()):
        case Moved():
            flash(gettext("Changed. The person gets a mail if there is an address."))
        case Full():
            flash(gettext("Nothing was changed: no place is free there, or others wait for it."), "error")
        case NotOfferedToThem():
            flash(gettext("Nothing was changed: the parts of this person leave no choice."), "error")
        case _:
            flash(gettext("Nothing was changed: the event has begun, or this registration has ended."), "error")
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/answer")
@organiser_required
def answer_for_person(slug: str, registration_id: int) -> ResponseReturnValue:
    """Enter what a person said on the telephone to what they are asked."""
    person_of(event_of(slug), registration_id)
    asked, said = request.form.get("question", ""), request.form.get("said", "")
    if asked not in list(Question) or said not in list(QuestionAnswer):
        abort(400)
    answer = questions.answer(registration_id, Question(asked), QuestionAnswer(said), by=actor(), now=moment())
    if isinstance(answer, TooLate):
        flash(gettext("Nothing was changed: this is not asked any more."), "error")
    else:
        flash(gettext("The answer is noted."))
    return _back(slug, registration_id)


@blueprint.post(PERSON + "/parts")
@organiser_required
def change_part(slug: str, registration_id: int) -> ResponseReturnValue:
    """Put a person into a part, or take them out of it."""
    event = event_of(slug)
    person = person_of(event, registration_id)
    part = _part(event, request.form.get("part", type=int))
    if "leave" in request.form:
        session_places.leave(person.id, part.id, by=actor(), now=moment())
        flash(gettext("%(name)s is no longer in: %(title)s", name=person.name, title=part.title))
    else:
        _put_into(person, part)
    return _back(slug, registration_id)


def _put_into(person: RegistrationFacts, part: SessionFacts) -> None:
    match session_places.choose(person.id, part.id, by=actor(), now=moment()):
        case SessionTaken():
            flash(gettext("%(name)s is in: %(title)s", name=person.name, title=part.title))
        case SessionFull(capacity=capacity):
            flash(gettext("%(title)s is full (places: %(number)s).", title=part.title, number=capacity), "error")
        case Full():
            text = gettext("%(name)s would need a place on site for this part, and none is free.", name=person.name)
            flash(text, "error")
        case _:
            flash(gettext("Nothing was changed: the event has begun, or this registration has ended."), "error")


def _part(event: EventFacts, session_id: int | None) -> SessionFacts:
    found = (part for part in event.parts if part.id == session_id and not part.for_everyone)
    return next(found, None) or abort(404)


def _back(slug: str, registration_id: int) -> ResponseReturnValue:
    return redirect(url_for("organiser.person", slug=slug, registration_id=registration_id), 303)


@sessions.blueprint.get("/<int:session_id>/people")
@organiser_required
def session_people(slug: str, session_id: int) -> ResponseReturnValue:
    """Who is in a part, and who could be."""
    event = event_of(slug)
    part = next((part for part in event.parts if part.id == session_id), None) or abort(404)
    inside = in_sessions.people_of(part.id)
    others = [] if part.for_everyone else session_places.with_a_place(event.id)
    known = {person.id for person in inside}
    return render_template(
        "organiser/session_people.html",
        event=event,
        part=part,
        inside=inside,
        others=[person for person in others if person.id not in known],
        labels=labels,
    )


@sessions.blueprint.post("/<int:session_id>/people")
@organiser_required
def change_session_people(slug: str, session_id: int) -> ResponseReturnValue:
    """Put a person of the list into this part, or take one out."""
    event = event_of(slug)
    part = _part(event, session_id)
    person = person_of(event, request.form.get("person", default=0, type=int))
    if "leave" in request.form:
        session_places.leave(person.id, part.id, by=actor(), now=moment())
        flash(gettext("%(name)s is no longer in: %(title)s", name=person.name, title=part.title))
    else:
        _put_into(person, part)
    return redirect(url_for("organiser_sessions.session_people", slug=slug, session_id=session_id), 303)
