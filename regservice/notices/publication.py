"""Calendar entries for everybody: to take home from a page, and feeds to subscribe to."""

from collections.abc import Iterable

from flask_babel import gettext as _

from regservice.events.calendar import AllDay, CalendarEntry, CalendarFeed, Timed
from regservice.events.types import EventFacts, EventStatus, Format, ProgrammeFacts
from regservice.notices import addresses, wording


def public_entry(event: EventFacts, base_url: str, language: str) -> CalendarEntry | None:
    """The entry of an event, without people and without the room's address; None while it has no date.

    Equal facts give an equal entry, so that its bytes can be cached by the event's version and the language.
    """
    if event.starts_at is None:
        return None
    page = addresses.event_page(base_url, event.slug)
    with wording.speaking(language) as spoken:
        return CalendarEntry(
            uid=f"e{event.id}@{addresses.host(base_url)}",
            sequence=event.calendar_sequence,
            stamped_at=event.calendar_changed_at,
            changed_at=event.calendar_changed_at,
            time=Timed(starts_at=event.starts_at, ends_at=event.ends_at, timezone=event.timezone),
            summary=_summary(event),
            description="\n".join(part for part in (page, event.summary) if part),
            location=_location(event),
            url=page,
            conference_url=None,
            organizer=None,
            attendee=None,
            cancelled=event.lifecycle in (EventStatus.CANCELLED, EventStatus.POSTPONED),
            language=spoken,
        )


def _location(event: EventFacts) -> str:
    place = wording.one_line(event.place)
    return place if event.format is Format.ONSITE else wording.place_in_format(place, event.format)


def _summary(event: EventFacts) -> str:
    title = wording.one_line(event.title)
    match event.lifecycle:
        case EventStatus.CANCELLED:
            return str(_("Cancelled: %(title)s", title=title))
        case EventStatus.POSTPONED:
            return str(_("Postponed: %(title)s", title=title))
        case _ if event.format is Format.DIGITAL and event.format_version > 1:
            return str(_("Now digital: %(title)s", title=title))
        case _:
            return title


def all_events_feed(events: Iterable[EventFacts], name: str, base_url: str, language: str) -> CalendarFeed:
    """Every event of the town; `name` is the town's."""
    entries = (public_entry(event, base_url, language) for event in events)
    return CalendarFeed(name=name, url=f"{base_url}/", entries=tuple(entry for entry in entries if entry))


def programme_feed(
    programme: ProgrammeFacts, events: Iterable[EventFacts], base_url: str, language: str
) -> CalendarFeed:
    """A programme: its days as a whole, then each of its events."""
    page = f"{base_url}/programmes/{programme.slug}"
    with wording.speaking(language) as spoken:
        whole = CalendarEntry(
            uid=f"p{programme.id}@{addresses.host(base_url)}",
            sequence=programme.version,
            stamped_at=programme.changed_at,
            changed_at=programme.changed_at,
            time=AllDay(starts_on=programme.starts_on, ends_on=programme.ends_on),
            summary=wording.one_line(programme.title),
            description="\n".join(part for part in (page, programme.summary) if part),
            location=programme.region or ", ".join(programme.towns),
            url=page,
            conference_url=None,
            organizer=None,
            attendee=None,
            cancelled=False,
            language=spoken,
        )
    entries = (public_entry(event, base_url, language) for event in events)
    return CalendarFeed(
        name=programme.title, url=page, entries=(whole, *(entry for entry in entries if entry is not None))
    )
