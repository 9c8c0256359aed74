"""Dates and times as people read them, with the weekday, in the event's zone and the reader's language."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from regservice.events.types import EventFacts, SessionFacts

# British English writes the day before the month, as all of Europe does.
LOCALES = {"de": "de_DE", "en": "en_GB"}
SEASONS = {"de": ("Winterzeit", "Sommerzeit"), "en": ("winter time", "summer time")}


def day(when: date, language: str) -> str:
    """Freitag, 18. November 2026."""
    return format_date(when, "full", locale=_locale(language))


def day_of(instant: datetime, timezone: str, language: str) -> str:
    """The local day of an instant."""
    return day(instant.astimezone(ZoneInfo(timezone)).date(), language)


def clock(instant: datetime, timezone: str, language: str) -> str:
    """16:00 Uhr; 16:00; in the hour that comes twice 02:30 Uhr (Sommerzeit)."""
    local = instant.astimezone(ZoneInfo(timezone))
    return f"{local:%H:%M} Uhr{_which(local, language)}" if language == "de" else _hour(local, language)


def _hour(local: datetime, language: str) -> str:
    return f"{local:%H:%M}{_which(local, language)}"


def _which(local: datetime, language: str) -> str:
    """Which of two, for a time that comes twice in a night when the clock goes back; empty for every other."""
    other = local.replace(fold=1 - local.fold)
    if other.utcoffset() == local.utcoffset():
        return ""
    if bool(other.dst()) == bool(local.dst()):
        return f" (UTC{local.isoformat()[-6:]})"
    return f" ({SEASONS.get(language, SEASONS['de'])[bool(local.dst())]})"


def span(starts_at: datetime, ends_at: datetime | None, timezone: str, language: str) -> str:
    """16:00 bis 19:00 Uhr; over midnight the second day is named."""
    begin = starts_at.astimezone(ZoneInfo(timezone))
    if ends_at is None:
        return clock(starts_at, timezone, language)
    end = ends_at.astimezone(ZoneInfo(timezone))
    to = "bis" if language == "de" else "to"
    if begin.date() == end.date():
        return f"{_hour(begin, language)} {to} {clock(ends_at, timezone, language)}"
    return (
        f"{clock(starts_at, timezone, language)} {to} {day(end.date(), language)}, {clock(ends_at, timezone, language)}"
    )


def session_blocks(event: EventFacts, language: str) -> list[tuple[str, list[SessionFacts]]]:
    """The named sessions in their order by time; what is at the same time, one after the other, stands together."""
    blocks: list[tuple[str, list[SessionFacts]]] = []
    for part in event.parts:
        time = session_time(part, event, language)
        if blocks and time and blocks[-1][0] == time:
            blocks[-1][1].append(part)
        else:
            blocks.append((time, [part]))
    return blocks


def session_time(part: SessionFacts, event: EventFacts, language: str) -> str:
    """16:15 bis 17:00 Uhr, with its day where that is not the first of the event; empty where it is not known."""
    if part.starts_at is None:
        return ""
    times = span(part.starts_at, part.ends_at, event.timezone, language)
    on = day_of(part.starts_at, event.timezone, language)
    first = day_of(event.starts_at, event.timezone, language) if event.starts_at else ""
    return times if on == first else f"{on}, {times}"


def moment(instant: datetime, timezone: str, language: str) -> str:
    """Sonntag, 13. November 2026, 23:59 Uhr."""
    return f"{day_of(instant, timezone, language)}, {clock(instant, timezone, language)}"


def days(first: date, last: date, language: str) -> str:
    """Freitag, 24. September bis Sonntag, 10. Oktober 2026."""
    to = "bis" if language == "de" else "to"
    return day(first, language) if first == last else f"{day(first, language)} {to} {day(last, language)}"


def _locale(language: str) -> str:
    return LOCALES.get(language, LOCALES["de"])
