"""The list of events with what there is to do, and the page of one event."""

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.config import current_settings
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Problem
from regservice.formats import service as formats
from regservice.outbox import service as outbox
from regservice.outbox.types import LOOK_AT, MessageState
from regservice.registrations import access_needs, attendee_list, call_list, help_requests
from regservice.registrations import service as registrations
from regservice.web.access import current_organiser, organiser_required
from regservice.web.frame import current_town
from regservice.web.organiser.area import actor, blueprint, event_of, moment


@dataclass(frozen=True, kw_only=True)
class ListedEvent:
    """An event with its figures; `capacity` None means no limit."""

    event: EventFacts
    status: EventStatus
    taken: int
    capacity: int | None
    waiting: int


@dataclass(frozen=True, kw_only=True)
class ToDo:
    """What waits for an organiser."""

    drafts: tuple[tuple[EventFacts, tuple[Problem, ...]], ...]
    held: int
    failed: int
    uncertain: int
    town_texts: tuple[str, ...]
    # Events on site or digital: somebody must say.
    proposals: tuple[EventFacts, ...]
    # Events whose rule needs another decision time.
    rules: tuple[EventFacts, ...]
    # Events with people who need help to take part digitally, and how many requests are open.
    help: tuple[tuple[EventFacts, int], ...]
    # Events with people whose access needs must be cleared again, and how many they are.
    needs: tuple[tuple[EventFacts, int], ...]

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not any(
            (
                self.drafts,
                self.held,
                self.failed,
                self.uncertain,
                self.town_texts,
                self.proposals,
                self.rules,
                self.help,
                self.needs,
            )
        )


def listed(event: EventFacts, now: datetime) -> ListedEvent:
    """The figures of an event over all ways of taking part."""
    places = registrations.all_places(event).values()
    limits = [place.capacity for place in places]
    return ListedEvent(
        event=event,
        status=event_rules.status(event, now),
        taken=sum(place.taken for place in places),
        capacity=None if None in limits else sum(limit or 0 for limit in limits),
        waiting=sum(place.waiting for place in places),
    )


def _to_do(found: list[EventFacts], now: datetime) -> ToDo:
    states = outbox.count_by_state(LOOK_AT)
    asked, needs = help_requests.open_counts(), access_needs.open_counts()
    drafts = [event for event in found if event.lifecycle is EventStatus.DRAFT]
    to_come = [
        event for event in found if event.lifecycle is EventStatus.PUBLISHED and not event_rules.has_started(event, now)
    ]
    return ToDo(
        drafts=tuple((event, tuple(event_rules.publish_problems(event, now))) for event in drafts),
        held=states.get(MessageState.HELD, 0),
        failed=states.get(MessageState.FAILED, 0),
        uncertain=states.get(MessageState.UNCERTAIN, 0),
        town_texts=current_town().unfinished,
        proposals=tuple(event for event in to_come if formats.find_open_proposal(event.id)),
        rules=tuple(event for event in to_come if formats.decides_nothing(event, now)),
        help=tuple((event, asked[event.id]) for event in found if event.id in asked),
        needs=tuple((event, needs[event.id]) for event in found if event.id in needs),
    )


@blueprint.get("/")
@organiser_required
def events_page() -> ResponseReturnValue:
    """What is to do, then all events: those to come, then those that were."""
    now = moment()
    found = events.for_organiser()
    lines = [listed(event, now) for event in found]
    over = {EventStatus.HELD, EventStatus.ARCHIVED}
    to_come = sorted(
        (line for line in lines if line.status not in over),
        key=lambda line: (line.event.starts_at is None, line.event.starts_at or now, line.event.id),
    )
    past = [line for line in lines if line.status in over]
    return render_template(
        "organiser/events.html",
        to_do=_to_do(found, now),
        to_come=to_come,
        past=past,
        relay=bool(current_settings().mail_server),
    )


@blueprint.get("/events/<slug>")
@organiser_required
def event_page(slug: str) -> ResponseReturnValue:
    """One event: where it stands, its figures, and what can be done with it."""
    event = event_of(slug)
    now = moment()
    messages = outbox.counts_of_event(event.id)
    by_state: dict[MessageState, int] = {}
    for (_kind, state), number in messages.items():
        by_state[state] = by_state.get(state, 0) + number
    line = listed(event, now)
    waits = {
        "proposal": formats.find_open_proposal(event.id),
        "decides_nothing": formats.decides_nothing(event, now),
        "open_help": help_requests.open_counts().get(event.id, 0),
        "open_needs": access_needs.open_counts().get(event.id, 0),
        "places_held": call_list.places_held(event.id),
        "assumptions": event.assumptions,
    }
    is_to_come = event.lifecycle is EventStatus.PUBLISHED and line.status is not EventStatus.HELD
    return render_template(
        "organiser/event.html",
        event=event,
        line=line,
        **waits,
        nothing_waits=is_to_come and not any(waits.values()) and not any(by_state.get(state) for state in LOOK_AT),
        counts=attendee_list.counts(event.id),
        by_state=by_state,
        refusal=event_rules.registration_refusal(event, now),
        closes_at=event_rules.closes_at(event),
        started=event_rules.has_started(event, now),
        problems=event_rules.publish_problems(event, now) if event.lifecycle is EventStatus.DRAFT else [],
    )


@blueprint.post("/events/<slug>/copy")
@organiser_required
def copy_event(slug: str) -> ResponseReturnValue:
    """Make a draft from an event, without its dates and people."""
    made = events.copy(event_of(slug).id, by=actor(), now=moment(), owner_id=current_organiser().id)
    flash(gettext("This is the copy. Please set the day and the time."))
    return redirect(url_for("organiser.edit_event", slug=made.slug))


# The frame's links call the first page by what it shows.
blueprint.add_url_rule("", endpoint="events", view_func=events_page)
