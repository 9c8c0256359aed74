"""The promise about going digital in words: one text for the page, the mails and the press, made from the settings."""

from flask_babel import gettext as _

from regservice.events import wording as event_wording
from regservice.events.types import Format
from regservice.formats.types import Announcement, Stage
from regservice.notices import wording


def promise(announcement: Announcement | None, timezone: str) -> str:
    """What everybody may know about the decision, in the language being spoken; empty where there is none to make.

    The time is the wall clock's in `timezone`, the event's own zone.
    """
    if announcement is None:
        return ""
    day = event_wording.moment(announcement.decision_at, timezone, wording.language())
    if announcement.to is Format.HYBRID and announcement.stage is not Stage.STAYS:
        return _promise_of_both(announcement.stage, day)
    match announcement.stage:
        case Stage.AHEAD:
            text = _(
                "We decide on %(day)s whether this event takes place on site or digitally. "
                "Everybody who is registered then gets a message, even if nothing changes.",
                day=day,
            )
        case Stage.WAITING:
            text = _(
                "We are deciding whether this event takes place on site or digitally. "
                "Everybody who is registered gets a message, even if nothing changes."
            )
        case Stage.DELAYED:
            text = _(
                "We wanted to decide by now whether this event takes place on site or digitally. "
                "Everybody who is registered gets a message as soon as it is decided."
            )
        case Stage.STAYS:
            text = _("It is decided: this event takes place as announced.")
    return str(text)


def _promise_of_both(stage: Stage, day: str) -> str:
    """Where the room may be too small, the question is whether people can take part digitally as well."""
    match stage:
        case Stage.AHEAD:
            text = _(
                "We decide on %(day)s whether people can also take part in this event digitally. "
                "Everybody who is registered then gets a message, even if nothing changes.",
                day=day,
            )
        case Stage.WAITING:
            text = _(
                "We are deciding whether people can also take part in this event digitally. "
                "Everybody who is registered gets a message, even if nothing changes."
            )
        case _:
            text = _(
                "We wanted to decide by now whether people can also take part in this event digitally. "
                "Everybody who is registered gets a message as soon as it is decided."
            )
    return str(text)
