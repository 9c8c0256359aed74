"""The fast tenth of the long run: many messages, races, the pace, hostile texts; and the checks themselves."""

import random

import pytest
from flask import Flask

from regservice.adapters.letters import RelayMessage
from tests.adapters.conftest import mail_app
from tests.adapters.letters import letter
from tests.conftest import Clock
from tests.faulty_relay import FaultyRelay
from tests.relay import cancelling, hostile, masses, pacing
from tests.relay.posting import sender_to

__all__ = ["mail_app"]
SEED = 20261006


def test_a_relay_that_takes_every_tenth_without_a_word_loses_none(app: Flask, clock: Clock) -> None:
    figures = masses.accept_then_drop(1000, clock)
    assert (figures.messages, figures.lost, figures.doubled_after_duplicates) == (1000, 0, 0)
    assert figures.doubled == figures.dropped == figures.listed_uncertain > 100
    assert figures.kept_promise


def test_poison_fails_alone(each_app: Flask, clock: Clock) -> None:
    assert masses.poisoned(100, clock) == masses.Poisoned(messages=100, failed=3, sent=97, arrived=97)


def test_nobody_who_cancelled_is_reminded(each_app: Flask, clock: Clock) -> None:
    figures = cancelling.race(each_app, clock, 150, SEED)
    assert (figures.races, figures.sent_too_late, figures.undecided) == (150, 0, 0)
    assert figures.kept_promise
    assert min(figures.sent, figures.withdrawn) > 10, "both must happen, else it was no race"


def test_several_workers_keep_one_pace(each_app: Flask) -> None:
    figures = pacing.through_threads(each_app, workers=3, per_minute=600, seconds=2)
    assert figures.kept_promise, figures


@pytest.mark.parametrize(
    ("at", "is_kept"),
    [
        ([0.1 * n for n in range(1250)], False),
        ([0.5 * n for n in range(250)], True),
        ([0.7 * n for n in range(179)], False),
        ([60.0], False),
    ],
    ids=["too fast", "as allowed", "slower than allowed", "one mail"],
)
def test_another_pace_than_allowed_is_seen(at: list[float], is_kept: bool) -> None:
    assert pacing.measured(at, workers=3, per_minute=120, given_s=125).kept_promise is is_kept


def test_no_text_adds_a_header_or_a_second_mail(mail_app: Flask) -> None:
    with FaultyRelay() as relay, sender_to(relay, timeout_s=10) as sender:
        figures = hostile.send_hostile(500, SEED, sender, relay)
    assert (figures.cases, figures.injected) == (500, ())
    assert figures.kept_promise
    assert min(figures.refused, figures.sent) > 100


def test_an_added_header_is_seen(mail_app: Flask) -> None:
    content = RelayMessage(letter()).as_bytes()
    assert hostile.is_as_meant(content, letter().recipient.address, letter())
    assert not hostile.is_as_meant(b"Bcc: evil@example.com\r\n" + content, letter().recipient.address, letter())
    assert not hostile.is_as_meant(content, "evil@example.com", letter())


def test_the_same_seed_makes_the_same_letters() -> None:
    one, again, other = (hostile.hostile_letter(random.Random(seed)) for seed in ("1/1", "1/1", "1/2"))
    assert one == again != other
