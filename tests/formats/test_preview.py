"""What a rule would have done over past readings: day by day, without application and database."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from regservice.formats import replay
from regservice.formats.types import FormatRule, Outcome, Reading, RuleKind, WatchState
from regservice.web.organiser.plot import Mark, plot_of

# Monday, 12:00 in Berlin.
RULE = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=datetime(2026, 11, 16, 11, 0, tzinfo=UTC))
BERLIN = "Europe/Berlin"


def morning(day: date, value: float, number: int = 0) -> Reading:
    """A reading of 7:00 in the morning in Berlin's winter."""
    as_of = datetime(day.year, day.month, day.day, 6, 0, tzinfo=UTC)
    identity = number or int(as_of.timestamp())
    return Reading(id=identity, event_id=1, value=value, as_of=as_of, fetched_at=as_of, source="hand", entered_by="")


def mornings(*values: float) -> list[Reading]:
    """One reading a day from Friday 6 November on."""
    return [morning(date(2026, 11, 6) + timedelta(days=number), value) for number, value in enumerate(values)]


NOW = datetime(2026, 11, 15, 12, 0, tzinfo=UTC)


def test_each_day_has_its_value_light_and_decision() -> None:
    days = replay.replay(RULE, mornings(200, 310, 320, 310, 250), NOW, BERLIN)
    assert [(day.on.day, day.value, day.outcome, day.light, day.decides) for day in days] == [
        (6, 200, Outcome.STAY, WatchState.CALM, False),
        (7, 310, Outcome.SWITCH, WatchState.WATCHING, False),
        (8, 320, Outcome.SWITCH, WatchState.TRIGGERED, False),
        (9, 310, Outcome.SWITCH, WatchState.TRIGGERED, True),
        (10, 250, Outcome.STAY, WatchState.TRIGGERED, False),
    ]
    assert replay.turns(days) == 2


def test_a_day_without_reading_lives_on_the_one_before_until_that_is_stale() -> None:
    readings = [morning(date(2026, 11, 6), 400), morning(date(2026, 11, 9), 200)]
    days = replay.replay(RULE, readings, NOW, BERLIN)
    assert [(day.value, day.outcome, day.why) for day in days] == [
        (400, Outcome.SWITCH, ""),
        (None, Outcome.SWITCH, ""),
        (None, Outcome.UNDECIDED, "stale"),
        (200, Outcome.STAY, ""),
    ]
    assert replay.turns(days) == 1


def test_a_rise_has_nothing_to_say_before_a_week_of_readings() -> None:
    rise = replace(RULE, kind=RuleKind.TREND, over=None, rise_pct=10)
    days = replay.replay(rise, mornings(*[100] * 7, 110), NOW, BERLIN)
    assert [day.why for day in days[:7]] == ["compare_missing"] * 7
    assert days[7].outcome is Outcome.SWITCH


def test_a_correction_counts_and_the_future_does_not() -> None:
    readings = [*mornings(400), replace(mornings(200)[0], id=2**40), morning(date(2026, 11, 16), 900)]
    [day] = replay.replay(RULE, readings, NOW, BERLIN)
    assert (day.value, day.outcome) == (200, Outcome.STAY)


def test_no_readings_no_days() -> None:
    assert replay.replay(RULE, [], NOW, BERLIN) == []
    assert replay.turns([]) == 0


def test_two_years_are_shown_as_their_last_and_quickly() -> None:
    first = date(2024, 11, 15)
    readings = [morning(first + timedelta(days=number), number) for number in range(731)]
    began = time.process_time()
    days = replay.replay(replace(RULE, kind=RuleKind.LEVEL_AND_TREND, rise_pct=10), readings, NOW, BERLIN)
    assert len(days) == replay.MOST_DAYS
    assert days[-1].on == date(2026, 11, 15)
    assert time.process_time() - began < 5


def test_where_the_points_of_the_picture_are() -> None:
    days = replay.replay(RULE, mornings(0, 200, 400, 400), NOW, BERLIN)
    plot = plot_of(days, 300)
    assert plot is not None
    assert plot.line == "50.0,200.0 230.0,106.0 410.0,12.0 590.0,12.0"
    assert (plot.level_y, plot.highest) == (59.0, 400)
    # Of these days only the 9th is a Monday.
    assert plot.marks == (Mark(x=590.0, y=12.0, digital=True),)
    assert plot_of(days[:1], 300) is None
