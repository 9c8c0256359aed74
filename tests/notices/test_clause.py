"""The promise about going digital: the same words wherever it is made, with the weekday and the event's own clock."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask

from regservice.formats.types import Announcement, FormatQuestion, Stage
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


OTHER_QUESTIONS = {
    FormatQuestion.ALSO_DIGITAL: (
        "ob die Teilnahme an dieser Veranstaltung auch digital möglich ist",
        "whether people can also take part in this event digitally",
    ),
    FormatQuestion.REST_DIGITAL: (
        "ob auch die übrigen Teile dieser Veranstaltung digital stattfinden",
        "whether the other parts of this event take place digitally, too",
    ),
    FormatQuestion.ONLY_DIGITAL: (
        "ob die Teilnahme an dieser Veranstaltung nur noch digital möglich ist",
        "whether people can take part in this event only digitally",
    ),
}


@pytest.mark.parametrize(("stage", "german", "english"), SENTENCES, ids=lambda value: str(value)[:10])
@pytest.mark.parametrize("question", OTHER_QUESTIONS)
def test_the_sentence_asks_what_is_still_open(
    app: Flask, question: FormatQuestion, stage: Stage, german: str, english: str
) -> None:
    """Once it stays, nothing is to be asked any more: the words are those of every event."""
    asked_in_german, asked_in_english = OTHER_QUESTIONS[question]
    expected = {
        "de": german.replace("ob diese Veranstaltung vor Ort oder digital stattfindet", asked_in_german),
        "en": english.replace("whether this event takes place on site or digitally", asked_in_english),
    }
    announcement = Announcement(stage=stage, decision_at=DECISION_AT, question=question)
    said = {}
    for language in ("de", "en"):
        with wording.speaking(language):
            said[language] = promise(announcement, "Europe/Berlin")
    assert said == expected


@pytest.mark.parametrize("question", FormatQuestion)
@pytest.mark.parametrize("stage", Stage)
def test_plain_german_has_words_of_its_own_for_each(app: Flask, question: FormatQuestion, stage: Stage) -> None:
    announcement = Announcement(stage=stage, decision_at=DECISION_AT, question=question)
    said = {}
    for language in ("de", "de-simple"):
        with wording.speaking(language):
            said[language] = promise(announcement, "Europe/Berlin")
    assert said["de"] != said["de-simple"]
    assert max(len(sentence.split()) for sentence in re.split(r"[.?:] ", said["de-simple"])) <= 12


def test_without_anything_to_decide_nothing_is_promised(app: Flask) -> None:
    with wording.speaking("de"):
        assert promise(None, "Europe/Berlin") == ""
