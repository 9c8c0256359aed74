"""What is said about a feed that gives nothing fresh: in the mail to organisers and on their page."""

from typing import Any

from flask_babel import format_decimal
from flask_babel import lazy_gettext as _

from regservice.events.types import EventFacts
from regservice.formats import alerting
from regservice.formats.feeds.standing import Standing
from regservice.formats.feeds.types import FeedTrouble
from regservice.formats.types import FormatRule
from regservice.notices import wording
from regservice.outbox.types import MessageFacts

WARNINGS_PAGE = "https://warnung.bund.de/meldungen"
# As the official warnings call them, by the number that stands for the word.
SEVERITY = {1: _("minor"), 2: _("moderate"), 3: _("severe"), 4: _("extreme")}
# By code; %(detail)s is a name or a number.
TROUBLE = {
    "off": _("Fetching is turned off on this server."),
    "timeout": _("The source took too long to answer."),
    "no_answer": _("The source did not answer, or broke off in the middle."),
    "http_status": _("The source answered with an error (%(detail)s)."),
    "certificate": _("The source could not prove that it is the right server (certificate)."),
    "too_large": _("The document is larger than %(detail)s MB, which is the limit."),
    "truncated": _("The document ended in the middle."),
    "encoding": _("The document came packed in a way that this service does not read (%(detail)s)."),
    "too_many_redirects": _("The source redirected too often."),
    "host_not_allowed": _(
        "This server may not fetch anything from %(detail)s. Who runs it can add that name to REGSERVICE_FEED_HOSTS."
    ),
    "host_unknown": _("There is no server with the name %(detail)s."),
    "private_address": _("%(detail)s is a server inside of a network. Nothing is fetched from there."),
    "not_https": _("The address must begin with https://"),
    "bad_address": _("This is no address that can be fetched."),
    "empty": _("The document is empty."),
    "html": _("The source sent a web page in place of a table."),
    "not_text": _("The document is no text in UTF-8."),
    "line_too_long": _("The document holds a line or a text that is too long to be one."),
    "row_broken": _("The table is damaged in line %(detail)s."),
    "column_missing": _("The column “%(detail)s” is not there exactly once. The table has probably changed."),
    "member_missing": _("A record has no “%(detail)s”. The document has probably changed."),
    "probe_missing": _("“%(detail)s” is not in the document. It has probably changed."),
    "not_json": _("The document is no valid JSON."),
    "not_jsonp": _("The document is no JSON inside of a call, as it was described."),
    "too_deep": _("The document is nested too deeply."),
    "record_too_large": _("One record of the document is too large."),
    "not_single": _("“%(detail)s” is no single value."),
    "nothing_found": _("No record of the document fits. Check the key of the place."),
    "county_unknown": _(
        "There is no county with the key %(detail)s, or not any more. After a reform choose the source again, "
        "with the key of the new county."
    ),
    "no_value": _("The records that fit have no value yet."),
    "no_time": _("“%(detail)s” is no date or time that can be read."),
    "future": _("The newest value is dated in the future (%(detail)s)."),
    "not_a_number": _("“%(detail)s” stands where a number should be."),
    "not_finite": _("“%(detail)s” stands where a number should be."),
    "unknown_word": _("The word “%(detail)s” is not in the scale."),
    "implausible": _("The value %(detail)s is outside of the plausible range. The unit has probably changed."),
}


def trouble_words(trouble: FeedTrouble) -> str:
    """What is wrong, in the language being spoken."""
    text = TROUBLE.get(trouble.code, TROUBLE["no_answer"])
    return str(text) % {"detail": wording.one_line(trouble.detail)}


def feed_details(stands: Standing, rule: FormatRule, event: EventFacts, page: str) -> dict[str, Any]:
    """The facts for the templates, in the language being spoken."""
    reading = ""
    if stands.reading is not None:
        time = wording.moment(stands.reading.as_of, event)
        reading = str(_("%(value)s, as of %(time)s", value=format_decimal(stands.reading.value), time=time))
    return {
        "trouble": trouble_words(stands.trouble) if stands.trouble else "",
        "reading": reading,
        "decision_at": wording.moment(rule.decision_at, event),
        "alerts": alerting.only_alerts(rule),
        "warnings_page": WARNINGS_PAGE,
        "page": page,
    }


def warning_details(message: MessageFacts, page: str) -> dict[str, Any]:
    """How grave the warning is and where it stands. Its words are not ours to print."""
    severity = message.payload.get("severity", 0)
    return {"severity": str(SEVERITY.get(severity, severity)), "warnings_page": WARNINGS_PAGE, "page": page}
