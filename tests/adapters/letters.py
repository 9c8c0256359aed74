"""Letters and calendar entries that the tests of the adapters vary."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from regservice.events.calendar import CalendarEntry, Method, Person, Timed
from regservice.notices.types import Letter

TOWN = Person(name="Stadt Gütersloh", address="anmeldung@example.org")
GUEST = Person(name="Jörg Müller", address="guest@example.net")
SENT_AT = datetime(2022, 11, 1, 9, 30, tzinfo=UTC)


def entry(**changes: Any) -> CalendarEntry:
    """The dialogue event in Gütersloh: Friday, 18 November 2022, 16 to 19 h."""
    dialogue = CalendarEntry(
        uid="registration-7-1@anmeldung.example.org",
        sequence=0,
        stamped_at=SENT_AT,
        changed_at=SENT_AT,
        time=Timed(
            starts_at=datetime(2022, 11, 18, 15, tzinfo=UTC),
            ends_at=datetime(2022, 11, 18, 18, tzinfo=UTC),
            timezone="Europe/Berlin",
        ),
        summary="Weitere Dialogveranstaltung",
        description="https://anmeldung.example.org/r/token\nIntegrationskonzept „Gemeinsam leben“",
        location="Stadthalle, großer Saal, Gütersloh",
        url="https://anmeldung.example.org/r/token",
        conference_url=None,
        organizer=TOWN,
        attendee=GUEST,
        cancelled=False,
        language="de",
    )
    return replace(dialogue, **changes)


def letter(**changes: Any) -> Letter:
    """A confirmation without a calendar entry."""
    confirmation = Letter(
        kind="confirmed",
        message_id="<1.abc@anmeldung.example.org>",
        created_at=SENT_AT,
        recipient=GUEST,
        sender=TOWN,
        reply_to=Person(name="Fachbereich Soziales", address="soziales@example.org"),
        subject="Sie sind angemeldet: Dialogveranstaltung",
        text="Guten Tag Jörg Müller!\n\nSie sind angemeldet.\n\nhttps://anmeldung.example.org/r/token\n",
        html="<p>Guten Tag Jörg Müller</p>",
        language="de",
        invitation=None,
        method=None,
        unsubscribe_url=None,
    )
    return replace(confirmation, **changes)


def invitation_letter(**changes: Any) -> Letter:
    """The same with the calendar entry."""
    return letter(invitation=entry(), method=Method.REQUEST, **changes)
