"""Fresh, stale or failed: one second on either side of each boundary."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regservice.formats import rules
from regservice.formats.feeds.state import of_source, state_of
from regservice.formats.types import FormatRule, Reading, RuleKind, Stay, Switch, Undecided

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
FEED: dict[str, Any] = {"key": "rki", "url": "https://example.org", "format": "csv", "value": "v", "stale_after_h": 72}
RULE = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON, feed=FEED)
SECOND = timedelta(seconds=1)


def reading(hours_ago: float, source: str = "rki", value: float = 400, id: int = 1) -> Reading:
    as_of = NOON - timedelta(hours=hours_ago)
    return Reading(id=id, event_id=1, value=value, as_of=as_of, fetched_at=as_of, source=source, entered_by="")


@pytest.mark.parametrize(
    ("feed", "newest", "failure", "at", "expected"),
    [
        (FEED, None, "", NOON, None),
        (FEED, None, "timeout", NOON, "failed"),
        (FEED, reading(72), "", NOON - SECOND, "fresh"),
        (FEED, reading(72), "", NOON, "stale"),
        ({**FEED, "stale_after_h": None}, reading(48), "", NOON - SECOND, "fresh"),
        ({**FEED, "stale_after_h": None}, reading(48), "", NOON, "stale"),
        (FEED, reading(1), "timeout", NOON, "failed"),
        (FEED, reading(100), "timeout", NOON, "failed"),
        # A reading by hand stands for itself.
        (FEED, reading(48, "hand"), "timeout", NOON - SECOND, "fresh"),
        (FEED, reading(48, "hand"), "timeout", NOON, "stale"),
        # Where the rule has no feed any more nothing of it can fail.
        (None, reading(1, "hand"), "timeout", NOON, "fresh"),
        (None, None, "timeout", NOON, None),
    ],
)
def test_states(feed: Any, newest: Reading | None, failure: str, at: datetime, expected: str | None):
    assert state_of(replace(RULE, feed=feed), newest, failure, at) == expected


def said(readings: list[Reading], failure: str = "", rule: FormatRule = RULE) -> str:
    match rules.decide(rule, readings, NOON, failure=failure):
        case Switch():
            return "switch"
        case Stay():
            return "stay"
        case Undecided(why=why):
            return why


@pytest.mark.parametrize(
    ("readings", "failure", "expected"),
    [
        ([reading(60)], "", "switch"),
        ([reading(72)], "", "stale"),
        ([reading(60)], "timeout", "failed"),
        ([], "timeout", "failed"),
        ([], "", "missing"),
        ([reading(60), reading(1, "hand", 100, id=2)], "timeout", "stay"),
        # Another feed measures something else.
        ([reading(1, "dwd")], "", "missing"),
        ([reading(60), reading(1, "dwd", 2, id=2)], "", "switch"),
    ],
)
def test_only_a_fresh_reading_of_the_rules_own_feed_decides(readings: list[Reading], failure: str, expected: str):
    assert said(readings, failure) == expected


def test_a_reading_about_any_hour_is_none_of_a_feed_that_reads_the_hours_of_the_event():
    at_any_hour, at_its_hours = reading(1, value=400), replace(reading(2, value=100, id=2), about="2026-11-20T15:00Z/")
    by_hand = reading(3, "hand", value=200, id=3)
    hours = {**FEED, "ends": "end"}
    assert of_source([at_any_hour, at_its_hours, by_hand], FEED) == [at_any_hour, by_hand]
    assert of_source([at_any_hour, at_its_hours, by_hand], hours) == [at_its_hours, by_hand]
    assert said([at_any_hour, at_its_hours], rule=replace(RULE, feed=hours)) == "stay"


def test_a_trend_is_never_made_of_two_sources():
    rule = replace(RULE, kind=RuleKind.TREND, over=None, rise_pct=10)
    week_ago, other = reading(60 + 168, value=100, id=1), reading(60 + 168, "old", value=100, id=1)
    assert said([week_ago, reading(60, id=2)], rule=rule) == "switch"
    assert said([other, reading(60, id=2)], rule=rule) == "compare_missing"
    assert of_source([week_ago, other], None) == []
