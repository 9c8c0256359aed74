"""Calendar files: one event to take home, feeds to subscribe to, and a person's own entry."""

import hashlib

from flask import Blueprint, Response, abort, make_response, request
from flask.typing import ResponseReturnValue

from regservice.adapters import ical
from regservice.config import current_settings
from regservice.events import programmes
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.kept import Kept
from regservice.notices import publication
from regservice.web.filters import language
from regservice.web.frame import town_name
from regservice.wiring import current_wiring

blueprint = Blueprint("calendars", __name__)
# Calendar files of events by event, version and language, in bytes.
_kept: Kept[bytes] = Kept("calendars", most=1_000_000, size=len)


@blueprint.get("/events/<slug>/calendar.ics")
def event(slug: str) -> ResponseReturnValue:
    """The entry of one event."""
    found, spoken = events.find_kept(slug), language()
    if found is None or found.starts_at is None or not event_rules.is_public(found):
        abort(404)

    def content() -> bytes:
        entry = publication.public_entry(found, current_settings().base_url, spoken)
        return ical.publication(entry) if entry else b""

    return calendar_file(_kept.get((found.id, found.version, spoken), content), found.slug)


@blueprint.get("/calendar.ics")
def everything() -> ResponseReturnValue:
    """All events to come, to subscribe to; a cancelled one stays in it as cancelled."""
    found = events.upcoming(current_wiring().now())
    feed = publication.all_events_feed(found, town_name(), current_settings().base_url, language())
    return calendar_file(ical.feed(feed), "calendar")


@blueprint.get("/programmes/<slug>/calendar.ics")
def programme(slug: str) -> ResponseReturnValue:
    """A programme with its events, to subscribe to."""
    found = programmes.find(slug)
    if found is None:
        abort(404)
    parts = programmes.public_events(found.id)
    feed = publication.programme_feed(found, parts, current_settings().base_url, language())
    return calendar_file(ical.feed(feed), found.slug)


def calendar_file(content: bytes, name: str) -> Response:
    """The file, or 304 when the calendar program has it already: equal facts give equal bytes."""
    etag = hashlib.sha256(content).hexdigest()[:32]
    if etag in request.if_none_match:
        response = make_response(b"", 304)
    else:
        response = make_response(content)
        response.headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.ics"'
    response.set_etag(etag)
    response.headers["Cache-Control"] = "public, max-age=900"
    return response
