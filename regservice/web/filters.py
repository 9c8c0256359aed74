"""How templates write dates, places and organisers' texts."""

from datetime import date, datetime

import nh3
from flask import Flask
from flask_babel import get_locale
from markdown_it import MarkdownIt
from markupsafe import Markup

from regservice.events import wording
from regservice.events.rules import start_before_the_move
from regservice.events.types import EventFacts, SessionFacts
from regservice.notices.clause import promise
from regservice.notices.effect_words import effect_words, notable
from regservice.notices.rule_words import rule_source, rule_words, source_words
from regservice.notices.switch_notice import switch_notice
from regservice.notices.wording import if_silent
from regservice.web.ready_question import label_of

MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False})
TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "hr"}


def set_up(app: Flask) -> None:
    """Make the filters known to templates."""
    app.template_filter("markdown")(markdown)
    app.template_filter("day")(day)
    app.template_filter("moment")(moment)
    app.template_filter("event_day")(event_day)
    app.template_filter("event_time")(event_time)
    app.template_filter("clock_of")(clock_of)
    app.template_filter("session_time")(session_time)
    app.template_filter("session_blocks")(session_blocks)
    app.template_filter("promise")(promise)
    app.template_filter("if_silent")(if_silent)
    app.template_filter("switch_notice")(switch_notice)
    app.template_filter("effect_words")(effect_words)
    app.template_filter("notable")(notable)
    app.template_filter("question_label")(label_of)
    app.template_filter("rule_source")(rule_source)
    app.template_filter("rule_words")(rule_words)
    app.template_filter("source_words")(source_words)
    app.template_filter("start_before_the_move")(start_before_the_move)


def language() -> str:
    """The language of the page being made."""
    return str(get_locale()).split("_")[0]


def markdown(text: str) -> Markup:
    """An organiser's Markdown as safe HTML: headings begin below the page's own, and nothing runs."""
    html = MARKDOWN.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"})
    return Markup(clean)  # noqa: S704 - nh3 has just cleaned it.


def day(value: date) -> str:
    """A local day with its weekday."""
    return wording.day(value, language())


def moment(instant: datetime, timezone: str) -> str:
    """Day and time of an instant in a zone."""
    return wording.moment(instant, timezone, language())


def event_day(event: EventFacts) -> str:
    """The day of an event with its weekday; empty where it is not known."""
    return wording.day_of(event.starts_at, event.timezone, language()) if event.starts_at else ""


def event_time(event: EventFacts) -> str:
    """From when to when; empty where it is not known."""
    return wording.span(event.starts_at, event.ends_at, event.timezone, language()) if event.starts_at else ""


def session_blocks(event: EventFacts) -> list[tuple[str, list[SessionFacts]]]:
    """The sessions by time, those at the same time together."""
    return wording.session_blocks(event, language())


def session_time(part: SessionFacts, event: EventFacts) -> str:
    """From when to when a session is; empty where it is not known."""
    return wording.session_time(part, event, language())


def clock_of(instant: datetime, timezone: str) -> str:
    """The time of day of an instant in a zone."""
    return wording.clock(instant, timezone, language())
