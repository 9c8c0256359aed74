"""What people decide on their own page: on site or digital, and whether a digital place suits them too."""

from flask import abort, request
from flask.typing import ResponseReturnValue

from regservice.registrations import moving, rules, session_places, waiting_list
from regservice.registrations.types import (
    Attendance,
    Full,
    Moved,
    NotOfferedToThem,
    RegistrationState,
    SessionFull,
    SessionTaken,
)
from regservice.web.personal.pages import blueprint, own_page, participation
from regservice.wiring import current_wiring


@blueprint.post("/attendance")
def change_attendance() -> ResponseReturnValue:
    """Take part in the other way from now on, if a place is free there."""
    wanted = request.form.get("attendance", "")
    if wanted not in list(Attendance):
        abort(400)
    own = participation().registration
    match moving.move(own.id, Attendance(wanted), by="person", now=current_wiring().now()):
        case Moved(already=already):
            return own_page("overview", news="" if already else "moved")
        case Full():
            return own_page("overview", 409, news="other_side_full")
        case NotOfferedToThem():
            return own_page("overview", 409)
        case _:
            return own_page("too_late", 410, why="started")


@blueprint.post("/digital-too")
def digital_too() -> ResponseReturnValue:
    """Say, or take back, that the place is wanted also if the event goes digital."""
    own = participation().registration
    if own.state in (RegistrationState.WAITLISTED, RegistrationState.OFFERED):
        waiting_list.set_digital_too(own.id, "yes" in request.form, by="person", now=current_wiring().now())
        return own_page("overview", news="changed")
    return own_page("overview", 409)


@blueprint.post("/watch")
def watch_together() -> ResponseReturnValue:
    """Take a chair where people watch together, or give it back."""
    found, now = participation(), current_wiring().now()
    wanted = request.form.get("session", type=int)
    if wanted is None or wanted not in {
        part.id for part in rules.places_to_watch(found.event, found.registration, now)
    }:
        return own_page("overview", 409)
    if "leave" in request.form:
        session_places.leave(found.registration.id, wanted, by="person", now=now)
        return own_page("overview", news="changed")
    match session_places.choose(found.registration.id, wanted, by="person", now=now):
        case SessionTaken():
            return own_page("overview", news="changed")
        case SessionFull():
            return own_page("overview", 409, news="watching_full")
        case _:
            return own_page("overview", 409)
