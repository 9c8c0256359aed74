"""The parts of an event: which there are, each with its form, their order, and taking one away."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from regservice.changes import sessions as session_changes
from regservice.changes.types import SessionsRefused
from regservice.events import sessions
from regservice.events.types import EventFacts, SessionFacts, SessionValues
from regservice.registrations import call_list, in_sessions, own_programme, wishes_gone
from regservice.web.access import organiser_required
from regservice.web.organiser import labels, session_form
from regservice.web.organiser.area import actor, event_of, moment

blueprint = Blueprint("organiser_sessions", __name__, url_prefix="/organise/events/<slug>/parts")


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for the service's codes."""
    return {"labels": labels}


@blueprint.get("")
@organiser_required
def sessions_page(slug: str) -> ResponseReturnValue:
    """All parts in their order."""
    return _page(event_of(slug))


def _page(event: EventFacts, status: int = 200, refused: str = "") -> ResponseReturnValue:
    return render_template(
        "organiser/sessions.html",
        event=event,
        refused=refused,
        people_in=in_sessions.people_in(event.id),
        wishing=wishes_gone.wishing(event.id),
        to_call=call_list.lines_of_parts(event),
    ), status


@blueprint.get("/new")
@organiser_required
def new_session(slug: str) -> ResponseReturnValue:
    """An empty form."""
    event = event_of(slug)
    return _form_page(event, None, session_form.form_of(event, None))


@blueprint.post("/new")
@organiser_required
def add_session(slug: str) -> ResponseReturnValue:
    """Add a part after the others, or show the form again with what was typed."""
    event = event_of(slug)
    return _save(event, None, session_form.form_of(event, None, request.form))


@blueprint.get("/<int:session_id>")
@organiser_required
def edit_session(slug: str, session_id: int) -> ResponseReturnValue:
    """The form with the part as it stands."""
    event = event_of(slug)
    part = _part(event, session_id)
    return _form_page(event, part, session_form.form_of(event, part))


@blueprint.post("/<int:session_id>")
@organiser_required
def save_session(slug: str, session_id: int) -> ResponseReturnValue:
    """Keep what was changed of a part."""
    event = event_of(slug)
    part = _part(event, session_id)
    return _save(event, part, session_form.form_of(event, part, request.form))


@blueprint.post("/<int:session_id>/earlier")
@organiser_required
def move_session(slug: str, session_id: int) -> ResponseReturnValue:
    """Let a part come before the one that it follows."""
    event = event_of(slug)
    ids = [part.id for part in event.parts]
    place = ids.index(_part(event, session_id).id)
    ids[max(place - 1, 0) : place + 1] = reversed(ids[max(place - 1, 0) : place + 1])
    parts = {part.id: part for part in event.parts}
    return _arranged(event, [(identity, sessions.values_of(parts[identity])) for identity in ids])


@blueprint.post("/<int:session_id>/remove")
@organiser_required
def remove_session(slug: str, session_id: int) -> ResponseReturnValue:
    """Take a part away."""
    event = event_of(slug)
    part = _part(event, session_id)
    rest = [(other.id, sessions.values_of(other)) for other in event.parts if other.id != part.id]
    return _arranged(event, rest)


def _part(event: EventFacts, session_id: int) -> SessionFacts:
    """The part, which must belong to the event in the address."""
    return next((part for part in event.parts if part.id == session_id), None) or abort(404)


def _form_page(
    event: EventFacts, part: SessionFacts | None, form: session_form.SessionForm, status: int = 200
) -> ResponseReturnValue:
    return render_template("organiser/session_form.html", event=event, part=part, form=form), status


def _save(event: EventFacts, part: SessionFacts | None, form: session_form.SessionForm) -> ResponseReturnValue:
    values = session_form.values_from(form, event, part)
    if values is None:
        return _form_page(event, part, form, 400)
    wanted: list[tuple[int | None, SessionValues]] = [
        (other.id, values if part and other.id == part.id else sessions.values_of(other)) for other in event.parts
    ]
    if part is None:
        wanted.append((None, values))
    answer = session_changes.arrange(event.id, wanted, by=actor(), now=moment())
    if isinstance(answer, SessionsRefused):
        form.form_errors.append(str(labels.SESSIONS_REFUSED[answer.code]))
        return _form_page(event, part, form, 409)
    return _saved(event, answer)


def _arranged(event: EventFacts, wanted: Sequence[tuple[int | None, SessionValues]]) -> ResponseReturnValue:
    answer = session_changes.arrange(event.id, wanted, by=actor(), now=moment())
    if isinstance(answer, SessionsRefused):
        return _page(event, 409, refused=str(labels.SESSIONS_REFUSED[answer.code]))
    return _saved(event, answer)


def _saved(before: EventFacts, after: EventFacts) -> ResponseReturnValue:
    """Back to the parts, with how many people hear of the change only when somebody calls them."""
    flash(gettext("Your changes are saved."))
    if wished := len(wishes_gone.to_call(before, after, moment())):
        flash(
            ngettext(
                "No mail tells %(num)s person who wished for this part that it is gone: please call. The list of "
                "attendees says who it is.",
                "No mail tells %(num)s people who wished for this part that it is gone: please call. The list of "
                "attendees says who they are.",
                wished,
            ),
            "warning",
        )
    number = len(own_programme.to_call(before, after, moment()))
    if number:
        flash(
            ngettext(
                "No mail tells %(num)s person of the change: please call. The lists to print stand with the parts.",
                "No mail tells %(num)s people of the change: please call. The lists to print stand with the parts.",
                number,
            ),
            "warning",
        )
    return redirect(url_for("organiser_sessions.sessions_page", slug=after.slug), 303)
