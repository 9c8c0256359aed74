"""The question that comes ready-made: what people need to take part, read by everybody in their own language."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from regservice.events.types import Question, QuestionKind
from regservice.notices.wording import speaking

ACCESS_NEEDS = _("What do you need to take part? For example a ramp or sign language.")


def access_needs() -> Question:
    """The question as it is kept: in the language of the town, like all that a town writes."""
    with speaking(""):
        return Question(key="", label=str(ACCESS_NEEDS), kind=QuestionKind.ACCESS)


def label_of(question: Question) -> str | LazyString:
    """A question as it is shown: in the reader's language while it is the ready-made one, else as the town wrote it."""
    is_ready = question.kind is QuestionKind.ACCESS and question.label == access_needs().label
    return ACCESS_NEEDS if is_ready else question.label
