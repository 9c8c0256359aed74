"""The example events: announcements of five towns, with made-up people."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.db import transaction
from regservice.demo.dates import moved, weeks_until
from regservice.demo.people import register_people
from regservice.events import rules
from regservice.events import service as events
from regservice.exchange import service as exchange
from regservice.formats import service as formats

ORGANISER = "organiser@example.org"
BY = "demo"
HERE = Path(__file__).parent
ZONE = "Europe/Berlin"
# How many days from today an announced event is at the earliest; what is not named here is over and stays where it was.
DAYS_AHEAD = {
    "bensheim-folgeveranstaltung": 9,
    "guetersloh-dialogveranstaltung": 14,
    "goeppingen-auftakt": 21,
    "interkulturelle-woche": 24,
}


def load(now: datetime) -> int:
    """Load the example events and an organiser without password; counts the events, 0 when they are there already."""
    with transaction():
        if accounts.find_organiser(ORGANISER) is not None:
            return 0
        made = accounts.add_organiser(ORGANISER, "Organisation (Demo)", role=Role.ADMIN, by=BY, now=now)
        assert isinstance(made, OrganiserFacts)
        today = rules.local(now, ZONE).date()
        count = 0
        for document in (events_document(today), festival_document(today)):
            imported = exchange.import_document(document, by=BY, now=now, owner_id=made.id)
            count += len(imported.created)
        register_people(now)
        _add_readings(now)
    return count


def _add_readings(now: datetime) -> None:
    """A few numbers that rise, so that the organiser sees how the rule of the dialogue would decide."""
    event = events.find("guetersloh-dialogveranstaltung")
    assert event is not None
    for days_ago, value in ((8, 268.0), (7, 281.5), (2, 301.0), (1, 312.4)):
        formats.add_reading(event.id, value, now - timedelta(days=days_ago), by=BY, now=now)


def events_document(today: date) -> Any:
    """The single events, the announced ones in the coming weeks."""
    document = exchange.read_yaml((HERE / "events.yaml").read_text(encoding="utf-8"))
    return {
        "events": [
            _in_coming_weeks(event, event["starts_at"][:10], event["slug"], today) for event in document["events"]
        ]
    }


def festival_document(today: date) -> Any:
    """The festival with its events, in the coming weeks."""
    document = exchange.read_yaml((HERE / "festival.yaml").read_text(encoding="utf-8"))
    programme = document["programme"]
    return _in_coming_weeks(document, programme["starts_on"].isoformat(), programme["slug"], today)


def _in_coming_weeks(document: Any, original: str, slug: str, today: date) -> Any:
    if slug not in DAYS_AHEAD:
        return document
    earliest = today + timedelta(days=DAYS_AHEAD[slug])
    return moved(document, weeks_until(date.fromisoformat(original), earliest))
