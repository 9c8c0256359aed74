"""Back on site with fewer places than people, by the API: the question to people, the draw and the switch."""

from typing import Any

from flask import Response, jsonify

from regservice.events.document import Invalid
from regservice.formats import returning, volunteers
from regservice.formats.return_types import Asked
from regservice.formats.types import SwitchRefused
from regservice.web.api.answers import return_answer
from regservice.web.api.blueprint import NEEDS_TOKEN, blueprint, get_event
from regservice.web.api.formats import NO_OFFSET, refused, switched
from regservice.web.api.shapes import AskedAnswer, NothingShape, ReturnAnswer, ReturnShape
from regservice.web.api.tokens import caller, token_required
from regservice.wiring import current_wiring


@blueprint.post("/events/<slug>/format/stay-digital")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(NothingShape)
@blueprint.response(200, AskedAnswer)
def ask_to_stay(members: dict[str, Any], slug: str) -> Response:
    """Ask everybody who would come back on site whether they would stay digital; each is asked once."""
    match volunteers.ask(get_event(slug).id, by=caller().actor, now=current_wiring().now()):
        case Asked(mailed=mailed, to_call=to_call):
            return jsonify(mailed=mailed, to_call=to_call)
        case SwitchRefused(code=code):
            raise refused(code)


@blueprint.post("/events/<slug>/format/return")
@token_required
@blueprint.doc(**NEEDS_TOKEN)
@blueprint.arguments(ReturnShape)
@blueprint.response(200, ReturnAnswer)
def return_on_site(members: dict[str, Any], slug: str) -> Response:
    """Go back in both forms at once and tell everyone; a dry run names who would stay digital and changes nothing.

    With `confirm_by` those who come have to say so by then, at least 48 hours from now; who does not takes part
    digitally.
    """
    event, now = get_event(slug), current_wiring().now()
    how, reason, confirm_by = members["seating"], members["reason"] or "", members["confirm_by"]
    if confirm_by is not None and confirm_by.tzinfo is None:
        raise Invalid({"confirm_by": [NO_OFFSET]})
    if members["dry_run"]:
        seen = returning.preview(event.id, how, reason=reason, now=now, confirm_by=confirm_by)
        return jsonify(return_answer(seen))
    answer = returning.switch(
        event.id,
        how,
        reason=reason,
        by=caller().actor,
        now=now,
        expected_version=members["version"],
        seen=members["seen"],
        confirm_by=confirm_by,
    )
    return switched(answer)
