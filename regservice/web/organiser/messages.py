"""The ledger: what went to whom and when, what will go, what failed and why; and what a message says."""

import re
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from markupsafe import Markup, escape

from regservice.config import current_settings
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.notices import service as notices
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.types import UNSENT, MessageFacts, MessageState
from regservice.web.access import organiser_required
from regservice.web.organiser.area import blueprint, event_of, moment, page_number

PAGE_SIZE = 50
WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, kw_only=True)
class View:
    """A way to look at the ledger."""

    name: str
    states: tuple[MessageState, ...]


VIEWS = (
    View(name="all", states=()),
    View(name="to_go", states=(*UNSENT, MessageState.SENDING)),
    View(name="held", states=(MessageState.HELD,)),
    View(name="sent", states=(MessageState.SENT,)),
    View(name="failed", states=(MessageState.FAILED,)),
    View(name="uncertain", states=(MessageState.UNCERTAIN,)),
    View(name="skipped", states=(MessageState.SKIPPED,)),
)


def _ledger(event: EventFacts | None, default: str) -> ResponseReturnValue:
    wanted = request.args.get("show", default)
    view = next((view for view in VIEWS if view.name == wanted), VIEWS[0])
    kind = request.args.get("kind", "")[:40]
    page = page_number()
    found = outbox.search(
        event.id if event else None, kinds=(kind,) if kind else (), states=view.states, page=page, size=PAGE_SIZE
    )
    ids = {message.event_id for message in found.messages if message.event_id is not None}
    return render_template(
        "organiser/messages.html",
        event=event,
        own={"slug": event.slug} if event else {},
        found=found,
        events={event_id: events.get(event_id) for event_id in ids},
        view=view,
        views=VIEWS,
        kind=kind,
        page=page,
        page_size=PAGE_SIZE,
        relay=bool(current_settings().mail_server),
        pause=outbox.relay_pause(moment()),
        unsent=UNSENT,
        doubted=outbox.count_doubted(event.id if event else None),
    )


@blueprint.get("/events/<slug>/messages")
@organiser_required
def event_messages(slug: str) -> ResponseReturnValue:
    """The ledger of one event."""
    return _ledger(event_of(slug), "all")


@blueprint.get("/messages")
@organiser_required
def messages() -> ResponseReturnValue:
    """The messages of all events; without a relay those that are kept here and can be read."""
    return _ledger(None, "all" if current_settings().mail_server else "held")


@blueprint.post("/messages/send-again")
@organiser_required
def send_again() -> ResponseReturnValue:
    """Let mails leave that may have left already before a copy of the database was brought back."""
    slug = request.form.get("event", "")
    event = event_of(slug) if slug else None
    count = outbox.send_doubted_again(event.id if event else None, moment())
    flash(ngettext("%(num)s mail is sent once more.", "%(num)s mails are sent once more.", count))
    if event:
        return redirect(url_for("organiser.event_messages", slug=event.slug))
    return redirect(url_for("organiser.messages"))


@blueprint.get("/messages/<int:message_id>")
@organiser_required
def message(message_id: int) -> ResponseReturnValue:
    """What a message that did not leave yet would say at this moment."""
    found = outbox.find(message_id)
    if found is None:
        abort(404)
    event = events.get(found.event_id) if found.event_id is not None else None
    letter = _letter(found)
    return render_template(
        "organiser/message.html",
        message=found,
        event=event,
        letter=letter,
        text=with_links(letter.text) if letter else "",
        not_wanted=_not_wanted(found),
    )


def _not_wanted(found: MessageFacts) -> str:
    """Why a message that did not leave yet would not leave at this moment."""
    answer = notices.still_wanted(found, moment()) if found.state in UNSENT else None
    return answer if isinstance(answer, str) else ""


def _letter(found: MessageFacts) -> Letter | None:
    """The words of a message that is not sent; of a sent one only the facts are kept."""
    if found.state not in UNSENT or not found.recipient:
        return None
    try:
        return notices.compose(found, moment())
    except LookupError:
        # What it was about is deleted.
        return None


def with_links(text: str) -> Markup:
    """Plain text with its web addresses as links."""
    parts, last = [], 0
    for match in WEB_ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        parts.append(escape(text[last : match.start()]))
        parts.append(Markup('<a href="{0}">{0}</a>').format(address))
        last = match.start() + len(address)
    parts.append(escape(text[last:]))
    return Markup("").join(parts)
