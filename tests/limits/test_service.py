"""Limits hold to the count and open again with the window, on real databases."""

from datetime import timedelta

from flask import Flask

from regservice.db import db, transaction
from regservice.limits import service as limits
from regservice.limits.models import LimitCount
from regservice.limits.service import Limit, TooMany
from tests.conftest import Clock

THREE = Limit(name="test", count=3, window=timedelta(hours=1))


def take(clock: Clock, subject: str = "ada@example.org") -> TooMany | None:
    with transaction():
        return limits.take(THREE, subject, clock())


def test_the_fourth_in_an_hour_is_refused_and_told_when(each_app: Flask, clock: Clock) -> None:
    assert [take(clock) for _ in range(3)] == [None, None, None]
    clock.advance(minutes=20)
    assert take(clock) == TooMany(retry_after=timedelta(minutes=40))
    assert take(clock, "ben@example.org") is None
    clock.advance(minutes=40)
    assert take(clock) is None


def book(clock: Clock) -> timedelta | None:
    with transaction():
        return limits.book(THREE, "ada@example.org", clock())


def test_what_is_booked_counts_in_the_next_window(each_app: Flask, clock: Clock) -> None:
    now, hour, minutes = timedelta(), timedelta(hours=1), timedelta(minutes=40)
    assert [book(clock) for _ in range(3)] == [now] * 3
    clock.advance(minutes=20)
    assert [book(clock) for _ in range(5)] == [minutes] * 3 + [None] * 2
    with transaction():
        limits.give_back((THREE, "ada@example.org"))
    assert [book(clock) for _ in range(2)] == [minutes, None]
    clock.advance(minutes=45)
    # All three places of this window were taken in the one before.
    assert [book(clock) for _ in range(4)] == [hour] * 3 + [None]
    clock.advance(hours=2)
    assert [book(clock) for _ in range(4)] == [now] * 3 + [hour]


def test_subjects_are_not_stored_in_clear_and_old_counts_go(each_app: Flask, clock: Clock) -> None:
    take(clock)
    assert [row.bucket for row in db.session.query(LimitCount) if "ada" in row.bucket] == []
    # What was booked in a window counts in the next one.
    clock.advance(hours=25)
    assert limits.forget_old(clock()) == 0
    clock.advance(seconds=1)
    assert limits.forget_old(clock()) == 1
