"""Words that several messages and calendars share, in the language that is being spoken (see `speaking`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import force_locale, get_locale, ngettext
from flask_babel import gettext as _

from regservice.config import LANGUAGES, current_settings
from regservice.events import wording
from regservice.events.types import EventFacts, Format, SessionFacts
from regservice.notices import plain
from regservice.registrations import own_programme
from regservice.registrations import rules as registration_rules
from regservice.registrations.types import Attendance, RegistrationFacts
from regservice.town.types import TownFacts

# What one can do much with: an address in a name would make our mail carry a stranger's advertisement.
_NOT_IN_NAMES = ("://", "www.", "/", "@", "<", ">")
LONGEST_NAME = 80


@contextmanager
def speaking(wanted: str) -> Iterator[str]:
    """Speak a person's language, or the fallback of the settings; gives the locale that it is written in."""
    language = wanted if wanted in LANGUAGES else current_settings().locale
    locale = plain.locale_of(language)
    with force_locale(locale), plain.words_of(language):
        yield locale


def language() -> str:
    """The language being spoken."""
    return str(get_locale()).split("_")[0]


def one_line(text: str) -> str:
    """Text that cannot break out of its line."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())


def greeting_name(name: str) -> str:
    """The name to greet with; empty when it looks like anything but a name."""
    plain = one_line(name)
    if len(plain) > LONGEST_NAME or any(part in plain.lower() for part in _NOT_IN_NAMES):
        return ""
    return plain


def town_name(town: TownFacts) -> str:
    """Under which name mails come."""
    return one_line(town.sender_name or town.name) or _("Town hall")


def when(event: EventFacts) -> str:
    """Friday, 20 November 2026, 16:00 to 19:00; empty while there is no date."""
    return when_of(event.starts_at, event.ends_at, event.timezone)


def when_of(starts_at: datetime | None, ends_at: datetime | None, timezone: str) -> str:
    """The same for a time that an event had before."""
    if starts_at is None:
        return ""
    day = wording.day_of(starts_at, timezone, language())
    return f"{day}, {wording.span(starts_at, ends_at, timezone, language())}"


def in_days(event: EventFacts, now: datetime) -> str:
    """How far the event is away at this moment, in local calendar days: today, tomorrow, in 3 days."""
    if event.starts_at is None:
        return ""
    zone = ZoneInfo(event.timezone)
    days = (event.starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days <= 0:
        return str(_("today"))
    return str(_("tomorrow") if days == 1 else ngettext("in %(num)d day", "in %(num)d days", days))


def place(event: EventFacts, *, on_site: bool, digital: bool) -> str:
    """Where one person takes part; where the parts of an event differ, in both ways."""
    if not on_site:
        return str(_("digital"))
    there = one_line(event.place) or str(_("The place is not known yet."))
    return str(_("%(place)s, and partly digital", place=there)) if digital else there


def parts(event: EventFacts, registration: RegistrationFacts) -> tuple[str, ...]:
    """The sessions of one person, each in a line: time, title, room or "digital"."""
    return tuple(
        one_line(", ".join(word for word in (wording.session_time(part, event, language()), part.title, where) if word))
        for part in registration_rules.programme_of(event, registration)
        for where in [part_place(part, event, registration)]
    )


def programme_so_far(event: EventFacts, registration: RegistrationFacts, known: dict[str, Any]) -> tuple[str, ...]:
    """What a person was told of their parts, each in a line, where something of it is different now."""
    now = own_programme.programme(event, registration)
    return tuple(_in_a_line(part, event) for identity, part in known.items() if now.get(identity) != part)


def parts_rearranged(event: EventFacts, known: dict[str, Any]) -> dict[str, Any]:
    """The parts that are elsewhere or at another time than was known, each as a line, and the names of those gone."""
    now = own_programme.whole_programme(event)
    changed = own_programme.rearranged(known, now)
    return {
        "parts_before": tuple(_in_a_line(known[identity], event) for identity in changed),
        "parts_now": tuple(_in_a_line(now[identity], event) for identity in changed if identity in now),
        "parts_gone": tuple(one_line(known[identity]["title"]) for identity in changed if identity not in now),
    }


def _in_a_line(part: dict[str, Any], event: EventFacts) -> str:
    return one_line(", ".join(word for word in (_span_of(part, event), part["title"], part["place"]) if word))


def _span_of(part: dict[str, Any], event: EventFacts) -> str:
    starts_at, ends_at = instant(part["starts_at"]), instant(part["ends_at"])
    return wording.span(starts_at, ends_at, event.timezone, language()) if starts_at else ""


def part_place(part: SessionFacts, event: EventFacts, registration: RegistrationFacts) -> str:
    """Where a person takes part in one session, as far as it differs from the event's place; else its room."""
    attendance = registration_rules.attendance_at(part, registration.attendance)
    if attendance is Attendance.DIGITAL:
        return str(_("digital"))
    return part.place or (str(_("on site")) if event.format is Format.MIXED else "")


def format_name(format: str) -> str:
    """Where people take part, in a word or two."""
    match format:
        case Format.DIGITAL:
            return str(_("digital"))
        case Format.ONSITE:
            return str(_("on site"))
        case _:
            return str(_("on site or digital"))


def place_in_format(on_site: str, format: str) -> str:
    """Where an event takes place in a format: for saying what changed, and to everybody."""
    on_site = on_site or str(_("on site"))
    match format:
        case Format.DIGITAL:
            return str(_("digital"))
        case Format.ONSITE:
            return on_site
        case Format.MIXED:
            return str(_("%(place)s, and partly digital", place=on_site))
        case _:
            return str(_("%(place)s, or digital", place=on_site))


def if_silent(event: EventFacts) -> str:
    """What becomes of who has to confirm a place on site and does not."""
    if event.digital_capacity is None:
        text = _("Without your answer you then take part digitally, and somebody else can have the place on site.")
    else:
        text = _(
            "Without your answer somebody else can have the place on site. You then take part digitally if a place is "
            "free there; if none is, your registration ends."
        )
    return str(text)


def moment(instant: datetime | None, event: EventFacts) -> str:
    """Day and time of an instant in the event's zone; empty for none."""
    return wording.moment(instant, event.timezone, language()) if instant else ""


def instant(value: Any) -> datetime | None:
    """An instant as a message carries it."""
    return datetime.fromisoformat(value) if value else None


def joins_at(event: EventFacts, registration: RegistrationFacts) -> str:
    """When a person's first digital part begins; empty where that is when the event does."""
    starts_at = registration_rules.digital_part_starts_at(event, registration)
    return "" if starts_at == event.starts_at else moment(starts_at, event)


def room_opens(event: EventFacts) -> str:
    """When the digital room opens, counted from the start."""
    minutes = event.join_opens_min
    if not minutes:
        return str(_("The room opens at the start."))
    return str(
        ngettext(
            "The room opens %(num)s minute before the start.",
            "The room opens %(num)s minutes before the start.",
            minutes,
        )
    )
