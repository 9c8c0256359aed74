"""Letters that are made once for many people say the same as letters that are made for each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.notices import letters
from regservice.notices.kinds import KINDS
from regservice.notices.texts import Texts, made_once
from tests.conftest import Clock
from tests.factories import make_event
from tests.notices.test_letters import letter

PEOPLE = ["Ada", "", 'O\'Hara & Söhne "<b>"', "{{ mail.title }} %(name)s %s", "name", "نور", "…" * 100, "  x\n y "]
NOT_NAMED = "…" * 100


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.states])
@pytest.mark.parametrize("language", ["de", "en"])
def test_nobody_sees_that_a_letter_was_made_for_somebody_else(
    app: Flask, clock: Clock, kind: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(clock())
    people: list[dict[str, Any]] = [{"name": name, "language": language, "id": 7 + n} for n, name in enumerate(PEOPLE)]
    kept = [letter(kind, event, **person) for person in people]
    monkeypatch.setattr(letters, "_texts", letters.rendered)
    assert kept == [letter(kind, event, **person) for person in people]


def test_a_letter_is_made_once_for_all_who_get_the_same(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, made = make_event(clock()), []
    rendered = letters.rendered
    monkeypatch.setattr(letters, "rendered", lambda *given: made.append(given) or rendered(*given))
    for number in range(5):
        letter("remind_7d", event, id=number + 1, name=f"Person {number}")
    assert len(made) == 1
    letter("remind_7d", replace(event, title="Another title"))
    letter("remind_7d", event, language="de")
    letter("remind_1d", event)
    letter("remind_7d", event, now=event.starts_at - timedelta(days=2))
    assert len(made) == 5


def test_what_cannot_be_compared_is_made_anew(app: Flask) -> None:
    made: list[str] = []

    def make() -> Texts:
        made.append("")
        return Texts(subject="", text="", html="")

    for extra in ({"list": [1]}, {"list": [1]}, {"list": (1,)}, {"list": (1,)}):
        made_once(("kind",), extra, make)
    assert len(made) == 3
