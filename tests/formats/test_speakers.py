"""Those who speak or moderate hear of a decision before the participants: by a real relay, on both databases."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.db import transaction
from regservice.events import people
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues, Speaker
from regservice.formats import service
from regservice.formats.types import Decision, FormatRule, RuleKind, Switched
from regservice.notices.delivery import LetterPost
from regservice.notices.speakers import LOOK_AGAIN, WAITS_AT_MOST
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox import store as outbox_store
from regservice.outbox.types import MessageFacts
from regservice.privacy import service as privacy
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.faulty_relay import FaultyRelay
from tests.relay.posting import sender_to

IRIS = Speaker(name="Iris Impuls", role="Dean", email="iris@example.org")
MORITZ = Speaker(name="Moritz Leitung", email="moritz@example.org", moderates=True)
NAMELESS = Speaker(name="Nora Ohne")
ROOM = "https://room.example.org/dialogue"


def spoken_at(clock: Clock, *speakers: Speaker) -> EventFacts:
    """An event with two participants, whose first mails have left."""
    event = make_event(clock(), capacity=5, join_url=ROOM, speakers=speakers or (IRIS, NAMELESS, MORITZ))
    confirm(event, "Ada", clock())
    confirm(event, "Ben", clock())
    with FaultyRelay() as relay:
        deliver(relay, clock)
    return event


def deliver(relay: FaultyRelay, clock: Clock) -> list[tuple[str, str]]:
    """Send what is due; the kinds and recipients in the order in which the relay took them."""
    before = len(relay.stored)
    sender = sender_to(relay, timeout_s=2)
    sending.deliver(LetterPost(hand_over=sender.send), clock)
    sender.close()
    relay.wait_until_idle()
    return [
        (str(message_from_bytes(mail.content)["X-Regservice-Kind"]), mail.recipient) for mail in relay.stored[before:]
    ]


def go(event: EventFacts, to: Format, clock: Clock) -> None:
    assert isinstance(service.switch(event.id, to, reason="Storm", join_url=None, by="test", now=clock()), Switched)


def told(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=500) if message.kind == "speaker_decision"]


FIRST = [("speaker_decision", "iris@example.org"), ("speaker_decision", "moritz@example.org")]
THEN = [("decision", "ada@example.org"), ("decision", "ben@example.org")]


def test_a_switch_is_told_to_those_who_speak_first(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    preview = service.preview(event.id, Format.DIGITAL, reason="", join_url=None, now=clock())
    assert (preview.effects["speakers"], preview.effects["speakers_to_call"]) == (2, 1)
    go(event, Format.DIGITAL, clock)
    [switch] = service.history(event.id)
    assert switch.effects == preview.effects
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == FIRST + THEN


def test_they_hear_as_well_that_it_stays(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    at = clock() + timedelta(hours=1)
    service.save_rule(event.id, FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=at), by="test", now=clock())
    clock.set(at)
    service.decide_due(clock())
    service.decide(event.id, Decision.STAY, reason="", by="test", now=clock())
    with FaultyRelay() as relay:
        kinds = deliver(relay, clock)
    assert kinds == FIRST + THEN
    assert {message.payload["outcome"] for message in told(event)} == {"stays"}


def test_who_takes_part_waits_while_another_worker_still_holds_the_mail_to_those_who_speak(
    each_app: Flask, clock: Clock
) -> None:
    event = spoken_at(clock, IRIS)
    go(event, Format.DIGITAL, clock)
    with transaction():
        [held] = outbox_store.claim("another worker", clock(), lease=timedelta(minutes=20), limit=1)
    assert held.kind == "speaker_decision"
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == []
        with transaction():
            outbox_store.release("another worker")
        clock.now += LOOK_AGAIN
        assert deliver(relay, clock) == FIRST[:1] + THEN


def test_nobody_waits_for_a_worker_that_never_comes_back(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock, IRIS)
    go(event, Format.DIGITAL, clock)
    with transaction():
        outbox_store.claim("another worker", clock(), lease=timedelta(minutes=20), limit=1)
    with FaultyRelay() as relay:
        clock.now += WAITS_AT_MOST - timedelta(seconds=1)
        assert deliver(relay, clock) == []
        clock.now += LOOK_AGAIN
        assert deliver(relay, clock) == THEN


def test_a_mailbox_that_is_full_holds_nobody_up(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock, IRIS)
    go(event, Format.DIGITAL, clock)
    [message] = told(event)
    with transaction():
        outbox_store.set_values(message.id, attempts=1, next_attempt_at=clock() + timedelta(minutes=1))
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == THEN


def test_flapping_within_minutes_sends_them_one_mail_that_says_it_stays(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    for format in (Format.DIGITAL, Format.HYBRID, Format.ONSITE):
        go(event, format, clock)
        clock.advance(minutes=1)
    with FaultyRelay() as relay:
        assert deliver(relay, clock) == FIRST + THEN
        assert "bleibt" in relay.stored[0].content.decode(errors="replace")


def test_the_mail_says_what_changes_and_when_the_check_is(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    go(event, Format.DIGITAL, clock)
    with FaultyRelay() as relay:
        deliver(relay, clock)
        texts = {mail.recipient: _text(mail.content) for mail in relay.stored[:2]}
    iris, moritz = texts["iris@example.org"], texts["moritz@example.org"]
    assert "Guten Tag Iris Impuls!" in iris
    assert "Freitag, 20. November 2026, 15:30 Uhr" in iris
    assert ("moderieren" in iris, "moderieren" in moritz) == (False, True)
    assert ROOM not in iris + moritz
    assert "office@example.org" in iris


def test_where_parts_go_digital_the_check_is_before_the_first_of_them(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    at = timedelta(hours=1)
    talk, group = (
        SessionValues(kind=kind, title=title, starts_at=STARTS_AT + number * at, ends_at=STARTS_AT + (number + 1) * at)
        for number, (kind, title) in enumerate(((SessionKind.TALK, "Talk"), (SessionKind.GROUP, "Group")))
    )
    parts = session_changes.arrange(event.id, [(None, talk), (None, group)], by="test", now=clock())
    assert isinstance(parts, EventFacts)
    [digital] = [part.id for part in parts.parts if part.title == "Group"]
    service.switch(event.id, {digital: Format.DIGITAL}, reason="", join_url=ROOM, by="test", now=clock())
    with FaultyRelay() as relay:
        deliver(relay, clock)
        text = next(_text(mail.content) for mail in relay.stored if mail.recipient == "iris@example.org")
    assert "Freitag, 20. November 2026, 16:30 Uhr" in text
    assert "vor dem ersten digitalen Teil" in text
    assert "/speak/" in text


def _text(content: bytes) -> str:
    message = message_from_bytes(content)
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return " ".join(decoded.decode().split())


@pytest.mark.parametrize("end", ["cancelled", "off the list", "newer", "over"])
def test_what_no_longer_holds_is_not_sent(each_app: Flask, clock: Clock, end: str) -> None:
    event = spoken_at(clock, IRIS)
    go(event, Format.DIGITAL, clock)
    match end:
        case "cancelled":
            changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
        case "off the list":
            people.set_speakers(event.id, [], seen=events.get(event.id).version, by="test", now=clock())
        case "newer":
            with transaction():
                whole = {part.id: Format.HYBRID for part in event.sessions}
                events.set_session_formats(event.id, whole, None, now=clock())
        case "over":
            clock.set(STARTS_AT + timedelta(days=1))
    with FaultyRelay() as relay:
        kinds = [kind for kind, _ in deliver(relay, clock)]
    assert "speaker_decision" not in kinds
    assert [(message.state, bool(message.reason)) for message in told(event)] == [("skipped", True)]


def test_their_addresses_are_deleted_with_the_people(each_app: Flask, clock: Clock) -> None:
    event = spoken_at(clock)
    go(event, Format.DIGITAL, clock)
    with FaultyRelay() as relay:
        deliver(relay, clock)
    clock.advance(days=200)
    privacy.erase_due(clock())
    assert [(speaker.name, speaker.email) for speaker in events.get(event.id).speakers] == [
        ("Iris Impuls", ""),
        ("Nora Ohne", ""),
        ("Moritz Leitung", ""),
    ]
    assert {(message.recipient, str(message.payload)) for message in told(event)} == {("", "{}")}
