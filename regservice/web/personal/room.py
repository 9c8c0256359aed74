"""The way into the digital room: at once where there is one, with one button where it must first be made.

Who presses the button has joined, which is noted; following the link in a mail is not, since mail scanners do it too.
"""

from flask import make_response, redirect
from flask.typing import ResponseReturnValue

from regservice.config import current_settings
from regservice.events import opening
from regservice.events import rules as event_rules
from regservice.events.rooms import LINK, RoomTrouble, Visitor
from regservice.events.types import SessionFacts
from regservice.registrations import joining, rules
from regservice.registrations.types import Participation
from regservice.web.access import lead_out
from regservice.web.personal.pages import blueprint, can_join, own_page, participation, rooms_of
from regservice.wiring import current_wiring

TRY_AGAIN_S = 30


@blueprint.get("/join")
def join() -> ResponseReturnValue:
    """Into the room when it is open, else the page that says when."""
    found, wiring, key = participation(), current_wiring(), current_settings().secret_key
    if not can_join(found):
        return own_page("overview")
    if found.event.room_system == LINK:
        return redirect(rules.room_at(found.event, found.registration, wiring.now()), 302)
    group = rules.group_at(found.event, found.registration, wiring.now())
    if opening.needs_click(found.event, wiring.rooms, key, wiring.now(), group):
        return _page("join")
    return redirect(opening.address_of(found.event, _visitor(), wiring.rooms, key, wiring.now(), group), 302)


@blueprint.get("/join/<int:session_id>")
def join_part(session_id: int) -> ResponseReturnValue:
    """Into the room of one part of the person's own, for who is in several; a made one is entered by its button."""
    found = participation()
    part = _own_part(found, session_id)
    return redirect(part.join_url, 302) if part and found.event.room_system == LINK else own_page("overview")


@blueprint.post("/join/<int:session_id>")
def enter_part(session_id: int) -> ResponseReturnValue:
    """Enter the room of one part of the person's own."""
    found = participation()
    part = _own_part(found, session_id)
    if part is None:
        return own_page("overview", 409)
    if found.event.room_system == LINK:
        return _joined(part.join_url)
    return _make(part if part in event_rules.group_rooms(found.event) else None)


def _own_part(found: Participation, session_id: int) -> SessionFacts | None:
    """A part whose room the person can enter now."""
    rooms = rooms_of(found.event, found.registration) if can_join(found) else ()
    return next((part for part in rooms if part.id == session_id), None)


@blueprint.post("/join")
def make_room() -> ResponseReturnValue:
    """Make or find the room, and enter it."""
    found, now = participation(), current_wiring().now()
    if not can_join(found):
        return own_page("overview", 409)
    if found.event.room_system == LINK:
        return _joined(rules.room_at(found.event, found.registration, now))
    return _make(rules.group_at(found.event, found.registration, now))


def _make(group: SessionFacts | None) -> ResponseReturnValue:
    """Enter the event's room, or that of a group, which is made if it is not there."""
    event, wiring, key = participation().event, current_wiring(), current_settings().secret_key
    group_id = group.id if group else None
    try:
        address = opening.enter(event.id, _visitor(), wiring.rooms, key, wiring.now(), group_id=group_id)
    except RoomTrouble:
        response = make_response(_page("room_trouble", 503))
        response.headers["Retry-After"] = str(TRY_AGAIN_S)
        return response
    return _joined(address)


def _joined(address: str) -> ResponseReturnValue:
    """Into the room by a button, which only people press."""
    joining.note(participation().registration, current_wiring().now())
    return redirect(address, 303)


def _visitor() -> Visitor:
    """The person under their name; a participant is never host, but who speaks at the event is."""
    own, event = participation().registration, participation().event
    return Visitor(name=own.name, moderates=event_rules.speaks_at(event, own.email))


def _page(template: str, status: int = 200) -> ResponseReturnValue:
    """A page whose button leads out to the room."""
    lead_out(opening.leads_to(participation().event, current_wiring().rooms))
    return own_page(template, status)
