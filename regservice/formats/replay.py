"""What a rule would have done over past readings: each day's light, and the decision that its reading gives. PURE.

Each day of the past stands for a decision day at the rule's own time of day, so that one sees how often the answer
would have turned. Later corrections are in the past as well: what was known at the time may have been different.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from regservice.formats import rules
from regservice.formats.types import FormatRule, Outcome, Reading, Stay, Switch, Undecided, WatchState

# A year of days is as much as a table can be read.
MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of the past: its newest reading, the light in the evening, and what a decision would have said."""

    on: date
    value: float | None
    light: WatchState
    outcome: Outcome
    why: str = ""
    # Whether it is the weekday of the rule's decision.
    decides: bool = False


def replay(rule: FormatRule, readings: Sequence[Reading], now: datetime, timezone: str) -> list[Day]:
    """Each day from the first reading to the last one or to now, at most a year; nothing where nothing was read."""
    zone = ZoneInfo(timezone)
    known = sorted((reading for reading in readings if reading.as_of <= now), key=lambda reading: reading.as_of)
    if not known:
        return []
    last = known[-1].as_of.astimezone(zone).date()
    first = max(known[0].as_of.astimezone(zone).date(), last - timedelta(days=MOST_DAYS - 1))
    decided = rule.decision_at.astimezone(zone)
    lights = deque(rules.lights(rule, known, now, timezone))
    light, found = WatchState.CALM, []
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        value = None
        while lights and lights[0][0].as_of.astimezone(zone).date() <= on:
            reading, light = lights.popleft()
            value = reading.value if reading.as_of.astimezone(zone).date() == on else None
        moment = datetime.combine(on, decided.time(), zone).astimezone(ZoneInfo("UTC"))
        outcome, why = _said(rules.decide(rule, known, moment, timezone))
        decides = on.weekday() == decided.weekday()
        found.append(Day(on=on, value=value, light=light, outcome=outcome, why=why, decides=decides))
    return found


def _said(answer: Switch | Stay | Undecided) -> tuple[Outcome, str]:
    match answer:
        case Switch():
            return Outcome.SWITCH, ""
        case Stay():
            return Outcome.STAY, ""
        case Undecided(why=why):
            return Outcome.UNDECIDED, why


def turns(days: Sequence[Day]) -> int:
    """How often the answer turned between digital and as it is; days on which nothing could be said are left out."""
    said = [day.outcome for day in days if day.outcome is not Outcome.UNDECIDED]
    return sum(one is not other for one, other in pairwise(said))
