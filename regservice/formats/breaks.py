"""When people who sit before a screen should have a break: a hint to whoever switches, who then sets the times."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, Format, SessionFacts, SessionKind
from regservice.formats import switch_rules

# Nobody listens well for longer than this.
LONGEST_WITHOUT = timedelta(minutes=75)
ROUNDED_TO = timedelta(minutes=5)
Stretch = tuple[datetime, datetime]


def suggested(event: EventFacts) -> list[datetime]:
    """When breaks should begin, so that nobody looks at a screen for much longer than an hour at a time.

    Parts one after the other without a gap are one stretch, parallel ones as well; what is a break or a meal, and a gap
    in the programme, ends it. Where the parts have no times, the whole event counts.
    """
    found = []
    for starts, ends in _stretches(event):
        parts = ceil((ends - starts) / LONGEST_WITHOUT)
        found += [_rounded(starts + (ends - starts) * number / parts) for number in range(1, parts)]
    return found


def suggested_after(event: EventFacts, to: Format | Mapping[int, Format]) -> list[datetime]:
    """The same for the event as a switch would make it."""
    return suggested(event_rules.with_formats(event, switch_rules.targets_of(event, to)))


def _stretches(event: EventFacts) -> list[Stretch]:
    """What is digital without a break, in the order of time."""
    timed = [
        ((part.starts_at, part.ends_at), part.format)
        for part in event.parts
        if part.decides_format and part.starts_at and part.ends_at
    ]
    over = event_rules.ends_at(event)
    if timed:
        joined = _joined(stretch for stretch, format in timed if format is Format.DIGITAL)
    elif event.format is Format.DIGITAL and event.starts_at and over:
        joined = [(event.starts_at, over)]
    else:
        joined = []
    for part in event.parts:
        joined = [piece for stretch in joined for piece in _without(stretch, part)]
    return joined


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for starts, ends in sorted(stretches):
        if joined and starts <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((starts, ends))
    return joined


def _without(stretch: Stretch, part: SessionFacts) -> list[Stretch]:
    """What is left of a stretch around a break."""
    starts, ends = stretch
    if part.kind not in (SessionKind.BREAK, SessionKind.MEAL) or part.starts_at is None or part.ends_at is None:
        return [stretch]
    if part.ends_at <= starts or ends <= part.starts_at:
        return [stretch]
    return [(one, other) for one, other in ((starts, part.starts_at), (part.ends_at, ends)) if one < other]


def _rounded(instant: datetime) -> datetime:
    """To five minutes, as programmes are printed."""
    seconds = ROUNDED_TO.total_seconds()
    return datetime.fromtimestamp(round(instant.timestamp() / seconds) * seconds, instant.tzinfo)
