"""The call list: a page to print, with a box for each thing that may be heard on the telephone."""

from flask import render_template
from flask.typing import ResponseReturnValue

from regservice.registrations import call_list as registrations
from regservice.web.access import organiser_required
from regservice.web.organiser.area import blueprint, event_of, moment


@blueprint.get("/events/<slug>/call-list")
@organiser_required
def call_list(slug: str) -> ResponseReturnValue:
    """Whom no mail reaches, with the state of the list on every sheet."""
    event = event_of(slug)
    return render_template("print/call_list.html", event=event, lines=registrations.lines(event.id), now=moment())
