"""The list for the door: a page to print, A to Z, without addresses and answers."""

from flask import render_template
from flask.typing import ResponseReturnValue

from regservice.registrations import attendee_list
from regservice.web.access import organiser_required
from regservice.web.organiser.area import blueprint, event_of, moment

# Lines for people who come without having registered.
BLANK_LINES = 15


@blueprint.get("/events/<slug>/door")
@organiser_required
def door_list(slug: str) -> ResponseReturnValue:
    """Name, code and a box to tick, with the state of the list on every sheet."""
    event = event_of(slug)
    lines = attendee_list.door_lines(event)
    return render_template("print/door_list.html", event=event, lines=lines, blank=BLANK_LINES, now=moment())
