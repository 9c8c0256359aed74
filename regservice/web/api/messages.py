"""The ledger of an event by the API: what was and will be sent to whom."""

from flask import Response

from regservice.outbox import service as outbox
from regservice.web.api.answers import message_answer, page
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event
from regservice.web.api.shapes import MessageAnswer, PageShape, list_of
from regservice.web.api.tokens import token_required


@blueprint.get("/events/<slug>/messages")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(PageShape, location="query")
@blueprint.response(200, list_of(MessageAnswer))
def list_messages(part: dict[str, int], slug: str) -> Response:
    """The ledger, in the order the messages were made."""
    event = get_event(slug)
    found = outbox.ledger(event.id, after=part["after"], limit=part["limit"] + 1)
    return page(
        found, part["limit"], lambda message: message_answer(message, event.timezone), lambda message: message.id
    )
