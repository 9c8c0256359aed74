"""Where the value of a rule comes from: how it stands, ready sources to choose from, a try before anything is kept."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.feeds import service as feeds
from regservice.formats.types import RuleRefused
from regservice.limits.service import TooMany
from regservice.notices.feed import trouble_words
from regservice.web.access import organiser_required
from regservice.web.organiser import feed_words, labels
from regservice.web.organiser.area import actor, event_of, moment
from regservice.web.organiser.feed_forms import FORMS, FeedForm, form_of
from regservice.web.organiser.format_forms import RULE_REFUSED
from regservice.wiring import current_wiring

blueprint = Blueprint("organiser_feeds", __name__, url_prefix="/organise/events/<slug>/format/feed")


@blueprint.context_processor
def words() -> dict[str, object]:
    """The words for sources and states, and what may be fetched."""
    fetcher = current_wiring().feeds
    return {
        "labels": labels,
        "feed_words": feed_words,
        "trouble_words": trouble_words,
        "is_on": fetcher is not None,
        "hosts": fetcher.hosts() if fetcher else (),
        "known_hosts": sorted({form.host for form in FORMS.values() if form.host}),
        "now": moment(),
    }


@blueprint.get("")
@organiser_required
def feed_page(slug: str) -> ResponseReturnValue:
    """The source that the rule has now and how it stands, and all that can be chosen."""
    event = event_of(slug)
    rule = formats.find_rule(event.id)
    stands = feeds.standing(event.id, rule, moment()) if rule else None
    return render_template("organiser/feed.html", event=event, rule=rule, stands=stands)


@blueprint.get("/<source>")
@organiser_required
def source_page(slug: str, source: str) -> ResponseReturnValue:
    """The form of one source."""
    event = event_of(slug)
    return _page(event, source, _form(event, source))


@blueprint.post("/<source>")
@organiser_required
def use_source(slug: str, source: str) -> ResponseReturnValue:
    """Try what was chosen and show it, or let the rule read it from now on; trying keeps nothing."""
    event = event_of(slug)
    form = _form(event, source, sent=True)
    if not form.validate():
        return _page(event, source, form, 400, form=form)
    if request.form.get("do") != "use":
        return _tried(event, source, form)
    answer = formats.save_feed(event.id, form.document(), by=actor(), now=moment())
    if isinstance(answer, RuleRefused):
        return _page(event, source, form, 409, refused=_refusal(answer))
    if current_wiring().feeds is None:
        flash(gettext("The source is saved. Its value is fetched as soon as fetching is turned on."))
    else:
        flash(gettext("The source is saved. Its value is fetched by itself from now on."))
    return redirect(url_for("organiser_feeds.feed_page", slug=slug), 303)


@blueprint.post("/remove")
@organiser_required
def remove_feed(slug: str) -> ResponseReturnValue:
    """From now on readings are entered by hand."""
    event = event_of(slug)
    answer = formats.save_feed(event.id, None, by=actor(), now=moment())
    if isinstance(answer, RuleRefused):
        flash(_refusal(answer))
    else:
        flash(gettext("The source is removed. Readings are entered by hand from now on."))
    return redirect(url_for("organiser_feeds.feed_page", slug=slug), 303)


def _form(event: EventFacts, source: str, *, sent: bool = False) -> FeedForm:
    rule = formats.find_rule(event.id)
    form = form_of(source, rule.feed if rule else None, request.form if sent else None)
    if form is None:
        abort(404)
    return form


def _tried(event: EventFacts, source: str, form: FeedForm) -> ResponseReturnValue:
    answer = feeds.try_feed(current_wiring().feeds, form.document(), event, who=actor(), now=moment())
    if isinstance(answer, TooMany):
        minutes = int(answer.retry_after.total_seconds() // 60) + 1
        text = gettext("You have tried often in a short time. Please wait %(minutes)s minutes.", minutes=minutes)
        return _page(event, source, form, 429, refused=text)
    return _page(event, source, form, tried=answer)


def _page(event: EventFacts, source: str, feed_form: FeedForm, status: int = 200, **more: Any) -> ResponseReturnValue:
    rule = formats.find_rule(event.id)
    facts = {"event": event, "rule": rule, "source": source, "feed_form": feed_form}
    return render_template("organiser/feed_source.html", **facts, **more), status


def _refusal(refused: RuleRefused) -> str:
    if refused.code == "no_rule":
        return str(gettext("This event has no rule yet. Enter the rule first; then choose where its value comes from."))
    return str(RULE_REFUSED[refused.field, refused.code])
