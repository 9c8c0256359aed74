"""Each effect of a change is said in one sentence, and no effect is forgotten."""

from dataclasses import fields

import pytest
from flask import Flask

from regservice.formats.effects import ALWAYS_COUNTED, Consequences
from regservice.notices.effect_words import EFFECTS, ROUTINE, effect_words, notable
from regservice.notices.wording import speaking
from regservice.registrations.announcing import Announced

NOBODY = Announced(mailed=(), to_call=())
# Whoever changes between on site and digital is among the mails; meals have a text for whoever cooks.
SAID_OTHERWISE = {"attendance_changed", "meals_cancelled"}


def kinds_of_a_switch() -> set[str]:
    """The name of every effect that a switch can have on a person."""
    everything = {field.name: (1,) for field in fields(Consequences)}
    consequences = Consequences(**everything | {"told": NOBODY, "people": (), "reminds": True})  # type: ignore[arg-type]
    return {effect for _person, effect in consequences.rows()} | set(ALWAYS_COUNTED)


def test_every_effect_has_its_sentence_or_is_said_otherwise(app: Flask) -> None:
    assert kinds_of_a_switch() - EFFECTS.keys() == SAID_OTHERWISE
    assert set(EFFECTS) > ROUTINE


@pytest.mark.parametrize("language", ["de", "en"])
def test_sentences_name_their_number_in_both_languages(app: Flask, language: str) -> None:
    with speaking(language):
        for number in (1, 2):
            said = effect_words(dict.fromkeys(EFFECTS, number))
            assert [name for name, _sentence in said] == list(EFFECTS)
            assert [sentence for _name, sentence in said if str(number) not in sentence] == []
            assert len({sentence for _name, sentence in said}) == len(EFFECTS)


def test_what_does_not_happen_is_not_said_but_that_there_is_no_mail(app: Flask) -> None:
    with speaking("en"):
        assert effect_words({}) == []
        assert effect_words({"mails": 0, "offers": 0, "mails_de": 3, "calendar_updates": 1}) == [
            ("mails", "0 mails about it will be sent."),
            ("calendar_updates", "1 calendar entry changes."),
        ]
        assert effect_words(notable({"calendar_updates": 1, "reminders_replanned": 1, "offers": 1})) == [
            ("offers", "1 person from the waiting list is offered a place.")
        ]
