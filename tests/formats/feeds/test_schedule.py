"""When an address is asked next, also in the nights of the clock change."""

from datetime import UTC, datetime, timedelta

import pytest

from regservice.formats.feeds.schedule import fingerprint, next_poll

MORNING = datetime(2026, 11, 16, 6, 45, tzinfo=UTC)  # 07:45 in Berlin.
NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
BERLIN = [("07:45", "Europe/Berlin")]


def after(now: datetime, *, failures: int = 0, jitter: int = 0, clocks=BERLIN, decisions=()) -> datetime:
    return next_poll(clocks, decisions, failures=failures, now=now, jitter=timedelta(seconds=jitter))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MORNING - SECOND, MORNING),
        (MORNING, MORNING + DAY),
        # Summer time begins on 28 March 2027 and ends on 31 October: the wall clock counts.
        (datetime(2027, 3, 27, 6, 45, tzinfo=UTC), datetime(2027, 3, 28, 5, 45, tzinfo=UTC)),
        (datetime(2027, 10, 30, 5, 45, tzinfo=UTC), datetime(2027, 10, 31, 6, 45, tzinfo=UTC)),
    ],
)
def test_the_next_morning(now: datetime, expected: datetime):
    assert after(now) == expected


def test_an_hour_that_does_not_come_is_only_moved():
    assert after(datetime(2027, 3, 28, 0, 59, tzinfo=UTC), clocks=[("02:30", "Europe/Berlin")]) == datetime(
        2027, 3, 28, 1, 30, tzinfo=UTC
    )


def test_everybody_comes_a_little_later():
    assert after(MORNING - DAY / 2, jitter=300) == MORNING + timedelta(seconds=300)
    # Who is late within the jitter does not ask twice on one morning.
    assert after(MORNING + timedelta(seconds=300), jitter=300) == MORNING + DAY + timedelta(seconds=300)


def test_of_several_times_the_next_one_counts():
    clocks = [("07:45", "Europe/Berlin"), ("07:45", "America/New_York")]
    assert after(MORNING, clocks=clocks) == MORNING + timedelta(hours=6)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 60), (3, 360), (4, 360), (100, 360)])
def test_after_a_failure_it_is_tried_again_soon_and_then_seldom(failures: int, minutes: int):
    assert after(MORNING, failures=failures) == MORNING + timedelta(minutes=minutes)


def test_what_may_change_within_the_hour_is_asked_again_by_day_and_by_night():
    quarter = timedelta(minutes=15)
    for now in (MORNING, MORNING - DAY / 3):
        assert next_poll(BERLIN, (), failures=0, now=now, jitter=300 * SECOND, every=quarter) == now + quarter
    assert next_poll(BERLIN, (), failures=2, now=MORNING, jitter=0 * SECOND, every=quarter) == MORNING + 4 * quarter


@pytest.mark.parametrize(
    ("before_noon", "failures", "expected"),
    [(31, 0, 30), (30, 0, 10), (11, 0, 10), (40, 3, 30), (30, 3, 10)],
)
def test_before_a_decision_it_is_asked_again(before_noon: int, failures: int, expected: int):
    now = NOON - timedelta(minutes=before_noon)
    assert after(now, failures=failures, decisions=[NOON]) == NOON - timedelta(minutes=expected)


def test_descriptions_are_told_apart_whatever_their_order():
    one, other = {"a": 1, "b": 2}, {"a": 1, "b": 3}
    assert fingerprint(one, other) == fingerprint(other, {"b": 2, "a": 1})
    assert fingerprint(one) != fingerprint(other)
