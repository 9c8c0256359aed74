"""VTIMEZONE blocks that every calendar program reads alike.

icalendar's own generator writes lists of dates (RDATE), of which several programs, Outlook among them, use only the
first, so that a summer event appears an hour late. A yearly rule is understood by all.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_HOUR = timedelta(hours=1)
_MARCH, _OCTOBER = 3, 10
# From these Sundays on the rule holds: Directive 2000/84/EC and its forerunners.
_FIRST_SPRING, _FIRST_AUTUMN = date(1981, 3, 29), date(1996, 10, 27)
_EPOCH = date(1970, 1, 1)


@lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> Timezone | None:
    """The block for an IANA zone, right for these years; `None` if no simple rule says what the zone does in them.

    Known are the rule of the European Union (all change at 01:00 UTC on the last Sundays of March and October) and a
    clock that never changes.
    """
    zone = ZoneInfo(name)
    years = range(first_year, last_year + 1)
    if _keeps_one_offset(zone, years):
        midwinter = datetime(first_year, 1, 1, tzinfo=zone)
        return _block(name, [_observance(TimezoneStandard(), midwinter, midwinter, _EPOCH, None)])
    if all(_follows_european_rule(zone, year) for year in years):
        spring, autumn = _change(last_year, _MARCH), _change(last_year, _OCTOBER)
        return _block(
            name,
            [
                _change_observance(TimezoneDaylight(), zone, spring, _FIRST_SPRING),
                _change_observance(TimezoneStandard(), zone, autumn, _FIRST_AUTUMN),
            ],
        )
    return None


def _keeps_one_offset(zone: ZoneInfo, years: range) -> bool:
    return len({moment.astimezone(zone).utcoffset() for year in years for moment in _noons(year)}) == 1


def _follows_european_rule(zone: ZoneInfo, year: int) -> bool:
    spring, autumn = _change(year, _MARCH), _change(year, _OCTOBER)
    winter = _offset(zone, spring - timedelta(seconds=1))
    summer = winter + _HOUR
    changes = [_offset(zone, spring), _offset(zone, autumn - timedelta(seconds=1)), _offset(zone, autumn)]
    if changes != [summer, summer, winter] or year < _FIRST_AUTUMN.year:
        return False
    # False where the local change falls on the Saturday, as in Greenland: "last Sunday" would be wrong there.
    return (spring + winter).date() == spring.date() and (autumn + summer).date() == autumn.date()


def _change(year: int, month: int) -> datetime:
    """01:00 UTC on the last Sunday of a month with 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _noons(year: int) -> list[datetime]:
    start = datetime(year, 1, 1, 12, tzinfo=UTC)
    return [start + timedelta(days=day) for day in range(366)]


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _change_observance(
    observance: TimezoneDaylight | TimezoneStandard, zone: ZoneInfo, change: datetime, first: date
) -> TimezoneDaylight | TimezoneStandard:
    before = (change - timedelta(seconds=1)).astimezone(zone)
    return _observance(observance, before, change.astimezone(zone), first, change.month)


def _observance(
    observance: TimezoneDaylight | TimezoneStandard,
    before: datetime,
    after: datetime,
    first: date,
    month: int | None,
) -> TimezoneDaylight | TimezoneStandard:
    """DTSTART is the wall clock just before the change (RFC 5545, 3.6.5)."""
    offset_before, offset_after = before.utcoffset(), after.utcoffset()
    assert offset_before is not None
    assert offset_after is not None
    wall = datetime.combine(first, datetime.min.time())
    if month is not None:
        wall += _HOUR + offset_before
        observance.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
    observance.add("dtstart", wall)
    observance.add("tzoffsetfrom", offset_before)
    observance.add("tzoffsetto", offset_after)
    observance.add("tzname", after.tzname())
    return observance


def _block(name: str, observances: list[TimezoneDaylight | TimezoneStandard]) -> Timezone:
    block = Timezone()
    block.add("tzid", name)
    block.add("x-lic-location", name)
    for observance in observances:
        block.add_component(observance)
    return block
