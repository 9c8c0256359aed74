"""The six changes of format, as the people read them in their mail and in their calendar, in each language.

The expected mails are the files in `transitions/`, to be read by people who know the language.
"""

import re
from pathlib import Path

import pytest
import vobject
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask import Flask

from regservice.adapters.ical import invitation as as_bytes
from regservice.config import PROJECT_ROOT
from regservice.events.types import Format
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance
from tests.conftest import Clock
from tests.factories import confirm, make_event

EXPECTED = Path(__file__).parent / "transitions"
ROOM = "https://room.example.org/secret"
ONSITE, DIGITAL, HYBRID = Format.ONSITE, Format.DIGITAL, Format.HYBRID
PLACE = "Town hall, Large hall, Market 1, 12345 Exampletown"
# Each change, as it looks to somebody for whom it is one: how they took part before, and where they do now.
CHANGES = {
    (ONSITE, DIGITAL): (Attendance.ONSITE, "digital"),
    (ONSITE, HYBRID): (Attendance.ONSITE, "on site"),
    (DIGITAL, ONSITE): (Attendance.DIGITAL, "on site"),
    (DIGITAL, HYBRID): (Attendance.DIGITAL, "digital"),
    (HYBRID, ONSITE): (Attendance.DIGITAL, "on site"),
    (HYBRID, DIGITAL): (Attendance.ONSITE, "digital"),
}
PREFIX = {
    "de": {ONSITE: "Jetzt vor Ort: ", DIGITAL: "Jetzt digital: "},
    "en": {ONSITE: "Now on site: ", DIGITAL: "Now digital: "},
    "de-simple": {ONSITE: "Jetzt vor Ort: ", DIGITAL: "Jetzt im Internet: "},
}
LOCATION = {"de": "Digital: ", "en": "Digital: ", "de-simple": "Im Internet: "}


def told(before: Format, after: Format, language: str, clock: Clock) -> tuple[Letter, str]:
    """What Ada is told of this change, and the token of her link."""
    event = make_event(clock(), format=before, join_url=ROOM, capacity=None)
    ada = confirm(event, "Ada", clock(), language=language, attendance=CHANGES[before, after][0])
    reason = {"en": "Many people are ill."}.get(language, "Viele Menschen sind krank.")
    answer = formats.switch(event.id, after, reason=reason, join_url=None, by="test", now=clock())
    assert isinstance(answer, Switched)
    [message] = [message for message in outbox.ledger_for_registration(ada.id) if message.kind == "decision"]
    return notices.compose(message, clock()), registrations.personal_token(ada)


@pytest.mark.parametrize("language", ["de", "en", "de-simple"])
def test_the_words_of_every_change(app: Flask, clock: Clock, language: str) -> None:
    mails = []
    for before, after in CHANGES:
        letter, token = told(before, after, language, clock)
        mails.append(f"=== {before.value} -> {after.value}\n{letter.subject}\n\n{letter.text.replace(token, 'TOKEN')}")
        assert f'<html lang="{language.split("-")[0]}" dir="ltr">' in letter.html
    assert "\n".join(mails) == (EXPECTED / f"{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["de", "en", "de-simple"])
@pytest.mark.parametrize(("before", "after"), CHANGES)
def test_the_calendar_follows_and_holds_nothing_of_the_old_place(
    app: Flask, clock: Clock, before: Format, after: Format, language: str
) -> None:
    letter, token = told(before, after, language, clock)
    assert letter.invitation is not None
    assert letter.method is not None
    calendar = vobject.readOne(as_bytes(letter.invitation, letter.method).decode())
    event, join = calendar.vevent, f"http://events.example.org/r/{token}/join"
    digital = CHANGES[before, after][1] == "digital"
    assert (calendar.method.value, event.sequence.value, event.status.value) == ("REQUEST", "1", "CONFIRMED")
    assert event.location.value == (f"{LOCATION[language]}{join}" if digital else PLACE)
    conferences = [line.value for line in event.contents.get("conference", [])]
    assert conferences == ([join] if digital else [])
    # Who stays digital while the event goes back to its place as well has no news in the title.
    assert event.summary.value == f"{PREFIX[language].get(after, '')}Dialogue evening"
    assert ROOM not in calendar.serialize()
    assert (PLACE in calendar.serialize().replace("\r\n ", "").replace("\\,", ",")) is not digital


def catalogue(name: str) -> Catalog:
    path = PROJECT_ROOT / "regservice" / name / "de" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return read_po(file, locale="de")


def test_plain_german_says_what_german_says_in_other_words() -> None:
    german, plain = catalogue("translations"), [message for message in catalogue("translations_plain") if message.id]
    assert [message.id for message in plain if message.id not in german] == []
    assert [message.id for message in plain if not message.string or message.fuzzy] == []
    placeholder = re.compile(r"%\((\w+)\)s")
    wrong = [
        message.id
        for message in plain
        if set(placeholder.findall(str(message.string))) != set(placeholder.findall(str(message.id)))
    ]
    assert wrong == []
