"""The kinds of questions in words: how one is answered, and when to choose it."""

from flask_babel import lazy_gettext as _

from regservice.events.types import QuestionKind

KIND = {
    QuestionKind.TEXT: _("One line"),
    QuestionKind.LONG_TEXT: _("Several lines"),
    QuestionKind.CHOICE: _("One answer from a list"),
    QuestionKind.CHOICES: _("Several answers from a list"),
    QuestionKind.YES_NO: _("Yes or no"),
    QuestionKind.ACCESS: _("What people need to take part"),
}
USE = {
    QuestionKind.TEXT: _("One line: for a few words, such as the name of an association."),
    QuestionKind.LONG_TEXT: _("Several lines: for whole sentences, such as wishes for the programme."),
    QuestionKind.CHOICE: _("One answer from a list: when exactly one can hold, such as one of three dishes."),
    QuestionKind.CHOICES: _("Several answers from a list: when more than one can hold, such as languages."),
    QuestionKind.YES_NO: _("Yes or no: for example “Do you eat meat?”"),
    QuestionKind.ACCESS: _(
        "What people need to take part: a ramp, sign language. It is asked again when the event goes digital or "
        "comes back, until you have arranged it."
    ),
}
