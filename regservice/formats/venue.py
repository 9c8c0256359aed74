"""Whether the place on site is sure: somebody who rang there enters it, for this place and these hours.

A confirmation is about what it was given for. When the place or the hours change it no longer holds, and has to be
asked for anew.
"""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats.feeds.hours import mark_of
from regservice.formats.models import VenueConfirmationRow
from regservice.formats.types import VenueConfirmed


def _about(event: EventFacts) -> str:
    return f"{event.venue.label} {mark_of(event)}"


def confirmed(event: EventFacts) -> VenueConfirmed | None:
    """Who confirmed the place of an event as it is now, and when; None where nobody did."""
    row = session().get(VenueConfirmationRow, event.id, populate_existing=True)
    return VenueConfirmed(by=row.confirmed_by, at=row.confirmed_at) if row and row.about == _about(event) else None


def confirm(event_id: int, *, by: str, now: datetime) -> VenueConfirmed:
    """Note that the place is sure; a second time changes nothing."""
    with transaction():
        event = events.lock(event_id)
        if found := confirmed(event):
            return found
        row = VenueConfirmationRow(event_id=event_id, about=_about(event), confirmed_by=by, confirmed_at=now)
        session().merge(row)
        audit.record("format.venue_confirmed", f"event:{event_id}", actor=by, now=now)
        session().flush()
        return VenueConfirmed(by=by, at=now)


def take_back(event_id: int, *, by: str, now: datetime) -> None:
    """The place is not sure after all."""
    with transaction() as active:
        events.lock(event_id)
        row = active.get(VenueConfirmationRow, event_id)
        if row is not None:
            active.delete(row)
            audit.record("format.venue_unconfirmed", f"event:{event_id}", actor=by, now=now)
