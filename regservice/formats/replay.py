"""What a rule would have done over past readings: each day's decision, the reading it used, and the light. PURE.

Each day of the past stands for a decision day at the rule's own time of day, so that one sees how often the answer
would have turned. It knows what was known then: what was fetched or corrected later it must not use. Days before
anything was fetched from a source are the exception, since a source that was just chosen brings weeks of past values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from regservice.formats import rules
from regservice.formats.feeds import state
from regservice.formats.types import FormatRule, Outcome, Reading, Stay, Switch, Undecided, WatchState

# A year of days is as much as a table can be read.
MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of the past: what a decision would have said, the reading it looked at, and the light in the evening."""

    on: date
    outcome: Outcome
    why: str = ""
    # The one that was decided by; without a decision the newest there was.
    reading: Reading | None
    light: WatchState
    # Whether it is the weekday of the rule's decision.
    decides: bool = False

    @property
    def value(self) -> float | None:
        """What the reading says, unless it was too old to say anything."""
        return self.reading.value if self.reading and self.why != "stale" else None


def replay(rule: FormatRule, readings: Sequence[Reading], now: datetime, timezone: str) -> list[Day]:
    """Each day from the first reading for as long as the last one counts, at most a year; none without a reading."""
    zone = ZoneInfo(timezone)
    comparable = [reading for reading in state.of_source(readings, rule.feed) if reading.as_of <= now]
    known = sorted(comparable, key=lambda reading: reading.as_of)
    if not known:
        return []
    decided = rule.decision_at.astimezone(zone)
    first, last = known[0].as_of.astimezone(zone).date(), _last_day(rule, known[-1], now, decided)
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    begun = _begun(known)
    found = []
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        moment, evening = _moment(on, decided), min(_evening(on, zone), now)
        light = rules.watch(rule, _known_by(known, begun, evening), evening, timezone)
        answer = rules.decide(rule, _known_by(known, begun, moment), moment, timezone)
        outcome, why = _said(answer)
        decides = on.weekday() == decided.weekday()
        found.append(Day(on=on, outcome=outcome, why=why, reading=answer.reading, light=light, decides=decides))
    return found


def _moment(on: date, decided: datetime) -> datetime:
    """The rule's time of day on another day."""
    return datetime.combine(on, decided.time(), decided.tzinfo).astimezone(ZoneInfo("UTC"))


def _evening(on: date, zone: ZoneInfo) -> datetime:
    """The last moment of a day."""
    return datetime.combine(on, time.max, zone).astimezone(ZoneInfo("UTC"))


def _last_day(rule: FormatRule, newest: Reading, now: datetime, decided: datetime) -> date:
    """The last day that is over or has come and on which the newest reading still counts; at least its own day."""
    stale_at = newest.as_of + state.stale_after(newest, rule.feed)
    own, last = (moment.astimezone(decided.tzinfo).date() for moment in (newest.as_of, min(now, stale_at)))
    counts = _moment(last, decided) <= now and _moment(last, decided) < stale_at
    return last if last == own or counts else last - timedelta(days=1)


def _begun(readings: Sequence[Reading]) -> dict[str, datetime]:
    """When each source was first read."""
    begun: dict[str, datetime] = {}
    for reading in readings:
        begun[reading.source] = min(begun.get(reading.source, reading.fetched_at), reading.fetched_at)
    return begun


def _known_by(readings: Sequence[Reading], begun: dict[str, datetime], moment: datetime) -> list[Reading]:
    """What had been read by then, and all of a source that nobody had read yet."""
    return [reading for reading in readings if reading.fetched_at <= moment or moment < begun[reading.source]]


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
