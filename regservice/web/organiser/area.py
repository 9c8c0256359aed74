"""What every page of the organiser's area needs: the blueprint, who acts, which event, which page of a list."""

from datetime import datetime

from flask import Blueprint, abort, request

from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from regservice.web.access import current_organiser
from regservice.web.organiser import labels
from regservice.wiring import current_wiring

blueprint = Blueprint("organiser", __name__, url_prefix="/organise")
HIGHEST_PAGE = 100_000
PERSON = "/events/<slug>/attendees/<int:registration_id>"


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for the service's codes."""
    return {"labels": labels}


def moment() -> datetime:
    """This moment, as the wiring says."""
    return current_wiring().now()


def actor() -> str:
    """Who acts, for the audit trail."""
    return f"organiser:{current_organiser().id}"


def event_of(slug: str) -> EventFacts:
    """The event in the address; every organiser of the town may work on every event."""
    found = events.find(slug)
    if found is None:
        abort(404)
    return found


def person_of(event: EventFacts, registration_id: int) -> RegistrationFacts:
    """The person, who must belong to the event in the address."""
    found = registrations.find(registration_id)
    if found is None or found.event_id != event.id:
        abort(404)
    return found


def page_number() -> int:
    """Which page of a long list was asked for."""
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), HIGHEST_PAGE)
