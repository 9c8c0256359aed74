"""The calendar entry of one person: the same for its whole life, moved and removed by the mails that follow.

Only people with a place get one. Our own link stands in it, never the room's, so that it is right whatever changes.
"""

from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _

from regservice.events.calendar import CalendarEntry, Person, Timed
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.notices import addresses, wording
from regservice.notices.addresses import PersonalAddresses
from regservice.notices.wanted import takes_part_digitally, takes_part_on_site
from regservice.registrations import rules as registration_rules
from regservice.registrations.types import Attendance, RegistrationFacts


def uid(registration: RegistrationFacts, host: str) -> str:
    """Stable while the place lasts. Who comes back after a cancellation gets a new one.

    Some calendar programs ignore an entry for good once they were told to remove it, so each confirmation counts.
    """
    return f"r{registration.id}-{registration.confirmations}@{host}"


def personal_entry(
    event: EventFacts, registration: RegistrationFacts, links: PersonalAddresses, base_url: str
) -> CalendarEntry | None:
    """The entry as a download: nobody is invited, but it is the same entry as the mail's. None while there is no date.

    Speaks the language of the caller.
    """
    if event.starts_at is None:
        return None
    on_site, digital = takes_part_on_site(event, registration), takes_part_digitally(event, registration)
    changed_at = max(event.calendar_changed_at, registration.confirmed_at or event.calendar_changed_at)
    return CalendarEntry(
        uid=uid(registration, addresses.host(base_url)),
        sequence=registration.calendar_sequence,
        stamped_at=changed_at,
        changed_at=changed_at,
        time=Timed(starts_at=event.starts_at, ends_at=event.ends_at, timezone=event.timezone),
        summary=summary(event, registration),
        description=_description(event, registration, links),
        location=_location(event, links, on_site=on_site, digital=digital),
        url=links.personal,
        conference_url=links.join if digital else None,
        organizer=None,
        attendee=None,
        cancelled=False,
        language=wording.language(),
    )


def invitation(entry: CalendarEntry, *, organizer: Person, attendee: Person, sent_at: datetime) -> CalendarEntry:
    """The entry as a mail carries it, with exactly one person invited."""
    return replace(entry, organizer=organizer, attendee=attendee, stamped_at=sent_at)


def removal(entry: CalendarEntry, event: EventFacts) -> CalendarEntry:
    """The same entry, to be taken out of the calendar: it says why, and leads nowhere any more."""
    title = wording.one_line(event.title)
    if event.lifecycle is EventStatus.CANCELLED:
        title = str(_("Cancelled: %(title)s", title=title))
    elif event.lifecycle is EventStatus.POSTPONED:
        title = str(_("Postponed: %(title)s", title=title))
    # Where the entry led to a room it names none: the old place was cleared from it and does not come back.
    location = entry.location if entry.conference_url is None else ""
    return replace(entry, cancelled=True, summary=title, location=location, conference_url=None)


def summary(event: EventFacts, registration: RegistrationFacts) -> str:
    """The title, with the news in front once the event was switched."""
    title = wording.one_line(event.title)
    if registration_rules.place_is_off(event, registration):
        return str(_("Now digital: %(title)s", title=title))
    if event.format_version == 1:
        return title
    match event.format:
        case Format.ONSITE:
            return str(_("Now on site: %(title)s", title=title))
        case Format.MIXED if Attendance.DIGITAL in registration_rules.ways_of(event, registration):
            return str(_("Now partly digital: %(title)s", title=title))
        case _:
            return title


def _location(event: EventFacts, links: PersonalAddresses, *, on_site: bool, digital: bool) -> str:
    """Where this person has to be: nothing of an old place is left once it goes digital."""
    place = wording.one_line(event.place)
    if not digital:
        return place
    if on_site and place:
        return str(_("%(place)s; digital: %(address)s", place=place, address=links.join))
    return str(_("Digital: %(address)s", address=links.join))


def _description(event: EventFacts, registration: RegistrationFacts, links: PersonalAddresses) -> str:
    contact = ", ".join(part for part in (event.contact.name, event.contact.phone, event.contact.email) if part.strip())
    lines = [links.personal, _("Your place, changes and cancelling: open this link."), event.summary]
    lines += wording.parts(event, registration)
    if contact:
        lines.append(_("Questions: %(contact)s", contact=contact))
    return "\n".join(line for line in lines if line)
