"""The announcement for the press: its words in each state of the event, and nothing that is not for everybody."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from regservice.events.types import EventFacts, EventStatus, Format, Image, RegistrationMode, Speaker
from regservice.formats.types import Announcement, Stage
from regservice.notices.press import press_text
from tests.facts import event_facts, switch_facts

BASE = "https://events.example.org"
ROOM = "https://rooms.example.org/secret-room"
AHEAD = Announcement(stage=Stage.AHEAD, decision_at=datetime(2026, 11, 16, 11, 0, tzinfo=UTC))


def text_of(event: EventFacts, announcement: Announcement | None = None, language: str = "de") -> str:
    return press_text(event, None, announcement, BASE, language).text


def test_an_event_with_a_clause_in_german(app: Flask) -> None:
    event = event_facts(
        summary="Ein Abend für alle.",
        host="Stadt Musterstadt",
        registration_closes_at=datetime(2026, 11, 15, 22, 59, 59, tzinfo=UTC),
        access="Rampe am Eingang.",
        speakers=(Speaker(name="Dr. Ada Muster", role="Forscherin"), Speaker(name="Ben Beispiel")),
        image=Image(url="https://example.org/hall.jpg", alt="Der Saal", credit="Foto: Stadt"),
        join_url=ROOM,
    )
    assert text_of(event, AHEAD) == (
        "Dialogue evening\n"
        "\n"
        "Ein Abend für alle.\n"
        "\n"
        "Wann: Freitag, 20. November 2026, 16:00 bis 19:00 Uhr\n"
        "Wo: Town hall, Large hall, Market 1, 12345 Exampletown\n"
        "Veranstalter: Stadt Musterstadt\n"
        "\n"
        "Anmeldung bis Sonntag, 15. November 2026, 23:59 Uhr:\n"
        "https://events.example.org/events/dialogue-evening\n"
        "\n"
        "Am Montag, 16. November 2026, 12:00 Uhr, entscheiden wir, ob diese Veranstaltung vor Ort oder digital "
        "stattfindet. Alle Angemeldeten bekommen dann eine Nachricht, auch wenn es dabei bleibt.\n"
        "\n"
        "Barrierefreiheit: Rampe am Eingang.\n"
        "\n"
        "Wer spricht: Dr. Ada Muster, Forscherin; Ben Beispiel\n"
        "\n"
        "Fragen an: Contact office, Integration office\n"
        "Telefon: 030 23125 000\n"
        "E-Mail: office@example.org\n"
        "\n"
        "Bild: Der Saal (Foto: Stadt)\n"
        "https://example.org/hall.jpg\n"
    )


@pytest.mark.parametrize(
    ("changes", "second"),
    [
        (
            {"lifecycle": EventStatus.CANCELLED, "status_reason": "The hall is flooded."},
            "This event is cancelled. The hall is flooded.",
        ),
        (
            {"lifecycle": EventStatus.POSTPONED, "status_reason": "The speaker is ill."},
            "This event is postponed. The speaker is ill. The new date is announced on the page of the event.",
        ),
        (
            {"format": Format.DIGITAL, "format_version": 2, "join_url": ROOM},
            "This event now takes place digitally. It does not take place on site. "
            "Everybody who is registered gets a mail with their own link.",
        ),
        (
            {"format": Format.ONSITE, "format_version": 3},
            "This event takes place on site. It was planned digitally for a time; that no longer holds. "
            "Everybody who is registered gets a mail.",
        ),
        (
            {"format": Format.HYBRID, "format_version": 2, "join_url": ROOM},
            "This event now takes place on site and digitally. "
            "Everybody who is registered gets a mail that says how they take part.",
        ),
    ],
)
def test_what_has_become_of_it_comes_first(app: Flask, changes: dict[str, object], second: str) -> None:
    lines = text_of(event_facts(**changes), language="en").splitlines()
    assert lines[:3] == ["Dialogue evening", "", second]
    assert ROOM not in "\n".join(lines)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (Format.DIGITAL, "It was planned digitally for a time; that no longer holds."),
        (Format.HYBRID, "Taking part digitally is no longer possible."),
        (Format.MIXED, "Parts of it were planned digitally for a time."),
    ],
)
def test_on_site_again_it_says_what_was_before(app: Flask, before: Format, said: str) -> None:
    switch = switch_facts(version=3, from_format=before, to_format=Format.ONSITE)
    text = press_text(event_facts(format_version=3), switch, None, BASE, "en").text
    assert said in text


def test_a_postponed_event_names_no_date_and_asks_nobody_to_register(app: Flask) -> None:
    text = text_of(event_facts(lifecycle=EventStatus.POSTPONED), AHEAD, language="en")
    assert [line for line in text.splitlines() if "2026" in line or line.startswith("Registration")] == []


@pytest.mark.parametrize(
    ("mode", "address", "said"),
    [
        (
            RegistrationMode.EMAIL,
            "office@example.org",
            ["Registration until Friday, 20 November 2026, 16:00:", "office@example.org"],
        ),
        (RegistrationMode.NONE, "", ["You need not register.", ""]),
    ],
)
def test_how_to_register(app: Flask, mode: RegistrationMode, address: str, said: list[str]) -> None:
    lines = text_of(event_facts(registration_mode=mode, registration_address=address), language="en").splitlines()
    start = lines.index(said[0])
    assert lines[start : start + 2] == said


def test_signs_are_not_written_as_html(app: Flask) -> None:
    assert text_of(event_facts(title="Fragen & <Antworten>")).splitlines()[0] == "Fragen & <Antworten>"
