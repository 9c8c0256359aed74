"""What organisers read about sources of values: their names, what they measure, and whose data they are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel import ngettext


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source on the page; `credit` must be named wherever its numbers are published."""

    name: Any
    about: Any
    credit: Any = ""
    credit_url: str = ""


RKI_CREDIT = _("Data: Robert Koch Institute, licence CC BY 4.0. Name it when you publish a number.")
RKI_URL = "https://creativecommons.org/licenses/by/4.0/deed.de"
SOURCES = {
    "incidence": Source(
        name=_("COVID-19: 7-day incidence of a county"),
        about=_("Reported cases in seven days per 100,000 people. A number a day; the newest days are often too low."),
        credit=RKI_CREDIT,
        credit_url=RKI_URL,
    ),
    "hospitalisation": Source(
        name=_("COVID-19: 7-day incidence of hospital admissions of a state"),
        about=_("Admissions in seven days per 100,000 people. There is no number for single counties."),
        credit=RKI_CREDIT,
        credit_url=RKI_URL,
    ),
    "sewage": Source(
        name=_("Viruses in sewage (AMELAG)"),
        about=_("Copies of genes per litre at a treatment plant. One sample a week, published about a week later."),
        credit=RKI_CREDIT,
        credit_url=RKI_URL,
    ),
    "weather": Source(
        name=_("Weather warnings for a county"),
        about=_("The highest level of the warnings that are published now and hold during the hours of the event."),
        credit=_("Data: German Weather Service (DWD), under GeoNutzV. Name it when you publish a number."),
        credit_url="https://www.dwd.de/DE/service/rechtliche_hinweise/rechtliche_hinweise_node.html",
    ),
    "civil": Source(
        name=_("Civil warnings for a county (NINA)"),
        about=_(
            "The severity of the warnings published now: 0 none, 1 minor, 2 moderate, 3 severe, 4 extreme. "
            "They never propose a switch: you get a mail for each warning."
        ),
        credit=_("The terms of re-use are not settled: do not print the warnings, link to them."),
        credit_url="https://warnung.bund.de/",
    ),
    "own": Source(
        name=_("Another source"),
        about=_("Any table or JSON document on the web, described by hand."),
    ),
    "text": Source(
        name=_("Another source, as text"),
        about=_("The same description in one piece, as it stands in files; for whoever has one ready."),
    ),
}
STATE = {
    "fresh": ("success", _("Fresh")),
    "stale": ("warning", _("Too old")),
    "failed": ("danger", _("Failed")),
}
# The members of a description by hand, in the order of the example.
MEMBERS = (
    ("key", _("A short name of your own. It stands beside every reading.")),
    ("url", _("Address of the document. It begins with https://")),
    ("format", _("csv (commas), tsv (tabs), json, or jsonp (JSON inside of a call).")),
    ("where", _("Which rows or records count: column and text. Several texts stand in a list.")),
    ("unless", _("Which of them do not count.")),
    ("items", _("JSON: the path to the records; a star stands for every one of a list, as in features.*")),
    ("probe", _("JSON: a path that must be there. Without it the document counts as changed, never as empty.")),
    ("value", _("Column or path of the value. Of several for one time the highest counts.")),
    ("scale", _("Words as numbers, as in Minor: 1.")),
    ("empty", _("JSON: the value when no record fits. It needs probe, or a document that is a list.")),
    ("as_of", _("Column or path of the time: a day, a time, a week such as 2026-W46, or milliseconds. Empty: now.")),
    ("id", _("Column or path that tells one record from another, such as the number of a warning.")),
    ("begins", _("Column or path of the time from which on a record holds. Those that miss the event do not count.")),
    ("ends", _("Column or path of the time until which a record holds; empty there means: still open.")),
    ("plausible", _("Lowest and highest value that can be right. Anything else counts as a failure.")),
    ("stale_after_h", _("After how many hours a value is too old. Usual: 48.")),
    ("poll", _("When it is fetched, by the clock of the event. Usual: 07:45.")),
    ("every_min", _("Every how many minutes it is fetched instead, from 5 to 1,440.")),
    ("timeout_s", _("How many seconds to wait for the source. Usual: 10.")),
    ("max_mb", _("How large the document may be, in megabytes. Usual: 80.")),
)

# Beside the single fields; pairs are written in lines there.
HINTS: dict[str, Any] = {
    **dict(MEMBERS),
    "where": _("Column or path, an equals sign, text; one a line, as in county = 05754. The same column again: or."),
    "unless": _("Written in the same way."),
    "empty": _("It needs a path that must be there, or a document that is a list."),
    "scale": _("Word, an equals sign, number; one a line, as in Minor = 1."),
    "as_of": _(
        "Column or path of the time: a day, a time, a week such as 2026-W46, or milliseconds. Empty: now. "
        "The newest record always counts."
    ),
    "plausible": _("Anything outside of these two numbers counts as a failure."),
}


def age(length: timedelta) -> str:
    """How old a value is, in whole hours or days."""
    hours = max(0, int(length.total_seconds() // 3600))
    if hours < 48:
        return str(ngettext("%(num)s hour old", "%(num)s hours old", hours))
    return str(ngettext("%(num)s day old", "%(num)s days old", hours // 24))
