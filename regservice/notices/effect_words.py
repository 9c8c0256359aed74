"""What a change of format, or another change, does to people: one sentence for each effect, for pages and mails."""

from collections.abc import Callable, Mapping

from flask_babel import ngettext

# By the name of the effect in a dry run, in the order in which they are read.
EFFECTS: dict[str, Callable[[int], str]] = {
    "mails": lambda num: ngettext("%(num)s mail about it will be sent.", "%(num)s mails about it will be sent.", num),
    "speakers": lambda num: ngettext(
        "%(num)s person who speaks is told first.", "%(num)s people who speak are told first.", num
    ),
    "speakers_to_call": lambda num: ngettext(
        "%(num)s person who speaks has no e-mail address: please call them before the public hears of it.",
        "%(num)s people who speak have no e-mail address: please call them before the public hears of it.",
        num,
    ),
    "call_list": lambda num: ngettext(
        "%(num)s person has no e-mail address and must be called.",
        "%(num)s people have no e-mail address and must be called.",
        num,
    ),
    "calendar_updates": lambda num: ngettext(
        "%(num)s calendar entry changes.", "%(num)s calendar entries change.", num
    ),
    "asked_first": lambda num: ngettext(
        "%(num)s person who cancelled because of the format is asked first.",
        "%(num)s people who cancelled because of the format are asked first.",
        num,
    ),
    "offers": lambda num: ngettext(
        "%(num)s person from the waiting list is offered a place.",
        "%(num)s people from the waiting list are offered a place.",
        num,
    ),
    "confirmed": lambda num: ngettext(
        "%(num)s person from the waiting list has a place at once, as they wished.",
        "%(num)s people from the waiting list have a place at once, as they wished.",
        num,
    ),
    "reminders_replanned": lambda num: ngettext(
        "The reminders of %(num)s person are planned anew.", "The reminders of %(num)s people are planned anew.", num
    ),
    "help_again": lambda num: ngettext(
        "The help for %(num)s person has to be arranged anew.",
        "The help for %(num)s people has to be arranged anew.",
        num,
    ),
    "access_again": lambda num: ngettext(
        "%(num)s person's access needs have to be cleared again.",
        "%(num)s people's access needs have to be cleared again.",
        num,
    ),
    "meals_added": lambda num: ngettext(
        "%(num)s person more eats on site: order for them.", "%(num)s people more eat on site: order for them.", num
    ),
}
# These follow by themselves: nobody has to do or decide anything because of them.
ROUTINE = frozenset({"calendar_updates", "reminders_replanned"})


def effect_words(effects: Mapping[str, int]) -> list[tuple[str, str]]:
    """Each effect that there is, by its name and in the language being spoken; of mails also that there is none."""
    return [
        (name, str(sentence(effects[name])))
        for name, sentence in EFFECTS.items()
        if effects.get(name) or (name == "mails" and name in effects)
    ]


def notable(effects: Mapping[str, int]) -> dict[str, int]:
    """The effects without those that follow by themselves, for where the whole list would hide the rest."""
    return {name: number for name, number in effects.items() if name not in ROUTINE}
