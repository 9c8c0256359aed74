"""Somebody's own part of the programme changes: they hear of it once, their calendar follows, and nobody else does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from regservice.changes import sessions as session_changes
from regservice.events import sessions
from regservice.events.types import EventFacts, SessionKind, SessionValues
from regservice.registrations import service as registrations
from regservice.registrations import session_places
from regservice.registrations.types import RegistrationState
from tests.factories import ENDS_AT, STARTS_AT, confirm, register
from tests.journeys.town import Town
from tests.registrations.test_choosing import event_with, group

MERGED = timedelta(minutes=10)
OPENING = SessionValues(title="Opening", kind=SessionKind.TALK, starts_at=STARTS_AT, ends_at=STARTS_AT + MERGED)


def arrange(town: Town, event: EventFacts, which: str, **changes: object) -> EventFacts:
    """One part of the event is changed as an organiser does."""
    wanted = [
        (part.id, replace(sessions.values_of(part), **(changes if part.title == which else {})))  # type: ignore[arg-type]
        for part in event.parts
    ]
    answer = session_changes.arrange(event.id, wanted, by="test", now=town.clock())
    assert isinstance(answer, EventFacts), answer
    return answer


def programme_mails(town: Town) -> list[tuple[str, str]]:
    """To whom mails about their programme went, with their words."""
    return [
        (mail["To"].addresses[0].addr_spec, " ".join(town.text(number).split()))
        for number, mail in enumerate(town.mails())
        if mail["X-Regservice-Kind"] == "group"
    ]


@pytest.fixture
def event(town: Town) -> EventFacts:
    """With an opening for everyone and two groups: Ada chose one of them, Ben none."""
    middle = STARTS_AT + timedelta(hours=1)
    at = {"starts_at": middle, "ends_at": ENDS_AT}
    made = event_with(town.clock, OPENING, group("Housing", 5, place="Room 3", **at), group("Work", 5, **at))
    ada = confirm(made, "Ada", town.clock())
    confirm(made, "Ben", town.clock(), language="en")
    session_places.choose_group(ada.id, made.parts[1].id, town.clock())
    town.clock.advance(minutes=11)
    town.tick()
    return made


def test_who_chose_a_group_gets_a_receipt_and_an_entry_with_its_room(town: Town, event: EventFacts) -> None:
    [(to, text)] = programme_mails(town)
    assert to == "ada@example.org"
    assert "Wir haben notiert, wo Sie mitmachen." in text
    [number] = [number for number, mail in enumerate(town.mails()) if mail["X-Regservice-Kind"] == "group"]
    entry = town.calendar(number).vevent
    assert "Room 3" in entry.description.value
    assert entry.sequence.value == "1"


def test_a_new_room_is_told_to_those_who_are_in_it_alone_and_their_calendars_follow(
    town: Town, event: EventFacts
) -> None:
    arrange(town, event, "Housing", place="Room 7")
    town.clock.advance(minutes=9, seconds=59)
    assert "group" not in town.tick()
    town.clock.advance(seconds=1)
    assert town.tick() == ["group"]
    to, text = programme_mails(town)[-1]
    assert (to, "Bisher: - 17:00 bis 19:00 Uhr, Housing, Room 3 Jetzt:" in text) == ("ada@example.org", True), text
    entry = town.calendar().vevent
    assert ("Room 7" in entry.description.value, "Room 3" in entry.description.value) == (True, False)
    assert entry.sequence.value == "2"


def test_a_part_for_everyone_is_told_to_everyone_in_their_language(town: Town, event: EventFacts) -> None:
    before = len(programme_mails(town))
    arrange(town, event, "Opening", ends_at=STARTS_AT + timedelta(minutes=30))
    town.clock.advance(minutes=10)
    town.tick()
    told = dict(programme_mails(town)[before:])
    assert told.keys() == {"ada@example.org", "ben@example.org"}
    assert "So far: - 16:00 to 16:10, Opening Now:" in told["ben@example.org"]


def test_several_changes_become_one_mail_that_tells_what_the_person_knew(town: Town, event: EventFacts) -> None:
    before = len(programme_mails(town))
    again = arrange(town, event, "Housing", place="Room 7")
    town.clock.advance(minutes=5)
    arrange(town, again, "Housing", place="Room 8")
    town.clock.advance(minutes=10)
    town.tick()
    [(_, text)] = programme_mails(town)[before:]
    assert ("Room 3" in text, "Room 7" in text, "Room 8" in text) == (True, False, True)


def test_what_becomes_as_it_was_and_a_corrected_title_tell_nobody(town: Town, event: EventFacts) -> None:
    before = len(programme_mails(town))
    again = arrange(town, event, "Housing", place="Room 7")
    again = arrange(town, again, "Housing", place="Room 3")
    arrange(town, again, "Housing", title="Living")
    town.clock.advance(minutes=10)
    town.tick()
    assert programme_mails(town)[before:] == []


def test_a_part_that_is_new_for_everyone_tells_nobody(town: Town, event: EventFacts) -> None:
    before = len(programme_mails(town))
    parts = [(part.id, sessions.values_of(part)) for part in event.parts]
    closing = SessionValues(title="Closing", kind=SessionKind.TALK)
    session_changes.arrange(event.id, [*parts, (None, closing)], by="test", now=town.clock())
    town.clock.advance(minutes=10)
    town.tick()
    assert programme_mails(town)[before:] == []


def test_the_confirmation_names_the_group_or_says_that_it_filled_up(town: Town) -> None:
    event = event_with(town.clock, group("Housing", place="Room 3"))
    for name in ("Ada", "Ben"):
        register(event, name, town.clock(), group=event.parts[0].id, language="en")
    for name in registrations.of_event(event.id, (RegistrationState.PENDING,)):
        registrations.confirm(name.id, town.clock())
    town.tick()
    told = {mail["To"].addresses[0].username: number for number, mail in enumerate(town.mails())}
    missed = "You did not get a place in “Housing”."
    assert (missed in town.text(told["ada"]), missed in town.text(told["ben"])) == (False, True)
    assert "Please choose on your own page" in " ".join(town.text(told["ben"]).split())
    entries = [town.calendar(told[name]).vevent.description.value for name in ("ada", "ben")]
    assert ["Room 3" in entry for entry in entries] == [True, False]
