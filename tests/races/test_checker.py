"""The checker finds what it is there for: one small story for each promise that could be broken."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from tests.races.checker import violations
from tests.races.history import Deed, History
from tests.races.journal import Asked
from tests.races.seats import BEGIN
from tests.races.switches import told_wrongly

MINUTE = timedelta(minutes=1)


def deed(text: str, minute: int) -> Deed:
    """From `confirmed 1 person`: what, whom, by whom, a minute after the one before; offers hold for an hour."""
    verb, who, actor = text.split()
    at = BEGIN + minute * MINUTE
    return Deed(
        at=at,
        verb=f"registration.{verb}" if who != "0" else f"event.{verb}",
        actor=actor,
        subject=int(who) or None,
        until=at + timedelta(hours=1) if verb in {"offered", "offer_prolonged"} else None,
    )


def story(*texts: str, **states: str) -> History:
    """A history at an event with one seat; rows and messages follow from the deeds."""
    deeds = tuple(deed(text, minute) for minute, text in enumerate(texts))
    words = {"confirmed": "confirmed", "waitlisted": "waitlisted", "offered": "offer", "created": "optin"}
    told = Counter(
        (entry.subject, words[verb])
        for entry in deeds
        if entry.subject is not None and (verb := entry.verb.partition(".")[2]) in words
    )
    people = sorted({entry.subject for entry in deeds if entry.subject is not None})
    return History(
        capacity=1,
        deeds=deeds,
        states={number: states[f"p{number}"] for number in people},
        emails={number: f"p{number}@example.org" for number in people},
        messages=told,
    )


def answers(history: History) -> list[Asked]:
    """What everybody was told when nothing went wrong."""
    words = {"confirmed": "Confirmed", "waitlisted": "Waitlisted", "cancelled": "Cancelled"}
    return [
        Asked(act="press", answer=words[verb], registration=entry.subject)
        for entry in history.deeds
        if (verb := entry.verb.partition(".")[2]) in words and entry.actor != "service"
    ]


TWO = ("created 1 person", "created 2 person")
FULL = (*TWO, "confirmed 1 person", "waitlisted 2 person")


def found(history: History) -> list[str]:
    """The first words of each violation."""
    return [text.partition(":")[0] for text in violations(history, answers(history))]


def test_a_story_that_is_as_promised() -> None:
    history = story(
        *FULL, "cancelled 1 person", "offered 2 service", "confirmed 2 person", p1="cancelled", p2="confirmed"
    )
    history.messages[1, "cancelled"] += 1
    assert found(history) == []


@pytest.mark.parametrize(
    ("deeds", "states", "wrong"),
    [
        ((*TWO, "confirmed 1 person", "confirmed 2 person"), ("confirmed", "confirmed"), "beyond the capacity"),
        ((*TWO, "waitlisted 2 person"), ("pending", "waitlisted"), "made to wait beside a free seat"),
        ((*TWO, "expired 2 person"), ("pending", "expired"), "refused beside a free seat"),
        ((*TWO, "expired 2 service"), ("pending", "expired"), "before 48 hours"),
        ((*FULL, "offered 2 service"), ("confirmed", "offered"), "beyond the capacity"),
        ((*FULL, "moved_up 2 staff", "confirmed 2 staff"), ("confirmed", "confirmed"), "beyond the capacity"),
        ((*TWO, "confirmed 1 person", "confirmed 1 person"), ("confirmed", "pending"), "confirmed from confirmed"),
        ((*TWO, "confirmed 1 person", "created 1 person"), ("pending", "pending"), "made twice"),
    ],
)
def test_a_story_that_breaks_a_promise(deeds: tuple[str, ...], states: tuple[str, str], wrong: str) -> None:
    assert found(story(*deeds, p1=states[0], p2=states[1]))[0] == wrong


def test_a_free_seat_beside_a_waiting_person() -> None:
    history = story(*FULL, "cancelled 1 person", p1="cancelled", p2="waitlisted")
    history.messages[1, "cancelled"] += 1
    assert found(history) == ["a free seat beside 1 waiting, before None"]


def test_who_is_promoted_out_of_order() -> None:
    deeds = ("created 3 person", *FULL, "waitlisted 3 person", "cancelled 1 person", "offered 3 service")
    history = story(*deeds, p1="cancelled", p2="waitlisted", p3="offered")
    history.messages[1, "cancelled"] += 1
    assert found(history) == ["out of order"]


def test_who_confirms_past_the_line() -> None:
    # Near the start the freed seat stays free for the door, and is not for newcomers.
    deeds = ("created 3 person", *FULL, "cancelled 1 person", "confirmed 3 person")
    history = story(*deeds, p1="cancelled", p2="waitlisted", p3="confirmed")
    history.messages[1, "cancelled"] += 1
    wrong = violations(history, answers(history), offers=False)
    assert [text.partition(":")[0] for text in wrong] == ["past the waiting list"]


def test_a_message_too_many_and_one_too_few() -> None:
    history = story(*FULL, p1="confirmed", p2="waitlisted")
    history.messages[1, "confirmed"] += 1
    del history.messages[2, "waitlisted"]
    assert found(history) == [
        "1 x confirmed for registration 1, but 2 messages",
        "1 x waitlisted for registration 2, but 0 messages",
    ]


def test_a_row_that_is_not_what_the_trail_says() -> None:
    assert found(story(*FULL, p1="confirmed", p2="confirmed")) == [
        "registration 2 is confirmed, by the trail waitlisted"
    ]


def test_an_answer_without_a_deed_and_a_deed_without_an_answer() -> None:
    history = story(*FULL, p1="confirmed", p2="waitlisted")
    told = [Asked(act="confirm", answer="Confirmed", registration=2), *answers(history)[1:]]
    assert violations(history, told) == [
        "0 answers, 1 entries: registration.confirmed of 1",
        "1 answers, 0 entries: registration.confirmed of 2",
    ]


def test_a_sign_up_that_was_acknowledged_and_lost_and_a_failure() -> None:
    history = story(*FULL, p1="confirmed", p2="waitlisted")
    told = [
        Asked(act="sign_up", answer="OptInSent", email="p3@example.org"),
        Asked(act="sign_up", answer="failed: OperationalError", done=False, email="p4@example.org"),
    ]
    assert violations(history, [*told, *answers(history)]) == [
        "sign_up failed: OperationalError",
        "0 rows for p3@example.org",
    ]


@pytest.mark.parametrize(("hours", "wrong"), [(47.9, []), (48, ["after 48 hours"])])
def test_the_clock_of_a_confirmation(hours: float, wrong: list[str]) -> None:
    late = _at(deed("confirmed 1 person", 0), BEGIN + timedelta(hours=hours))
    history = story("created 1 person", "confirmed 1 person", p1="confirmed")
    assert found(_with(history, late)) == wrong


def _at(entry: Deed, at: datetime) -> Deed:
    return Deed(at=at, verb=entry.verb, actor=entry.actor, subject=entry.subject, until=entry.until)


def _with(history: History, last: Deed) -> History:
    deeds = (*history.deeds[:-1], last)
    return History(capacity=1, deeds=deeds, states=history.states, emails=history.emails, messages=history.messages)


SWITCHED = (*TWO, "confirmed 1 person", "switched 0 organiser", "confirmed 2 person")


def told(*letters: tuple[int, str, bool]) -> list[str]:
    """What is wrong when these people read these mails: who, which kind, and whether it opens the room."""
    base = story(*SWITCHED, p1="confirmed", p2="confirmed")
    deeds = tuple(
        Deed(at=entry.at, verb="format.switched", actor=entry.actor, subject=None) if entry.subject is None else entry
        for entry in base.deeds
    )
    happened = History(capacity=9, deeds=deeds, states=base.states, emails=base.emails, messages=base.messages)
    lines = [
        Asked(act="letter", answer=kind, email=f"p{who}@example.org", number=int(in_room))
        for who, kind, in_room in letters
    ]
    return [text.partition(":")[0] for text in told_wrongly(happened, lines)]


ONCE = ((1, "confirmed", False), (1, "decision", True), (2, "confirmed", True))


def test_everyone_is_told_once_of_a_switch() -> None:
    assert told(*ONCE) == []


@pytest.mark.parametrize(
    ("letters", "who"),
    [
        (ONCE[:1] + ONCE[2:], {"1"}),
        ((*ONCE, (1, "decision", True)), {"1"}),
        ((*ONCE, (2, "decision", True)), {"2"}),
        ((*ONCE[:2], (2, "confirmed", False)), {"2"}),
        ((ONCE[1], ONCE[0], ONCE[2]), {"1"}),
    ],
)
def test_who_is_missed_told_twice_or_told_the_wrong_thing_last(
    letters: tuple[tuple[int, str, bool], ...], who: set[str]
) -> None:
    wrong = told(*letters)
    assert {text[0] for text in wrong} == who
