"""The one blueprint of the API: limits before, problems after every call."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_smorest import Blueprint
from werkzeug.exceptions import HTTPException

from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.web.api.problems import Problem, problem_of

LARGEST_BODY = 256 * 1024
blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="Events, registrations, formats, messages.")
# What the description says of calls that need a token.
NEEDS_TOKEN: dict[str, Any] = {"security": [{"token": []}]}


@blueprint.before_request
def _check_body() -> None:
    request.max_content_length = LARGEST_BODY
    if request.method in {"POST", "PUT", "PATCH"} and request.mimetype != "application/json":
        raise Problem(415, _("Please send JSON with the content type application/json."))


@blueprint.errorhandler(HTTPException)
@blueprint.errorhandler(Exception)
def _as_problem(error: Exception) -> Any:
    return problem_of(error)


def get_event(slug: str) -> EventFacts:
    """The event of this address, drafts included."""
    event = events.find(slug)
    if event is None:
        raise Problem(404, _("There is no such event."))
    return event


def get_public_event(slug: str) -> EventFacts:
    """The event of this address, when everybody may see it."""
    event = get_event(slug)
    if not event_rules.is_public(event):
        raise Problem(404, _("There is no such event."))
    return event
