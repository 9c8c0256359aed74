"""Two organisers save a form of the same event at the same moment: the second is told, and nothing is lost."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.events import people
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, EventValues, Format, Overtaken, Question, Speaker
from tests.conftest import Clock
from tests.factories import make_event

WISH = Question(key="wish", label="What do you wish for?")


def ask(event: EventFacts, clock: Clock) -> EventFacts:
    """What the other organiser does between the look and the save of the first."""
    values = replace(events.values_of(event), questions=(WISH,))
    asked = changes.edit(event.id, values, by="organiser:2", now=clock())
    assert isinstance(asked, EventFacts)
    return asked


def save(event: EventFacts, clock: Clock, seen: int) -> object:
    """The form of the event as it was read before, with another title and room."""
    values = replace(events.values_of(event), title="Another title")
    room = "https://room.example.org/new"
    return changes.save_form(
        event.id, values, seen=seen, format=Format.HYBRID, join_url=room, by="organiser:1", now=clock()
    )


@pytest.mark.parametrize("draft", [True, False])
def test_a_form_writes_over_nothing_that_changed_since_it_was_read(each_app: Flask, clock: Clock, draft: bool) -> None:
    made = events.create(EventValues(title="A draft"), by="test", now=clock()) if draft else make_event(clock())
    assert isinstance(made, EventFacts)
    asked = ask(made, clock)
    assert save(made, clock, made.version) == Overtaken()
    assert events.get(made.id) == asked
    saved = save(asked, clock, asked.version)
    assert isinstance(saved, EventFacts)
    assert (saved.title, saved.questions, saved.join_url) == (
        "Another title",
        (WISH,),
        "https://room.example.org/new",
    )
    # Only a draft still chooses its format here.
    assert saved.format is (Format.HYBRID if draft else Format.ONSITE)


def test_nor_does_the_form_with_a_new_date(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    postponed = changes.postpone(event.id, reason="Storm", by="test", now=clock())
    assert isinstance(postponed, EventFacts)
    events.set_join_url(event.id, "https://room.example.org/colleague", by="organiser:2", now=clock())
    values = replace(events.values_of(event), title="Another title")
    order: dict[str, Any] = {"join_url": "https://room.example.org/new", "by": "organiser:1", "now": clock()}
    assert changes.save_new_date(event.id, values, seen=postponed.version, **order) == Overtaken()
    kept = events.get(event.id)
    assert (kept.lifecycle, kept.join_url) == (EventStatus.POSTPONED, "https://room.example.org/colleague")
    saved = changes.save_new_date(event.id, values, seen=kept.version, **order)
    assert isinstance(saved, EventFacts)
    assert (saved.lifecycle, saved.title, saved.join_url) == (EventStatus.PUBLISHED, "Another title", order["join_url"])


def test_nor_does_the_list_of_who_speaks(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    asked = ask(event, clock)
    iris = [Speaker(name="Iris Impuls")]
    assert people.set_speakers(event.id, iris, seen=event.version, by="test", now=clock()) == Overtaken()
    assert events.get(event.id) == asked
    assert isinstance(people.set_speakers(event.id, iris, seen=asked.version, by="test", now=clock()), EventFacts)
    assert events.get(event.id).questions == (WISH,)
