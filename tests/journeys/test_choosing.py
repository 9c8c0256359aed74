"""Who may choose a working group is asked to by the mail about their place."""

import pytest

from tests.factories import confirm
from tests.journeys.town import Town
from tests.registrations.test_choosing import event_with, group


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            "Bitte wählen Sie bis Donnerstag, 19. November 2026, 12:00 Uhr auf Ihrer eigenen Seite, wo Sie mitmachen.",
        ),
        (
            "en",
            "Please choose on your own page in which part you want to take part, by Thursday, 19 November 2026, 12:00.",
        ),
        (
            "de-simple",
            "Wählen Sie auf Ihrer Seite, wo Sie mitmachen. Das geht bis Donnerstag, 19. November 2026, 12:00 Uhr.",
        ),
    ],
)
def test_the_mail_about_the_place_asks_for_the_choice_where_there_is_one(town: Town, language: str, words: str) -> None:
    event = event_with(town.clock, group("Housing"))
    with_choice = confirm(event, "Ada", town.clock(), language=language)
    without = confirm(event_with(town.clock, group("Assigned", chosen=False)), "Ben", town.clock(), language=language)
    town.tick(town.clock())
    texts = [town.text(number) for number, mail in enumerate(town.mails()) if mail["X-Regservice-Kind"] == "confirmed"]
    assert [words in " ".join(text.split()) for text in texts] == [True, False], texts
    assert (with_choice.language, without.language) == (language, language)
