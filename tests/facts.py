"""Facts without a database, for tables of rules."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from regservice.events.types import EventFacts, EventStatus, EventValues, Format, SessionFacts
from regservice.formats.types import SwitchFacts, Trigger
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState, Source, Wish
from tests.factories import DIALOGUE

MADE_AT = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def event_facts(**changes: Any) -> EventFacts:
    """A published event on site, with what the test is about changed."""
    values = {entry.name: getattr(DIALOGUE, entry.name) for entry in fields(EventValues)}
    format = changes.get("format", Format.ONSITE)
    join_url = changes.pop("join_url", "")
    facts = EventFacts(
        **values,
        id=1,
        slug="dialogue-evening",
        owner_id=None,
        programme_id=None,
        lifecycle=EventStatus.PUBLISHED,
        sessions=(SessionFacts(id=1, position=1, title="", format=format, join_url=join_url),),
        format=format,
        format_version=1,
        schedule_version=1,
        version=1,
        calendar_sequence=0,
        calendar_changed_at=MADE_AT,
        status_reason="",
        created_at=MADE_AT,
    )
    return replace(facts, **changes)


def registration_facts(**changes: Any) -> RegistrationFacts:
    """A confirmed person, with what the test is about changed."""
    facts = RegistrationFacts(
        id=1,
        event_id=1,
        state=RegistrationState.CONFIRMED,
        name="Ada",
        email="ada@example.org",
        language="de",
        attendance=Attendance.ONSITE,
        wish=Wish.ONSITE,
        digital_too=False,
        session_ids=frozenset(),
        source=Source.FORM,
        code="ABC234",
        answers={},
        registered_at=MADE_AT,
        confirmed_at=MADE_AT,
        queued_at=None,
        expires_at=None,
        ended_at=None,
        requests=1,
        confirmations=1,
        calendar_sequence=0,
        link_generation=1,
        link_key_id="",
        planned_version=0,
        muted=(),
        note="",
    )
    return replace(facts, **changes)


def switch_facts(**changes: Any) -> SwitchFacts:
    """A switch by hand from on site to digital, with what the test is about changed."""
    facts = SwitchFacts(
        id=1,
        event_id=1,
        version=2,
        from_format=Format.ONSITE,
        to_format=Format.DIGITAL,
        session_ids=(1,),
        trigger=Trigger.HAND,
        reading=None,
        rule_text="",
        proposed_at=None,
        decided_by="test",
        authorised_by="",
        decided_at=MADE_AT,
        reason="",
        supersedes=None,
        effects={},
    )
    return replace(facts, **changes)
