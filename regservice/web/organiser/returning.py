"""Back on site with fewer places than people: who is asked to stay digital, who draws, and the switch that follows."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from regservice.events.daytime import exists
from regservice.events.types import EventFacts
from regservice.formats import returning, volunteers
from regservice.formats.return_types import Asked, Return, Seating
from regservice.formats.types import Switched, SwitchRefused
from regservice.registrations import service as registrations
from regservice.web.access import organiser_required
from regservice.web.forms import Form
from regservice.web.organiser import labels
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.form_fields import ClockField, DayField
from regservice.web.registration_form import clean_text

blueprint = Blueprint("organiser_returning", __name__, url_prefix="/organise/events/<slug>/format")
LONGEST_REASON = 1000


@blueprint.post("/stay-digital")
@organiser_required
def ask_to_stay(slug: str) -> ResponseReturnValue:
    """Ask everybody who would come whether they would stay digital; each is asked once."""
    match volunteers.ask(event_of(slug).id, by=actor(), now=moment()):
        case Asked(mailed=mailed, to_call=to_call):
            words = ngettext("%(num)s person is asked by mail.", "%(num)s people are asked by mail.", mailed)
            if to_call:
                words += " " + ngettext(
                    "%(num)s person has no e-mail address; please call them.",
                    "%(num)s people have no e-mail address; please call them.",
                    to_call,
                )
            flash(words)
            return redirect(url_for("organiser_formats.format_page", slug=slug), 303)
        case SwitchRefused(code=code):
            return _page(slug, _how(), refused=code, status=409)


@blueprint.post("/return/check")
@organiser_required
def check_return(slug: str) -> ResponseReturnValue:
    """Who would come, who would stay digital, and the numbers. Nothing happens yet."""
    return _page(slug, _how())


@blueprint.post("/return")
@organiser_required
def return_now(slug: str) -> ResponseReturnValue:
    """Do it, if the same people stay digital as it was shown."""
    event, form = event_of(slug), ConfirmForm(request.form)
    confirm_by = _instant(form, event) if form.validate() else None
    if confirm_by is None and (form.confirm_on.raw_data or [""])[0] + (form.confirm_at.raw_data or [""])[0]:
        return _page(slug, _how(), refused="confirm_by_unclear", status=400)
    answer = returning.switch(
        event.id,
        _how(),
        reason=_reason(),
        by=actor(),
        now=moment(),
        expected_version=request.form.get("version", type=int),
        seen=request.form.get("seen", ""),
        confirm_by=confirm_by,
    )
    match answer:
        case SwitchRefused(code=code, number=number):
            return _page(slug, _how(), refused=code, number=number, status=409)
        case Switched():
            flash(gettext("The format is changed. Everyone concerned gets a mail."))
        case _:
            flash(gettext("The event was like this already; nobody was told."))
    return redirect(url_for("organiser_formats.format_page", slug=slug), 303)


class ConfirmForm(Form):
    """By when those who come have to say so; both empty where they need not."""

    confirm_on = DayField(_("Day"))
    confirm_at = ClockField(_("Time"))


def _how() -> Seating:
    return Seating.LOTTERY if request.form.get("how") == Seating.LOTTERY else Seating.VOLUNTEERS


def _instant(form: ConfirmForm, event: EventFacts) -> datetime | None:
    day, clock = form.confirm_on.data, form.confirm_at.data
    if day is None or clock is None or not exists(day, clock, event.timezone):
        return None
    return datetime.combine(day, clock, ZoneInfo(event.timezone)).astimezone(UTC)


def _reason() -> str:
    return (clean_text(request.form.get("reason", "")) or "")[:LONGEST_REASON]


def _page(slug: str, how: Seating, *, refused: str = "", number: int = 0, status: int = 200) -> ResponseReturnValue:
    event = event_of(slug)
    seen: Return = returning.preview(event.id, how, reason=_reason(), now=moment())
    named = registrations.with_ids([*seen.seated.staying, *seen.seated.without])
    names = {person.id: person.name for person in named}
    return render_template(
        "organiser/format_return.html",
        event=event,
        labels=labels,
        how=how,
        reason=_reason(),
        preview=seen,
        form=ConfirmForm(request.form),
        refused=refused,
        number=number,
        staying=sorted(names[person] for person in seen.seated.staying),
        without=sorted(names[person] for person in seen.seated.without),
        answers=volunteers.answers(event),
    ), status
