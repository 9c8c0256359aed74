"""What people say to a switch to digital on their own page: I take part, I need help, I cannot. A GET only shows."""

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from regservice.registrations import help_requests, help_rules, rules
from regservice.registrations.types import CancelCause, HelpKind, RegistrationState, TooLate
from regservice.web.forms import Form
from regservice.web.personal.pages import blueprint, cancel_page, give_back, own_page, participation
from regservice.web.registration_form import NOTHING_ABOUT_HEALTH, Choices, clean_text
from regservice.web.wording import HELP_KIND
from regservice.wiring import current_wiring

LONGEST_NOTE = 500


class HelpForm(Form):
    """What would let the person take part; no question is about the person."""

    kinds: SelectMultipleField = Choices(
        _("What would help you?"),
        [InputRequired(_("Please choose at least one."))],
        choices=[SelectChoice(kind.value, label) for kind, label in HELP_KIND.items()],
    )
    text = TextAreaField(
        _("What should we know?"),
        [Length(max=LONGEST_NOTE, message=_("Please write at most %(max)d characters."))],
        filters=[clean_text],
        description=NOTHING_ABOUT_HEALTH,
    )

    def validate_text(self, field: TextAreaField) -> None:
        """Something else needs a word about what it is."""
        if HelpKind.OTHER.value in (self.kinds.data or []) and not field.data:
            raise ValidationError(_("Please write in a few words what would help you."))


def _may_answer() -> bool:
    found = participation()
    return help_rules.may_be_helped(found.event, found.registration, current_wiring().now())


@blueprint.get("/digital")
def ask_to_join() -> ResponseReturnValue:
    """One button: I take part digitally."""
    return own_page("digital") if _may_answer() else own_page("overview")


@blueprint.post("/digital")
def take_part_digitally() -> ResponseReturnValue:
    """Remember that it suits the person."""
    answer = help_requests.join(participation().registration.id, current_wiring().now())
    return own_page("overview", 409) if isinstance(answer, TooLate) else own_page("overview", news="joins")


@blueprint.get("/help")
def help_form() -> ResponseReturnValue:
    """What would help, with what the person asked for before."""
    found = participation()
    asked = help_requests.find_of(found.registration.id)
    if not help_rules.may_change(found.event, found.registration, asked, current_wiring().now()):
        return own_page("overview")
    kinds = [kind.value for kind in asked.kinds] if asked and asked.open else []
    return own_page("help", form=HelpForm(kinds=kinds, text=asked.text if asked and asked.open else ""))


@blueprint.post("/help")
def ask_for_help() -> ResponseReturnValue:
    """Make it a task of the office."""
    form = HelpForm(request.form)
    if not form.validate():
        return own_page("help", 400, form=form)
    kinds = [HelpKind(kind) for kind in form.kinds.data or []]
    answer = help_requests.ask(participation().registration.id, kinds, form.text.data or "", current_wiring().now())
    return own_page("overview", 409) if isinstance(answer, TooLate) else own_page("overview", news="help")


@blueprint.get("/cannot")
def ask_to_give_up() -> ResponseReturnValue:
    """One button: I cannot take part in this format; where the format is no reason any more, to cancel as always."""
    found = participation()
    is_reason = rules.cause_that_counts(found.event, found.registration, CancelCause.FORMAT) is not None
    has_place = found.registration.state is RegistrationState.CONFIRMED
    return cancel_page("cannot" if is_reason and has_place else "cancel")


@blueprint.post("/cannot")
def give_up() -> ResponseReturnValue:
    """Give the place back, and remember that it was because of the format."""
    return give_back(CancelCause.FORMAT)
