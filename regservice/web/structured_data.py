"""What search engines and calendars of others read from the page of an event: schema.org's Event as JSON-LD.

Everything here is public. The way into a digital event is the page of the event, never the room.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from regservice.events import rules
from regservice.events.types import EventFacts, EventStatus, Format, Venue
from regservice.notices.addresses import event_page

SCHEMA = "https://schema.org"
_ATTENDANCE = {
    Format.ONSITE: f"{SCHEMA}/OfflineEventAttendanceMode",
    Format.DIGITAL: f"{SCHEMA}/OnlineEventAttendanceMode",
}


def event_data(event: EventFacts, base_url: str, town_name: str) -> dict[str, Any] | None:
    """The event in schema.org's words; None while it has no date, since a start is the least that they ask for.

    Times carry the offset of the event's zone.
    """
    if event.starts_at is None:
        return None
    page = event_page(base_url, event.slug)
    before = rules.start_before_the_move(event)
    data = {
        "@context": SCHEMA,
        "@type": "Event",
        "@id": page,
        "url": page,
        "name": event.title,
        "description": event.summary,
        "startDate": _local(event.starts_at, event),
        "endDate": _local(event.ends_at, event) if event.ends_at else "",
        "previousStartDate": _local(before, event) if before else "",
        "eventStatus": _only(f"{SCHEMA}/{status}" for status in _statuses(event)),
        "eventAttendanceMode": _ATTENDANCE.get(event.format, f"{SCHEMA}/MixedEventAttendanceMode"),
        "location": _locations(event, page),
        "organizer": _organizer(event.host or town_name, base_url),
        "performer": [{"@type": "Person", "name": speaker.name} for speaker in event.speakers],
        "image": [event.image.url] if event.image else [],
        "maximumPhysicalAttendeeCapacity": event.capacity if event.format is not Format.DIGITAL else None,
        "maximumVirtualAttendeeCapacity": event.digital_capacity if event.format is not Format.ONSITE else None,
    }
    return {name: value for name, value in data.items() if value not in ("", None, [])}


def _organizer(name: str, base_url: str) -> dict[str, str] | None:
    """Nobody rather than one without a name, while the town has not entered its own."""
    return {"@type": "Organization", "name": name, "url": base_url} if name else None


def _local(instant: datetime, event: EventFacts) -> str:
    return rules.local(instant, event.timezone).isoformat()


def _statuses(event: EventFacts) -> list[str]:
    """An event that was moved to another date and online as well is both."""
    match event.lifecycle:
        case EventStatus.CANCELLED:
            return ["EventCancelled"]
        case EventStatus.POSTPONED:
            return ["EventPostponed"]
        case _:
            moved = ["EventRescheduled"] if rules.start_before_the_move(event) else []
            online = ["EventMovedOnline"] if event.format is Format.DIGITAL and event.format_version > 1 else []
            return moved + online or ["EventScheduled"]


def _only(values: Iterable[str]) -> str | list[str]:
    """One value by itself, as simple readers expect it; several as a list."""
    found = list(values)
    return found[0] if len(found) == 1 else found


def _locations(event: EventFacts, page: str) -> list[dict[str, Any]]:
    on_site = [_place(event.venue)] if event.place and event.format is not Format.DIGITAL else []
    online = [{"@type": "VirtualLocation", "url": page}] if event.format is not Format.ONSITE else []
    return on_site + online


def _place(venue: Venue) -> dict[str, Any]:
    parts = {"streetAddress": venue.street, "postalCode": venue.postal_code, "addressLocality": venue.city}
    address = {name: part for name, part in parts.items() if part}
    name = ", ".join(part for part in (venue.name, venue.room) if part) or venue.city
    return {"@type": "Place", "name": name} | ({"address": {"@type": "PostalAddress", **address}} if address else {})
