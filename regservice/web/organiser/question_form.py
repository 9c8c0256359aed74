"""The form for one question of an event; files and the API hold it to the same shape."""

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional

from regservice.changes import rules
from regservice.events import nested
from regservice.events.document import Invalid, checked
from regservice.events.shapes import QuestionShape
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.registrations.answer_rules import CHOOSING, Answered
from regservice.web.organiser import question_words
from regservice.web.organiser.versioned_form import VersionedForm
from regservice.web.registration_form import clean_line, clean_text

# Stands for the key that a new question is given when it is kept; the shape asks for one.
NO_KEY_YET = "new"


class QuestionForm(VersionedForm):
    """What an organiser says about a question."""

    label = StringField(
        _("Question"),
        [InputRequired(_("Please enter the question."))],
        filters=[clean_line],
        description=_("As people read it in the form."),
    )
    kind = RadioField(
        _("How is it answered?"),
        [InputRequired(_("Please choose how it is answered."))],
        choices=[SelectChoice(kind.value, question_words.USE[kind]) for kind in QuestionKind],
    )
    choices = TextAreaField(
        _("Answers to choose from"),
        [Optional()],
        filters=[clean_text],
        description=_("One a line. Only for one or several answers from a list."),
    )
    required = BooleanField(_("People must answer it to register"))


def form_of(
    event: EventFacts,
    question: Question | None,
    answered: Answered,
    data: ImmutableMultiDict[str, str] | None = None,
) -> QuestionForm:
    """The form of a question, as it stands or as it was sent; an answered one shows only the kinds that it can have."""
    shown = {"label": question.label, "kind": question.kind.value, "required": question.required} if question else {}
    choices = "\n".join(question.choices) if question else ""
    form = QuestionForm(data, data={"version": str(event.version), "choices": choices, **shown})
    kinds = rules.kinds_for(question, answered)
    form.kind.choices = [choice for choice in form.kind.choices if choice.value in kinds]
    if not set(CHOOSING) & set(kinds):
        del form.choices
    elif len(kinds) == 1:
        form.choices.description = gettext("One a line.")
        form.choices.flags.required = True
    if len(kinds) == 1:
        del form.kind
    if answered.number:
        form.label.description = ngettext(
            "%(num)s answer was given to these words. Correct mistakes; to ask for something else, add a question.",
            "%(num)s answers were given to these words. Correct mistakes; to ask for something else, add a question.",
            answered.number,
        )
    return form


def question_from(form: QuestionForm, question: Question | None) -> Question | None:
    """What the form says of the question; None where something has to be corrected."""
    if not form.validate():
        return None
    kind = form.kind.data if "kind" in form else question.kind.value if question else ""
    members = {
        "key": question.key if question else NO_KEY_YET,
        "label": form.label.data,
        "kind": kind,
        "required": bool(form.required.data),
        "choices": _choices(form) if kind in CHOOSING else [],
    }
    try:
        [found] = nested.questions([checked(members, QuestionShape())])
    except Invalid as invalid:
        for name, texts in invalid.errors.items():
            field = form[name.partition(".")[0]]
            field.errors = [*field.errors, *(gettext(text) for text in texts)]
        return None
    return found


def _choices(form: QuestionForm) -> list[str]:
    """The lines, each once."""
    return list(dict.fromkeys(line for line in (form.choices.data or "").splitlines() if line))
