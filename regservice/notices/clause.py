"""The promise about going digital in words: one text for the page, the mails and the press, made from the settings."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from regservice.events import wording as event_wording
from regservice.formats.types import Announcement, FormatQuestion, Stage
from regservice.notices import wording

WORDS = {
    (FormatQuestion.ONSITE_OR_DIGITAL, Stage.AHEAD): _(
        "We decide on %(day)s whether this event takes place on site or digitally. "
        "Everybody who is registered then gets a message, even if nothing changes."
    ),
    (FormatQuestion.ONSITE_OR_DIGITAL, Stage.WAITING): _(
        "We are deciding whether this event takes place on site or digitally. "
        "Everybody who is registered gets a message, even if nothing changes."
    ),
    (FormatQuestion.ONSITE_OR_DIGITAL, Stage.DELAYED): _(
        "We wanted to decide by now whether this event takes place on site or digitally. "
        "Everybody who is registered gets a message as soon as it is decided."
    ),
    # Where the room may be too small, the question is whether people can take part digitally as well.
    (FormatQuestion.ALSO_DIGITAL, Stage.AHEAD): _(
        "We decide on %(day)s whether people can also take part in this event digitally. "
        "Everybody who is registered then gets a message, even if nothing changes."
    ),
    (FormatQuestion.ALSO_DIGITAL, Stage.WAITING): _(
        "We are deciding whether people can also take part in this event digitally. "
        "Everybody who is registered gets a message, even if nothing changes."
    ),
    (FormatQuestion.ALSO_DIGITAL, Stage.DELAYED): _(
        "We wanted to decide by now whether people can also take part in this event digitally. "
        "Everybody who is registered gets a message as soon as it is decided."
    ),
    (FormatQuestion.REST_DIGITAL, Stage.AHEAD): _(
        "We decide on %(day)s whether the other parts of this event take place digitally, too. "
        "Everybody who is registered then gets a message, even if nothing changes."
    ),
    (FormatQuestion.REST_DIGITAL, Stage.WAITING): _(
        "We are deciding whether the other parts of this event take place digitally, too. "
        "Everybody who is registered gets a message, even if nothing changes."
    ),
    (FormatQuestion.REST_DIGITAL, Stage.DELAYED): _(
        "We wanted to decide by now whether the other parts of this event take place digitally, too. "
        "Everybody who is registered gets a message as soon as it is decided."
    ),
    (FormatQuestion.ONLY_DIGITAL, Stage.AHEAD): _(
        "We decide on %(day)s whether people can take part in this event only digitally. "
        "Everybody who is registered then gets a message, even if nothing changes."
    ),
    (FormatQuestion.ONLY_DIGITAL, Stage.WAITING): _(
        "We are deciding whether people can take part in this event only digitally. "
        "Everybody who is registered gets a message, even if nothing changes."
    ),
    (FormatQuestion.ONLY_DIGITAL, Stage.DELAYED): _(
        "We wanted to decide by now whether people can take part in this event only digitally. "
        "Everybody who is registered gets a message as soon as it is decided."
    ),
}


def promise(announcement: Announcement | None, timezone: str) -> str:
    """What everybody may know about the decision, in the language being spoken; empty where there is none to make.

    The time is the wall clock's in `timezone`, the event's own zone.
    """
    if announcement is None:
        return ""
    if announcement.stage is Stage.STAYS:
        return str(gettext("It is decided: this event takes place as announced."))
    day = event_wording.moment(announcement.decision_at, timezone, wording.language())
    words = str(WORDS[announcement.question, announcement.stage])
    return words % {"day": day}
