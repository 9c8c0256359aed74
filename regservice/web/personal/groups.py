"""Which working group a person takes part in, chosen on their own page. A GET only shows."""

from collections.abc import Sequence

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from regservice.events.types import SessionFacts
from regservice.registrations import group_rules, in_sessions, session_places
from regservice.registrations.types import SessionFull, SessionTaken
from regservice.web.forms import Form
from regservice.web.personal.pages import blueprint, own_page, participation
from regservice.web.registration_form import part_label
from regservice.wiring import current_wiring


class GroupForm(Form):
    """One of the groups that still have a place."""

    group = RadioField(
        _("In which part do you want to take part?"),
        [InputRequired(_("Please choose a part."))],
        validate_choice=False,
        coerce=int,
    )


def _groups() -> tuple[SessionFacts, ...]:
    found = participation()
    return group_rules.groups_to_choose(found.event, found.registration, current_wiring().now())


def _form(
    groups: Sequence[SessionFacts], data: ImmutableMultiDict[str, str] | None = None
) -> tuple[GroupForm, list[str]]:
    """The form with the groups that have a place, or where the person is already; and the titles of the others."""
    found = participation()
    taken = in_sessions.people_in(found.event.id)
    own = found.registration.session_ids
    free = [part for part in groups if part.id in own or not group_rules.is_full(part, taken)]
    form = GroupForm(data, group=next((part.id for part in free if part.id in own), None))
    form.group.choices = [
        SelectChoice(part.id, part_label(part, found.event, _how_full(part, taken[part.id]))) for part in free
    ]
    return form, [part.title for part in groups if part not in free]


def _how_full(part: SessionFacts, taken: int) -> str:
    """How many places are left, or that the person has one of them; nothing where there is no limit."""
    if part.id in participation().registration.session_ids:
        return str(gettext("you are in here"))
    if part.capacity is None:
        return ""
    return str(ngettext("%(num)s place is free", "%(num)s places are free", max(part.capacity - taken, 0)))


@blueprint.get("/group")
def group_form() -> ResponseReturnValue:
    """The groups, with the one that was chosen before."""
    groups = _groups()
    if not groups:
        return own_page("overview")
    form, full = _form(groups)
    return own_page("group", form=form, full=full)


@blueprint.post("/group")
def choose_group() -> ResponseReturnValue:
    """Take a place in a group and give back the one in another at the same time."""
    groups = _groups()
    form, full = _form(groups, request.form)
    if not form.validate():
        return own_page("group", 400, form=form, full=full)
    match session_places.choose_group(participation().registration.id, form.group.data, current_wiring().now()):
        case SessionTaken():
            return own_page("overview", news="changed")
        case SessionFull():
            return _full()
        case _:
            return own_page("overview", 409, news="choice_over")


def _full() -> ResponseReturnValue:
    """Somebody took the last place since the page was opened: the form again, with what is free now."""
    form, full = _form(_groups())
    form.group.errors = [gettext("This part is full now. Please choose another one.")]
    return own_page("group", 409, form=form, full=full)
