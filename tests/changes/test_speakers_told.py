"""Those who speak hear of moving, postponing and cancelling before the participants: by a real relay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events import sessions
from regservice.events.types import EventFacts, SessionKind, SessionValues, Venue
from regservice.notices import service as notices
from regservice.notices.speakers import LOOK_AGAIN, WAITS_AT_MOST
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore
from regservice.outbox.types import MessageFacts, MessageState
from tests.conftest import Clock
from tests.factories import STARTS_AT
from tests.faulty_relay import FaultyRelay
from tests.formats.test_speakers import deliver, spoken_at

SPEAKERS = ["iris@example.org", "moritz@example.org"]
PEOPLE = ["ada@example.org", "ben@example.org"]
WEEK = timedelta(days=7)
LATER = STARTS_AT + timedelta(hours=1)


def move(event: EventFacts, clock: Clock, **values: object) -> None:
    wanted = replace(events.values_of(events.get(event.id)), **values)  # type: ignore[arg-type]
    assert isinstance(changes.edit(event.id, wanted, by="test", now=clock()), EventFacts)


def written(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=500) if message.kind == "speaker_change"]


def order(kind: str) -> list[tuple[str, str]]:
    return [("speaker_change", address) for address in SPEAKERS] + [(kind, address) for address in PEOPLE]


@pytest.mark.parametrize(("kind", "act"), [("cancelled_event", changes.cancel_event), ("postponed", changes.postpone)])
def test_calling_off_is_told_to_those_who_speak_first(each_app: Flask, clock: Clock, kind: str, act: object) -> None:
    event = spoken_at(clock)
    act(event.id, reason="Storm", by="test", now=clock())  # type: ignore[operator]
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == order(kind)


def test_a_move_is_told_to_those_who_speak_first_and_once(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    move(event, clock, venue=Venue(name="Old school"))
    clock.advance(minutes=5)
    move(event, clock, starts_at=STARTS_AT + WEEK, ends_at=STARTS_AT + WEEK + timedelta(hours=2))
    clock.advance(minutes=10)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == order("changed")
    text = notices.compose(written(event)[-1], clock()).text
    assert "bisher" in text.lower()
    assert "Old school" in text
    move(event, clock, title="Dialog evening")
    assert [message.state for message in written(event) if message.state is MessageState.WAITING] == []


def test_what_was_taken_back_is_told_to_nobody(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    move(event, clock, venue=Venue(name="Old school"))
    move(event, clock, venue=event.venue)
    clock.advance(minutes=11)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == []


def test_a_new_date_is_told_to_those_who_speak_first(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    with FaultyRelay() as relay:
        deliver(relay, clock)
        wanted = replace(events.values_of(events.get(event.id)), starts_at=STARTS_AT + WEEK, ends_at=None)
        assert isinstance(changes.take_up_again(event.id, wanted, by="test", now=clock()), EventFacts)
        assert deliver(relay, clock) == order("new_date")


def test_a_cancelled_event_is_not_moved_any_more(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    move(event, clock, venue=Venue(name="Old school"))
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    clock.advance(minutes=11)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == order("cancelled_event")


@pytest.mark.parametrize(
    ("language", "kind", "words"),
    [
        ("en", "cancelled", "is cancelled. You hear of it before the participants do."),
        ("en", "postponed", "We tell you the new date."),
        ("de", "cancelled", "fällt aus. Sie erfahren es vor den Teilnehmenden."),
        ("de", "postponed", "Den neuen Termin teilen wir Ihnen mit."),
    ],
)
def test_the_letter_in_both_languages(app: Flask, clock: Clock, language: str, kind: str, words: str) -> None:
    event = spoken_at(clock)
    act = changes.cancel_event if kind == "cancelled" else changes.postpone
    act(event.id, reason="Storm", by="test", now=clock())
    letter = notices.compose(replace(written(event)[0], language=language), clock())
    assert words in " ".join(letter.text.split())
    assert "Storm" in letter.text
    assert "/join" not in letter.text


def test_participants_wait_until_those_who_speak_were_told(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    [waiting, _] = [message for message in outbox.ledger(event.id) if message.kind == "cancelled_event"]
    assert notices.still_wanted(waiting, clock()) == NotBefore(at=clock() + LOOK_AGAIN)
    assert notices.still_wanted(waiting, clock() + WAITS_AT_MOST) is None


def a_part(title: str, **changes: object) -> SessionValues:
    return replace(SessionValues(title=title, kind=SessionKind.TALK, starts_at=STARTS_AT, place="Room 3"), **changes)  # type: ignore[arg-type]


def arrange(event: EventFacts, clock: Clock, *parts: SessionValues) -> EventFacts:
    """The event has these parts, known by their titles."""
    now = events.get(event.id)
    answer = session_changes.arrange(event.id, sessions.named(now, parts), by="test", now=clock())
    assert isinstance(answer, EventFacts), answer
    return answer


def with_parts(clock: Clock) -> EventFacts:
    return arrange(spoken_at(clock), clock, a_part("Talk"), a_part("Closing", starts_at=LATER))


def test_another_room_of_a_part_is_told_to_those_who_speak_first_and_once(each_app: Flask, clock: Clock) -> None:
    event = with_parts(clock)
    assert written(event) == []
    closing = a_part("Closing", starts_at=LATER)
    arrange(event, clock, a_part("Talk", place="Room 7"), closing)
    clock.advance(minutes=5)
    arrange(event, clock, a_part("Talk", place="Room 8"), closing)
    clock.advance(minutes=10)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == order("group")
    text = " ".join(notices.compose(replace(written(event)[-1], language="en"), clock()).text.split())
    assert "parts have another time or room. You hear of it before the participants do." in text
    assert "So far: - 16:00, Talk, Room 3 Now: - 16:00, Talk, Room 8" in text
    assert ("Room 7" in text, "Closing" in text) == (False, False)


def test_a_move_and_another_room_of_a_part_are_one_letter_to_those_who_speak(app: Flask, clock: Clock) -> None:
    event = with_parts(clock)
    closing = a_part("Closing", starts_at=LATER)
    arrange(event, clock, a_part("Talk", place="Room 7"), closing)
    move(event, clock, venue=Venue(name="Old school"))
    arrange(event, clock, a_part("Talk", place="Room 7"))
    due = [message for message in written(event) if message.state is MessageState.WAITING]
    assert [message.recipient for message in due] == SPEAKERS
    text = " ".join(notices.compose(replace(due[0], language="en"), clock()).text.split())
    for words in ("Now: Old school", "Talk, Room 3", "Talk, Room 7", "No longer takes place: Closing."):
        assert words in text


def test_what_no_speaker_must_hear_of_parts(app: Flask, clock: Clock) -> None:
    event = with_parts(clock)
    closing = a_part("Closing", starts_at=LATER)
    arrange(event, clock, a_part("Talk", place="Room 7"), closing)
    arrange(event, clock, a_part("Talk"), closing, a_part("Singing"))
    clock.advance(minutes=11)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == []
    clock.set(STARTS_AT)
    arrange(event, clock, a_part("Talk", place="Room 7"), closing, a_part("Singing"))
    assert [message.state for message in written(event) if message.state is MessageState.WAITING] == []


def test_participants_wait_for_those_who_speak_also_about_a_part(app: Flask, clock: Clock) -> None:
    event = with_parts(clock)
    arrange(event, clock, a_part("Talk", place="Room 7"), a_part("Closing", starts_at=LATER))
    [waiting, _] = [message for message in outbox.ledger(event.id) if message.kind == "group"]
    clock.advance(minutes=10)
    assert notices.still_wanted(waiting, clock()) == NotBefore(at=clock() + LOOK_AGAIN)
    clock.advance(minutes=10)
    assert notices.still_wanted(waiting, clock()) is None


def test_a_preview_counts_those_who_speak(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    moved = replace(events.values_of(event), venue=Venue(name="Old school"))
    for preview in (
        changes.preview_edit(event.id, moved, clock()),
        changes.preview_postpone(event.id, clock()),
        changes.preview_cancel(event.id, clock()),
    ):
        assert isinstance(preview, dict)
        assert (preview["speakers"], preview["mails"]) == (2, 2)
    assert written(event) == []
