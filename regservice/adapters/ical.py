"""Calendars by the icalendar library: invitations for mails, single entries and feeds for downloads.

Every calendar is built from an empty `Calendar()`: `Calendar.new()` adds a random UID, which synchronising programs
take for the entry's own. The same facts give the same bytes.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vDuration, vUri

from regservice.adapters.addresses import ascii_address
from regservice.adapters.timezones import vtimezone
from regservice.events.calendar import AllDay, CalendarEntry, CalendarFeed, Method, Person, Timed

PRODID = "-//regservice//regservice//EN"
REFRESH = timedelta(hours=1)

_ATTENDING = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
# Python and several parsers take the other line separators for ends of lines: they become plain ones.
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# RFC 5545, 3.1 (CONTROL), the second set of control characters, and lone surrogates, which have no UTF-8.
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def invitation(entry: CalendarEntry, method: Method) -> bytes:
    """What one participant gets by mail: an entry that appears, changes (REQUEST) or disappears (CANCEL) by itself.

    Exactly one ATTENDEE, never anybody else (RFC 5546, 3.2.2 and 3.2.5). A CANCEL holds every property: without
    DTSTART, which the RFC does not ask for, many programs fail.
    """
    if method is Method.PUBLISH:
        raise ValueError("An invitation is a REQUEST or a CANCEL.")
    if entry.organizer is None or entry.attendee is None:
        raise ValueError("An invitation needs an organizer and one attendee.")
    if method is Method.REQUEST and entry.cancelled:
        raise ValueError("A cancelled entry must be sent as CANCEL: a REQUEST would leave it in the calendar.")
    definitions = _definitions([entry])
    event = _event(entry, definitions, "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("organizer", _person(entry.organizer, {}))
    event.add("attendee", _person(entry.attendee, _ATTENDING))
    if method is Method.REQUEST:
        event.add("x-microsoft-disallow-counter", "TRUE")
    return _serialised(_calendar(method, definitions, [event]))


def publication(entry: CalendarEntry) -> bytes:
    """One entry to take home from a page: nobody is invited, so it names no ORGANIZER and no ATTENDEE."""
    return _serialised(_publish([entry]))


def feed(calendar_feed: CalendarFeed) -> bytes:
    """Many entries to subscribe to; cancelled ones stay and say so, for a missing one would look like an error."""
    calendar = _publish(calendar_feed.entries)
    name = _single_line(calendar_feed.name)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("url", _uri(calendar_feed.url))
    # A wish (RFC 7986, 5.7), and the same wish for older programs.
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    return _serialised(calendar)


def _publish(entries: Iterable[CalendarEntry]) -> Calendar:
    entries = list(entries)
    definitions = _definitions(entries)
    events = [_event(entry, definitions, "CANCELLED" if entry.cancelled else "CONFIRMED") for entry in entries]
    return _calendar(Method.PUBLISH, definitions, events)


def _calendar(method: Method, definitions: Mapping[str, Timezone | None], events: Iterable[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    events = list(events)
    used = {event["dtstart"].params.get("TZID") for event in events}
    for name, definition in definitions.items():
        if definition is not None and name in used:
            calendar.add_component(definition)
    for event in events:
        calendar.add_component(event)
    return calendar


def _serialised(calendar: Calendar) -> bytes:
    """Lines of at most 75 octets that end with CRLF (RFC 5545, 3.1)."""
    return bytes(calendar.to_ical())


def _definitions(entries: Iterable[CalendarEntry]) -> dict[str, Timezone | None]:
    """The block of each zone, right for all years in which its entries lie; `None` where there is no simple one."""
    years: dict[str, list[int]] = {}
    for entry in entries:
        if isinstance(entry.time, Timed):
            years.setdefault(entry.time.timezone, []).extend(instant.year for instant in _instants(entry.time))
    return {name: vtimezone(name, min(years[name]), max(years[name])) for name in sorted(years)}


def _event(entry: CalendarEntry, definitions: Mapping[str, Timezone | None], status: str) -> Event:
    event = Event()
    event.add("uid", _single_line(entry.uid))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _utc(entry.stamped_at))
    event.add("last-modified", _utc(entry.changed_at))
    for name, value in _span(entry.time, definitions).items():
        event.add(name, value)
    event.add("status", status)
    # A festival's range of days must not make its visitor unavailable for days.
    event.add("transp", "TRANSPARENT" if isinstance(entry.time, AllDay) else "OPAQUE")
    language = {"LANGUAGE": entry.language} if _LANGUAGE.fullmatch(entry.language) else {}
    event.add("summary", _single_line(entry.summary), parameters=language)
    if entry.description:
        event.add("description", _text(entry.description), parameters=language)
    if entry.location:
        event.add("location", _text(entry.location), parameters=language)
    if entry.url:
        event.add("url", _uri(entry.url))
    if entry.conference_url is not None:
        event.add("conference", _uri(entry.conference_url), parameters={"VALUE": "URI"})  # RFC 7986, 5.11
    return event


def _span(time: Timed | AllDay, definitions: Mapping[str, Timezone | None]) -> dict[str, date]:
    """DTSTART and DTEND: days with the end outside, else local times in a zone that is defined, else UTC."""
    if isinstance(time, AllDay):
        return {"dtstart": time.starts_on, "dtend": time.ends_on + timedelta(days=1)}
    zone = ZoneInfo(time.timezone)
    values = [instant.astimezone(zone) for instant in _instants(time)]
    # In the night when the clock goes back an iCalendar local time always means the first of the two hours.
    if definitions[time.timezone] is None or any(value.fold for value in values):
        values = [value.astimezone(UTC) for value in values]
    return dict(zip(("dtstart", "dtend"), values, strict=False))


def _instants(time: Timed) -> list[datetime]:
    return [instant.replace(microsecond=0) for instant in (time.starts_at, time.ends_at) if instant is not None]


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A calendar entry needs instants with an offset.")
    return moment.astimezone(UTC).replace(microsecond=0)


def _person(person: Person, roles: Mapping[str, str]) -> vCalAddress:
    """A bare mailto address.

    A quotation mark cannot stand in a parameter (RFC 5545, 3.1), and few programs read its newer spelling ^'
    (RFC 6868). Some take a backslash for an escape, although it is none, and lose the end of the parameter.
    """
    name = _single_line(person.name).replace('"', "'").replace("\\", "/")
    parameters = {"CN": name, **roles} if name else dict(roles)
    return vCalAddress(f"mailto:{ascii_address(person.address)}", params=parameters)


def _text(text: str) -> str:
    return _FORBIDDEN.sub("", _LINE_BREAK.sub("\n", text))


def _single_line(text: str) -> str:
    return " ".join(_text(text).split())


def _uri(address: str) -> vUri:
    """No character of an address may be one that ends a line or stays invisible."""
    return vUri("".join(_text(address).split()))
