"""The page behind the link of who speaks or moderates: into the digital room, as host where its system knows hosts."""

from flask import Blueprint, make_response, redirect, render_template
from flask.typing import ResponseReturnValue

from regservice.config import current_settings
from regservice.events import opening, rules
from regservice.events.rooms import RoomTrouble, Visitor
from regservice.events.types import EventFacts, Speaker
from regservice.notices import speaker_links
from regservice.web.access import lead_out
from regservice.wiring import current_wiring

blueprint = Blueprint("speaking", __name__)

TRY_AGAIN_S = 30


@blueprint.get("/speak/<token>")
def room_page(token: str) -> ResponseReturnValue:
    """When the room can be entered, and the button for it. Looking makes no room."""
    found = speaker_links.find_by_token(token)
    return _page(token, *found) if found else _unknown()


@blueprint.post("/speak/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Make or find the room, and enter it as host."""
    return _enter(token, None)


@blueprint.post("/speak/<token>/<int:session_id>")
def enter_group(token: str, session_id: int) -> ResponseReturnValue:
    """Enter the room of one working group as host."""
    return _enter(token, session_id)


def _enter(token: str, group_id: int | None) -> ResponseReturnValue:
    found = speaker_links.find_by_token(token)
    if found is None:
        return _unknown()
    event, speaker = found
    wiring = current_wiring()
    if not rules.may_speakers_enter(event, wiring.now()):
        return _page(token, event, speaker, 409)
    host, key = Visitor(name=speaker.name, moderates=True), current_settings().secret_key
    try:
        return redirect(opening.enter(event.id, host, wiring.rooms, key, wiring.now(), group_id=group_id), 303)
    except RoomTrouble:
        response = make_response(_page(token, event, speaker, 503, trouble=True))
        response.headers["Retry-After"] = str(TRY_AGAIN_S)
        return response


def _unknown() -> ResponseReturnValue:
    return render_template("speaking/unknown.html"), 404


def _page(
    token: str, event: EventFacts, speaker: Speaker, status: int = 200, *, trouble: bool = False
) -> ResponseReturnValue:
    wiring = current_wiring()
    may_enter = rules.may_speakers_enter(event, wiring.now())
    if may_enter:
        lead_out(opening.leads_to(event, wiring.rooms))
    page = render_template(
        "speaking/room.html",
        token=token,
        event=event,
        speaker=speaker,
        stage=rules.status(event, wiring.now()),
        opens_at=rules.speakers_enter_at(event),
        may_enter=may_enter,
        group_rooms=rules.group_rooms(event),
        trouble=trouble,
    )
    return page, status
