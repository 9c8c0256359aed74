"""Making and editing an event. Who moves a published one first sees how many people will be told."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.changes import service as changes
from regservice.changes.types import EditRefused
from regservice.config import current_settings
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.service import SlugTaken
from regservice.events.types import EventFacts, EventStatus, Format, Overtaken
from regservice.web.access import current_organiser, organiser_required
from regservice.web.organiser import event_form
from regservice.web.organiser.area import actor, blueprint, event_of, moment


@blueprint.get("/events/new")
@organiser_required
def new_event() -> ResponseReturnValue:
    """An empty form."""
    form = event_form.NewEventForm(timezone=current_settings().timezone, waiting_list=True)
    return render_template("organiser/event_form.html", form=form, event=None)


@blueprint.post("/events/new")
@organiser_required
def make_event() -> ResponseReturnValue:
    """Make a draft, or show the form again with what was typed."""
    form = event_form.NewEventForm(request.form)
    if not event_form.is_valid(form):
        return render_template("organiser/event_form.html", form=form, event=None), 400
    made = events.create(
        form.values,
        by=actor(),
        now=moment(),
        slug=form.slug.data or "",
        owner_id=current_organiser().id,
        format=event_form.chosen_format(form) or Format.ONSITE,
        join_url=form.join_url.data or "",
    )
    if isinstance(made, SlugTaken):
        form.slug.errors = [gettext("Another event has this address already.")]
        return render_template("organiser/event_form.html", form=form, event=None), 400
    flash(gettext("The draft is saved. Nobody else can see it yet."))
    return redirect(url_for("organiser.event_page", slug=made.slug))


@blueprint.get("/events/<slug>/edit")
@organiser_required
def edit_event(slug: str) -> ResponseReturnValue:
    """The form with the event as it stands."""
    event = event_of(slug)
    return render_template("organiser/event_form.html", form=event_form.form_of(event), event=event)


@blueprint.post("/events/<slug>/edit")
@organiser_required
def save_event(slug: str) -> ResponseReturnValue:
    """Save, after the question whether the people shall be told where time or place change."""
    event = event_of(slug)
    form = event_form.form_of(event, request.form)
    if not event_form.is_valid(form):
        return render_template("organiser/event_form.html", form=form, event=event), 400
    if form.version.data != str(event.version):
        return _overtaken(event, form)
    told = _people_told(event, form)
    if told and "sure" not in request.form:
        return render_template("organiser/move.html", form=form, event=event, told=told)
    answer = changes.save_form(
        event.id,
        form.values,
        seen=event.version,
        format=event_form.chosen_format(form),
        join_url=form.join_url.data or "",
        by=actor(),
        now=moment(),
    )
    match answer:
        case Overtaken():
            return _overtaken(event_of(slug), form)
        case EditRefused(problems=problems):
            event_form.add_problems(form, problems)
            return render_template("organiser/event_form.html", form=form, event=event), 400
    flash(gettext("Your changes are saved."))
    return redirect(url_for("organiser.event_page", slug=slug))


def _overtaken(event: EventFacts, form: event_form.EventForm) -> ResponseReturnValue:
    """The form with what was typed, to be compared with the event as somebody else made it."""
    form.mark_overtaken(event)
    return render_template("organiser/event_form.html", form=form, event=event), 409


def _people_told(event: EventFacts, form: event_form.EventForm) -> dict[str, int]:
    """How many people would be told about this change, by kind; empty when nobody is."""
    if event.lifecycle is EventStatus.DRAFT or not event_rules.moves_schedule(event, form.values):
        return {}
    effects = changes.preview_edit(event.id, form.values, moment())
    return {} if isinstance(effects, EditRefused) or not any(effects.values()) else effects
