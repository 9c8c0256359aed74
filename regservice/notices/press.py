"""The announcement as plain text for newspapers and associations: made from the event, so that its days are right."""

from dataclasses import dataclass

from flask import current_app
from flask_babel import get_locale

from regservice.events import rules
from regservice.events.types import EventFacts, EventStatus, Format, RegistrationMode, Speaker
from regservice.formats.types import Announcement, SwitchFacts
from regservice.notices import addresses, wording
from regservice.notices.clause import promise
from regservice.notices.switch_notice import switch_notice


@dataclass(frozen=True, kw_only=True)
class PressText:
    """The text in one language; `language` and `direction` are for the page that shows it."""

    language: str
    direction: str
    text: str


def press_text(
    event: EventFacts, switch: SwitchFacts | None, announcement: Announcement | None, base_url: str, language: str
) -> PressText:
    """What may be printed: never the room's address, nobody's data, and every day with its weekday."""
    with wording.speaking(language) as spoken:
        closes_at = rules.closes_at(event)
        text = current_app.jinja_env.get_template("press/text.txt").render(
            event=event,
            title=wording.one_line(event.title),
            when="" if event.lifecycle is EventStatus.POSTPONED else wording.when(event),
            place=wording.place_in_format(wording.one_line(event.place), event.format) if _has_place(event) else "",
            switch_notice=switch_notice(event, switch),
            promise=promise(announcement, event.timezone),
            until=wording.moment(closes_at, event),
            by_form=event.lifecycle is EventStatus.PUBLISHED and event.registration_mode is RegistrationMode.FORM,
            speakers="; ".join(_in_words(speaker) for speaker in event.speakers),
            page=addresses.event_page(base_url, event.slug),
        )
        direction = get_locale().text_direction
    return PressText(language=spoken, direction=direction, text=_single_blank_lines(text))


def _has_place(event: EventFacts) -> bool:
    return bool(event.place) or event.format is not Format.ONSITE


def _in_words(speaker: Speaker) -> str:
    return ", ".join(part for part in (speaker.name, speaker.role, speaker.organisation) if part)


def _single_blank_lines(text: str) -> str:
    lines: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"
