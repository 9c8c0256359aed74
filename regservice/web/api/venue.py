"""Whether the place on site is sure, by the API: for the rule that proposes digital where nobody confirms it."""

from typing import Any

from flask import Response, jsonify

from regservice.events.types import EventFacts
from regservice.formats import venue
from regservice.web.api.answers import full
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event
from regservice.web.api.shapes import PlaceSureAnswer, PlaceSureShape
from regservice.web.api.tokens import caller, token_required
from regservice.wiring import current_wiring


@blueprint.get("/events/<slug>/format/venue")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.response(200, PlaceSureAnswer)
def show_venue(slug: str) -> Response:
    """Whether somebody confirmed the place as it is now, for the hours that the event has now."""
    return _answer(get_event(slug))


@blueprint.post("/events/<slug>/format/venue")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(PlaceSureShape)
@blueprint.response(200, PlaceSureAnswer)
def confirm_venue(members: dict[str, Any], slug: str) -> Response:
    """Note that the place is sure, or that it is not after all; the same again changes nothing.

    It counts for this place and these hours: when either changes, somebody has to ask anew.
    """
    event, now = get_event(slug), current_wiring().now()
    if members["confirmed"]:
        venue.confirm(event.id, by=caller().actor, now=now)
    else:
        venue.take_back(event.id, by=caller().actor, now=now)
    return _answer(event)


def _answer(event: EventFacts) -> Response:
    found = venue.confirmed(event)
    return jsonify(
        confirmed=found is not None,
        confirmed_at=full(found.at, event.timezone) if found else None,
        venue=event.venue.label,
    )
