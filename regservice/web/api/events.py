"""Events by the API: read by everybody, made and changed with a token."""

from typing import Any

from flask import Response, jsonify

from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.document import Invalid, without_offset
from regservice.events.shapes import EventShape
from regservice.exchange import saving
from regservice.web.api.answers import event_answer, page
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event, get_public_event
from regservice.web.api.shapes import EventAnswer, EventChange, PageShape, list_of
from regservice.web.api.tokens import caller, find_caller, token_required
from regservice.wiring import current_wiring


@blueprint.get("/events")
@blueprint.arguments(PageShape, location="query")
@blueprint.response(200, list_of(EventAnswer))
def list_events(part: dict[str, int]) -> Response:
    """Public events, in the order they were made."""
    now = current_wiring().now()
    internal = find_caller() is not None
    found = events.public_page(after_id=part["after"], limit=part["limit"] + 1)
    return page(found, part["limit"], lambda event: event_answer(event, now, internal=internal), lambda event: event.id)


@blueprint.get("/events/<slug>")
@blueprint.response(200, EventAnswer)
def show_event(slug: str) -> Response:
    """A public event; with a token also a draft."""
    internal = find_caller() is not None
    event = get_event(slug) if internal else get_public_event(slug)
    return jsonify(event_answer(event, current_wiring().now(), internal=internal))


@blueprint.post("/events")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(EventShape)
@blueprint.response(201, EventAnswer)
def create_event(members: dict[str, Any]) -> Response:
    """Make an event, which belongs to the token's organiser."""
    _with_offsets(members)
    now = current_wiring().now()
    event = saving.create_event(members, by=caller().actor, now=now, owner_id=caller().organiser_id)
    answer = event_answer(event, now, internal=True) | _warnings(event_rules.publish_warnings(event))
    response = jsonify(answer)
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/events/{event.slug}"
    return response


@blueprint.patch("/events/<slug>")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(EventChange(partial=True))
@blueprint.response(200, EventAnswer)
def change_event(members: dict[str, Any], slug: str) -> Response:
    """Change what is named and leave the rest; people are told of what concerns them."""
    _with_offsets(members)
    now = current_wiring().now()
    event = saving.change_event(get_event(slug).id, members, by=caller().actor, now=now)
    return jsonify(event_answer(event, now, internal=True) | _warnings(event_rules.publish_warnings(event)))


def _with_offsets(members: dict[str, Any]) -> None:
    if bare := without_offset(members):
        raise Invalid({name: ["This time needs an offset, such as +01:00."] for name in bare})


def _warnings(problems: list[Any]) -> dict[str, Any]:
    """What a good announcement still lacks; it does not keep anybody from publishing."""
    return {"warnings": [problem.field for problem in problems]}
