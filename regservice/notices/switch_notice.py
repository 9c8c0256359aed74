"""What everybody reads about a switch: the same words on the page of the event and in its press text."""

from dataclasses import dataclass

from flask_babel import gettext as _

from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats.types import SwitchFacts
from regservice.notices.wording import one_line


@dataclass(frozen=True, kw_only=True)
class SwitchNotice:
    """A headline and what follows from it, in the language being spoken."""

    headline: str
    text: str


def switch_notice(event: EventFacts, switch: SwitchFacts | None) -> SwitchNotice | None:
    """What is said of the switch that made the format which holds now; None before the first, and where it is off."""
    if event.format_version == 1 or event.lifecycle in (EventStatus.CANCELLED, EventStatus.POSTPONED):
        return None
    match event.format:
        case Format.DIGITAL:
            return SwitchNotice(
                headline=_("This event now takes place digitally"),
                text=_("It does not take place on site. Everybody who is registered gets a mail with their own link."),
            )
        case Format.ONSITE:
            return SwitchNotice(headline=_("This event takes place on site"), text=_back_on_site(switch))
        case Format.MIXED:
            told = _("Everybody whom this concerns gets a mail.")
            headline = _("Parts of this event take place digitally")
            return SwitchNotice(headline=headline, text=f"{_digital_parts(event)} {told}")
        case _:
            return SwitchNotice(
                headline=_("This event now takes place on site and digitally"),
                text=_("Everybody who is registered gets a mail that says how they take part."),
            )


def _back_on_site(switch: SwitchFacts | None) -> str:
    match switch.from_format if switch else Format.DIGITAL:
        case Format.HYBRID:
            text = _("Taking part digitally is no longer possible. Everybody whom this concerns gets a mail.")
        case Format.MIXED:
            text = _("Parts of it were planned digitally for a time. Everybody whom this concerns gets a mail.")
        case _:
            text = _(
                "It was planned digitally for a time; that no longer holds. Everybody who is registered gets a mail."
            )
    return str(text)


def _digital_parts(event: EventFacts) -> str:
    """Which parts of an event take place digitally, where not all of them do; for everybody, so without their rooms."""
    digital, both = (
        ", ".join(one_line(part.title) for part in event.parts if part.decides_format and part.format is format)
        for format in (Format.DIGITAL, Format.HYBRID)
    )
    sentences = (
        digital and _("Digital: %(parts)s.", parts=digital),
        both and _("On site and digital: %(parts)s.", parts=both),
    )
    return " ".join(str(sentence) for sentence in sentences if sentence)
