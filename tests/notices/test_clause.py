"""The promise about going digital: the same words wherever it is made, with the weekday and the event's own clock."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from regservice.events.types import Format
from regservice.formats.types import Announcement, Stage
from regservice.notices import wording
from regservice.notices.clause import promise

DECISION_AT = datetime(2022, 11, 14, 11, 0, tzinfo=UTC)
SENTENCES = [
    (
        Stage.AHEAD,
        "Am Montag, 14. November 2022, 12:00 Uhr, entscheiden wir, ob diese Veranstaltung vor Ort oder digital "
        "stattfindet. Alle Angemeldeten bekommen dann eine Nachricht, auch wenn es dabei bleibt.",
        "We decide on Monday, 14 November 2022, 12:00 whether this event takes place on site or digitally. "
        "Everybody who is registered then gets a message, even if nothing changes.",
    ),
    (
        Stage.WAITING,
        "Wir entscheiden gerade, ob diese Veranstaltung vor Ort oder digital stattfindet. Alle Angemeldeten "
        "bekommen eine Nachricht, auch wenn es dabei bleibt.",
        "We are deciding whether this event takes place on site or digitally. Everybody who is registered gets a "
        "message, even if nothing changes.",
    ),
    (
        Stage.DELAYED,
        "Wir wollten bereits entschieden haben, ob diese Veranstaltung vor Ort oder digital stattfindet. Alle "
        "Angemeldeten bekommen eine Nachricht, sobald es entschieden ist.",
        "We wanted to decide by now whether this event takes place on site or digitally. Everybody who is registered "
        "gets a message as soon as it is decided.",
    ),
    (
        Stage.STAYS,
        "Es ist entschieden: Diese Veranstaltung findet statt wie angekündigt.",
        "It is decided: this event takes place as announced.",
    ),
]


@pytest.mark.parametrize(("stage", "german", "english"), SENTENCES, ids=lambda value: str(value)[:10])
def test_each_stage_in_both_languages(app: Flask, stage: Stage, german: str, english: str) -> None:
    announcement = Announcement(stage=stage, decision_at=DECISION_AT)
    said = {}
    for language in ("de", "en"):
        with wording.speaking(language):
            said[language] = promise(announcement, "Europe/Berlin")
    assert said == {"de": german, "en": english}


OF_BOTH = [
    (
        Stage.AHEAD,
        "Am Montag, 14. November 2022, 12:00 Uhr, entscheiden wir, ob die Teilnahme an dieser Veranstaltung auch "
        "digital möglich ist. Alle Angemeldeten bekommen dann eine Nachricht, auch wenn es dabei bleibt.",
        "We decide on Monday, 14 November 2022, 12:00 whether people can also take part in this event digitally. "
        "Everybody who is registered then gets a message, even if nothing changes.",
    ),
    (
        Stage.WAITING,
        "Wir entscheiden gerade, ob die Teilnahme an dieser Veranstaltung auch digital möglich ist. Alle "
        "Angemeldeten bekommen eine Nachricht, auch wenn es dabei bleibt.",
        "We are deciding whether people can also take part in this event digitally. Everybody who is registered gets "
        "a message, even if nothing changes.",
    ),
    (
        Stage.DELAYED,
        "Wir wollten bereits entschieden haben, ob die Teilnahme an dieser Veranstaltung auch digital möglich "
        "ist. Alle Angemeldeten bekommen eine Nachricht, sobald es entschieden ist.",
        "We wanted to decide by now whether people can also take part in this event digitally. Everybody who is "
        "registered gets a message as soon as it is decided.",
    ),
    # Once it stays, nothing is to be asked any more: the words are those of every event.
    (Stage.STAYS, *SENTENCES[-1][1:]),
]


@pytest.mark.parametrize(("stage", "german", "english"), OF_BOTH, ids=lambda value: str(value)[:10])
def test_where_people_may_be_too_many_the_question_is_whether_they_can_join_as_well(
    app: Flask, stage: Stage, german: str, english: str
) -> None:
    announcement = Announcement(stage=stage, decision_at=DECISION_AT, to=Format.HYBRID)
    said = {}
    for language in ("de", "en"):
        with wording.speaking(language):
            said[language] = promise(announcement, "Europe/Berlin")
    assert said == {"de": german, "en": english}


def test_without_anything_to_decide_nothing_is_promised(app: Flask) -> None:
    with wording.speaking("de"):
        assert promise(None, "Europe/Berlin") == ""
