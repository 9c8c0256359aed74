"""What a rule would have done over past readings: day by day, without application and database."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from regservice.formats import replay, rules
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
    # The last one by hand counts for two days; nothing is said after that.
    assert [(day.on.day, day.value, day.outcome, day.light, day.decides) for day in days] == [
        (6, 200, Outcome.STAY, WatchState.CALM, False),
        (7, 310, Outcome.SWITCH, WatchState.WATCHING, False),
        (8, 320, Outcome.SWITCH, WatchState.TRIGGERED, False),
        (9, 310, Outcome.SWITCH, WatchState.TRIGGERED, True),
        (10, 250, Outcome.STAY, WatchState.TRIGGERED, False),
        (11, 250, Outcome.STAY, WatchState.TRIGGERED, False),
    ]
    assert replay.turns(days) == 2


def test_a_day_without_reading_lives_on_the_one_before_until_that_is_stale() -> None:
    readings = [morning(date(2026, 11, 6), 400), morning(date(2026, 11, 9), 200)]
    days = replay.replay(RULE, readings, NOW, BERLIN)
    assert [(day.reading, day.value, day.outcome, day.why) for day in days] == [
        (readings[0], 400, Outcome.SWITCH, ""),
        (readings[0], 400, Outcome.SWITCH, ""),
        # Too old: it is shown, and nothing was decided by it.
        (readings[0], None, Outcome.UNDECIDED, "stale"),
        (readings[1], 200, Outcome.STAY, ""),
        (readings[1], 200, Outcome.STAY, ""),
    ]
    assert replay.turns(days) == 1


def test_a_rise_has_nothing_to_say_before_a_week_of_readings() -> None:
    rise = replace(RULE, kind=RuleKind.TREND, over=None, rise_pct=10)
    days = replay.replay(rise, mornings(*[100] * 7, 110), NOW, BERLIN)
    assert [day.why for day in days[:7]] == ["compare_missing"] * 7
    assert days[7].outcome is Outcome.SWITCH


def at(day: int, hour: int) -> datetime:
    """An hour in Berlin's winter."""
    return datetime(2026, 11, day, hour - 1, tzinfo=UTC)


def test_a_day_shows_the_reading_of_the_hour_of_its_decision_and_no_later_one() -> None:
    [reading] = mornings(200)
    early, late = replace(reading, id=1, value=250), replace(reading, id=2, value=400)
    early = replace(early, as_of=at(9, 7), fetched_at=at(9, 8))
    late = replace(late, as_of=at(9, 13), fetched_at=at(9, 14))
    days = replay.replay(RULE, [early, late], NOW, BERLIN)
    assert [(day.on.day, day.reading, day.outcome) for day in days] == [
        (9, early, Outcome.STAY),
        (10, late, Outcome.SWITCH),
        (11, late, Outcome.SWITCH),
    ]


def test_what_was_fetched_after_the_decision_was_not_known_at_it() -> None:
    """True in the morning, but published in the afternoon; the value of the day before was what there was."""
    [reading] = mornings(250)
    before = replace(reading, id=1, as_of=at(8, 7), fetched_at=at(8, 8))
    published = replace(reading, id=2, value=400, as_of=at(9, 7), fetched_at=at(9, 15))
    days = replay.replay(RULE, [before, published], NOW, BERLIN)
    assert [(day.on.day, day.reading) for day in days] == [(8, before), (9, before), (10, published)]


def test_a_correction_counts_from_when_it_was_known_on() -> None:
    [reading] = mornings(400)
    first = replace(reading, id=1, as_of=at(9, 7), fetched_at=at(9, 8))
    corrected = replace(first, id=2, value=200, fetched_at=at(9, 15))
    days = replay.replay(RULE, [first, corrected], NOW, BERLIN)
    assert [(day.on.day, day.reading, day.outcome) for day in days] == [
        (9, first, Outcome.SWITCH),
        (10, corrected, Outcome.STAY),
    ]
    in_time = replace(corrected, fetched_at=at(9, 12))
    assert replay.replay(RULE, [first, in_time], NOW, BERLIN)[0].reading == in_time


def test_the_light_of_an_evening_knows_no_later_correction() -> None:
    first = [replace(reading, id=number) for number, reading in enumerate(mornings(310, 320, 310, 310))]
    corrected = replace(first[1], id=9, value=200, fetched_at=at(8, 15))
    days = replay.replay(RULE, [*first, corrected], NOW, BERLIN)
    lights = [WatchState.WATCHING, WatchState.TRIGGERED, WatchState.WATCHING, WatchState.TRIGGERED]
    assert [day.light for day in days[:4]] == lights


def test_the_decision_that_was_made_is_the_one_that_is_shown() -> None:
    """The same rule over the rows that were there at its moment, and today over all that came since."""
    [reading] = mornings(250)
    there = [
        replace(reading, id=number, value=value, as_of=at(day, 7), fetched_at=at(day, 8))
        for number, (day, value) in enumerate([(13, 280), (14, 295), (15, 299), (16, 299.9)], start=1)
    ]
    since = [
        replace(there[-1], id=5, value=301, fetched_at=at(17, 8)),
        replace(reading, id=6, value=500, as_of=at(16, 10), fetched_at=at(16, 13)),
    ]
    decided = rules.decide(RULE, there, RULE.decision_at, BERLIN)
    days = replay.replay(RULE, [*there, *since], at(18, 12), BERLIN)
    [shown] = [day for day in days if day.on == date(2026, 11, 16)]
    assert (shown.reading, shown.outcome, shown.decides) == (decided.reading, Outcome.STAY, True)
    assert shown.reading == there[-1]


def test_a_source_that_was_just_chosen_is_replayed_as_it_is_known_today() -> None:
    feed = {"key": "rki", "stale_after_h": 72}
    fetched = [replace(reading, source="rki", fetched_at=NOW) for reading in mornings(200, 310, 320)]
    by_hand = replace(mornings(100)[0], as_of=at(5, 7), fetched_at=at(5, 7), id=1)
    days = replay.replay(replace(RULE, feed=feed), [by_hand, *fetched], NOW, BERLIN)
    assert [(day.on.day, day.value) for day in days] == [(5, 100), (6, 200), (7, 310), (8, 320), (9, 320), (10, 320)]


def test_readings_of_another_source_make_no_day() -> None:
    old = replace(mornings(100)[0], source="old", as_of=at(1, 7), fetched_at=at(1, 7))
    days = replay.replay(RULE, [old, *mornings(200)], NOW, BERLIN)
    assert [day.on.day for day in days] == [6, 7]


def test_the_future_does_not_count() -> None:
    days = replay.replay(RULE, [*mornings(400), morning(date(2026, 11, 16), 900)], NOW, BERLIN)
    assert [(day.on.day, day.value) for day in days] == [(6, 400), (7, 400)]


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
    assert plot.line == "50.0,200.0 185.0,106.0 320.0,12.0 455.0,12.0 590.0,12.0"
    assert (plot.level_y, plot.highest) == (59.0, 400)
    # Of these days only the 9th is a Monday.
    assert plot.marks == (Mark(x=455.0, y=12.0, digital=True),)
    assert plot_of(days[:1], 300) is None


def test_where_nothing_could_be_said_the_picture_says_nothing() -> None:
    rise = replace(RULE, kind=RuleKind.TREND, over=None, rise_pct=10)
    days = replay.replay(rise, mornings(100, 100, 100, 100), NOW, BERLIN)
    assert [day.on.day for day in days if day.decides] == [9]
    plot = plot_of(days, None)
    assert plot is not None
    assert plot.marks == ()
