"""Who comes for one part and joins another by their link reads when that part is, and is asked how it suits them."""

from datetime import timedelta

from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event

ROOM = "https://room.example.org/dialogue"
HOUR = timedelta(hours=1)


def partly(clock: Clock) -> RegistrationFacts:
    """Ada comes from 16 to 17; the hour after it went digital."""
    event = make_event(clock(), join_url=ROOM)
    parts = [
        SessionValues(title=title, kind=SessionKind.TALK, starts_at=begins, ends_at=begins + HOUR)
        for title, begins in (("Welcome", STARTS_AT), ("Lecture", STARTS_AT + HOUR))
    ]
    made = session_changes.arrange(event.id, [(None, part) for part in parts], by="test", now=clock())
    assert isinstance(made, EventFacts)
    ada = confirm(made, "Ada", clock(), language="en")
    lecture = next(part.id for part in made.parts if part.title == "Lecture")
    clock.advance(hours=1)
    answer = formats.switch(event.id, {lecture: Format.DIGITAL}, reason="Flu", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched), answer
    return ada


def test_the_mail_says_when_the_digital_part_is_and_asks(each_app: Flask, clock: Clock) -> None:
    ada = partly(clock)
    [decision] = [each for each in outbox.ledger_for_registration(ada.id) if each.kind == "decision"]
    text = notices.compose(decision, clock()).text
    assert "Your digital part begins: Friday, 20 November 2026, 17:00." in text
    assert "You have three answers" in text
    assert "If this suits you, you need not do anything" not in text


def test_the_room_opens_before_the_digital_part(each_app: Flask, clock: Clock) -> None:
    ada = partly(clock)
    client, page = each_app.test_client(), f"/r/{registrations.personal_token(ada)}"
    shown = client.get(page).text
    assert "You can join here from Friday, 20 November 2026, 16:30" in shown
    assert "A part of the event takes place digitally for you." in shown
    clock.set(STARTS_AT)
    assert "Join now" not in client.get(page).text
    clock.set(STARTS_AT + HOUR / 2)
    assert "Join now" in client.get(page).text
