"""Breaks are suggested where people would look at a screen for longer than an hour and a quarter."""

from datetime import datetime, timedelta

import pytest

from regservice.events.types import Format, SessionFacts, SessionKind
from regservice.formats import breaks
from tests.factories import STARTS_AT
from tests.facts import event_facts

DIGITAL, TALK, GROUP, BREAK, MEAL = (
    Format.DIGITAL,
    SessionKind.TALK,
    SessionKind.GROUP,
    SessionKind.BREAK,
    SessionKind.MEAL,
)


def after(minutes: int) -> datetime:
    return STARTS_AT + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (60, []),
        (75, []),
        (76, [40]),
        (90, [45]),
        (120, [60]),
        (150, [75]),
        (151, [50, 100]),
        (180, [60, 120]),
        (240, [60, 120, 180]),
        (None, [60]),
    ],
)
def test_a_whole_event_that_is_digital(length: int | None, expected: list[int]) -> None:
    ends_at = None if length is None else after(length)
    event = event_facts(format=DIGITAL, ends_at=ends_at)
    assert breaks.suggested(event) == [after(minutes) for minutes in expected]


@pytest.mark.parametrize("format", [Format.ONSITE, Format.HYBRID])
def test_who_can_walk_about_needs_no_advice(format: Format) -> None:
    assert breaks.suggested(event_facts(format=format)) == []


@pytest.mark.parametrize(("to", "expected"), [(DIGITAL, [60, 120]), (Format.HYBRID, []), ({1: DIGITAL}, [60, 120])])
def test_before_a_switch_the_event_counts_as_it_would_be(to: Format, expected: list[int]) -> None:
    assert breaks.suggested_after(event_facts(), to) == [after(minutes) for minutes in expected]


def test_without_a_date_there_is_nothing_to_say() -> None:
    assert breaks.suggested(event_facts(format=DIGITAL, starts_at=None, ends_at=None)) == []


def part(kind: SessionKind, starts: int | None, ends: int | None, format: Format = DIGITAL) -> SessionFacts:
    at = {"starts_at": None if starts is None else after(starts), "ends_at": None if ends is None else after(ends)}
    return SessionFacts(id=starts or 1, position=1, title=kind.value, kind=kind, format=format, **at)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # One after the other without a gap, and beside each other: one stretch.
        ([part(TALK, 0, 60), part(GROUP, 60, 120), part(GROUP, 60, 110)], [60]),
        ([part(TALK, 0, 60), part(GROUP, 75, 135)], []),
        ([part(TALK, 0, 180), part(BREAK, 60, 75)], [130]),
        ([part(TALK, 0, 60), part(MEAL, 60, 120, Format.ONSITE), part(GROUP, 120, 180)], []),
        ([part(TALK, 0, 120), part(BREAK, 110, 130)], [55]),
        ([part(TALK, 0, 70), part(BREAK, None, None)], []),
        # On site is no stretch before a screen.
        ([part(TALK, 0, 90, Format.ONSITE), part(GROUP, 90, 180)], [135]),
        ([part(TALK, 0, 180, Format.HYBRID)], []),
        # Without times the event as a whole counts.
        ([part(TALK, None, None), part(GROUP, None, None)], [60, 120]),
    ],
)
def test_parts(parts: list[SessionFacts], expected: list[int]) -> None:
    all_digital = all(one.format is DIGITAL for one in parts if one.decides_format)
    event = event_facts(format=DIGITAL if all_digital else Format.HYBRID, sessions=tuple(parts))
    assert breaks.suggested(event) == [after(minutes) for minutes in expected]
