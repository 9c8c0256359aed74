"""The life of an event: preview, publish, close, postpone, take up again, cancel. No step without a question."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from regservice.changes import service as changes
from regservice.changes.types import ChangeRefused, EditRefused
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.service import Incomplete
from regservice.events.types import EventFacts, EventStatus, Overtaken
from regservice.web.access import organiser_required
from regservice.web.forms import Form
from regservice.web.organiser import event_form
from regservice.web.organiser.area import actor, blueprint, event_of, moment
from regservice.web.public import preview_facts
from regservice.web.registration_form import clean_text


class ReasonForm(Form):
    """Why; the people read it in their mail."""

    reason = TextAreaField(
        _("Reason"),
        [
            DataRequired(_("Please enter a reason. The people read it in their mail.")),
            Length(max=1000, message=_("Please write at most %(max)d characters.")),
        ],
        filters=[clean_text],
        description=_("One or two sentences that the people read in their mail and on the page of the event."),
    )


class CancelForm(ReasonForm):
    """The reason, and the second question."""

    sure = BooleanField(
        _("Yes, cancel the event."), [InputRequired(_("Please confirm that the event shall be cancelled."))]
    )


@blueprint.get("/events/<slug>/preview")
@organiser_required
def preview_event(slug: str) -> ResponseReturnValue:
    """The page as everybody will see it."""
    return render_template("organiser/preview.html", **preview_facts(event_of(slug)))


@blueprint.get("/events/<slug>/publish")
@organiser_required
def publish_check(slug: str) -> ResponseReturnValue:
    """What is missing, what could be better, and the button."""
    return _publish_page(event_of(slug))


def _publish_page(event: EventFacts, status: int = 200) -> ResponseReturnValue:
    problems = event_rules.publish_problems(event, moment())
    warnings = event_rules.publish_warnings(event)
    return render_template("organiser/publish.html", event=event, problems=problems, warnings=warnings), status


@blueprint.post("/events/<slug>/publish")
@organiser_required
def publish_event(slug: str) -> ResponseReturnValue:
    """Show the event to everybody, or say what is missing."""
    answer = events.publish(event_of(slug).id, by=actor(), now=moment())
    if isinstance(answer, Incomplete):
        return _publish_page(event_of(slug), 409)
    flash(gettext("The event is published."))
    return redirect(url_for("organiser.event_page", slug=slug))


@blueprint.get("/events/<slug>/close")
@organiser_required
def ask_to_close(slug: str) -> ResponseReturnValue:
    """One button to end registration at once."""
    return render_template("organiser/close.html", event=event_of(slug))


@blueprint.post("/events/<slug>/close")
@organiser_required
def close_registration(slug: str) -> ResponseReturnValue:
    """End registration; who has a place keeps it."""
    event = event_of(slug)
    if event_rules.registration_refusal(event, moment()) is None:
        events.close_registration(event.id, by=actor(), now=moment())
        flash(gettext("Registration is closed."))
    return redirect(url_for("organiser.event_page", slug=slug))


def _does_not_fit(slug: str) -> ResponseReturnValue:
    flash(gettext("This is not possible any more: the state of the event has changed."))
    return redirect(url_for("organiser.event_page", slug=slug))


@blueprint.route("/events/<slug>/postpone", methods=["GET", "POST"])
@organiser_required
def postpone_event(slug: str) -> ResponseReturnValue:
    """Take the date away until there is a new one; everyone is told."""
    event = event_of(slug)
    told = changes.preview_postpone(event.id, moment())
    if isinstance(told, ChangeRefused):
        return _does_not_fit(slug)
    form = ReasonForm(request.form)
    if request.method == "POST" and form.validate():
        answer = changes.postpone(event.id, reason=form.reason.data, by=actor(), now=moment())
        if isinstance(answer, ChangeRefused):
            return _does_not_fit(slug)
        flash(gettext("The event is postponed. Everyone concerned gets a mail."))
        return redirect(url_for("organiser.event_page", slug=slug))
    return render_template("organiser/postpone.html", event=event, form=form, told=told), 400 if form.errors else 200


@blueprint.route("/events/<slug>/resume", methods=["GET", "POST"])
@organiser_required
def take_up_again(slug: str) -> ResponseReturnValue:
    """Give a postponed event its new date; everyone is told."""
    event = event_of(slug)
    if event.lifecycle is not EventStatus.POSTPONED:
        return _does_not_fit(slug)
    form = event_form.form_of_new_date(event, request.form if request.method == "POST" else None)
    overtaken = request.method == "POST" and form.version.data != str(event.version)
    if overtaken:
        form.mark_overtaken(event)
    elif request.method == "POST" and event_form.is_valid(form):
        answer = changes.save_new_date(
            event.id,
            form.values,
            seen=event.version,
            join_url=form.join_url.data or "",
            by=actor(),
            now=moment(),
        )
        match answer:
            case Overtaken():
                event, overtaken = event_of(slug), True
                form.mark_overtaken(event)
            case EditRefused(problems=problems):
                event_form.add_problems(form, problems)
            case ChangeRefused():
                return _does_not_fit(slug)
            case _:
                flash(gettext("The event takes place on its new date. Everyone concerned gets a mail."))
                return redirect(url_for("organiser.event_page", slug=slug))
    page = render_template("organiser/event_form.html", form=form, event=event, resume=True)
    return page, 409 if overtaken else 400 if form.errors else 200


@blueprint.route("/events/<slug>/cancel", methods=["GET", "POST"])
@organiser_required
def cancel_event(slug: str) -> ResponseReturnValue:
    """Call the event off: how many people are told, the reason, and a second question."""
    event = event_of(slug)
    told = changes.preview_cancel(event.id, moment())
    if isinstance(told, ChangeRefused) or event.lifecycle is EventStatus.CANCELLED:
        return _does_not_fit(slug)
    form = CancelForm(request.form)
    if request.method == "POST" and form.validate():
        answer = changes.cancel_event(event.id, reason=form.reason.data, by=actor(), now=moment())
        if isinstance(answer, ChangeRefused):
            return _does_not_fit(slug)
        flash(gettext("The event is cancelled. Everyone concerned gets a mail."))
        return redirect(url_for("organiser.event_page", slug=slug))
    return render_template("organiser/cancel.html", event=event, form=form, told=told), 400 if form.errors else 200
