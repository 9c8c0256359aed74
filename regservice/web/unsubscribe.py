"""One click switches off one kind of mail (RFC 8058). A GET shows, a POST acts, also one by a mail program itself."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from regservice.notices import unsubscribe
from regservice.notices.addresses import Unsubscription
from regservice.registrations.types import Participation
from regservice.web.languages import speak
from regservice.wiring import current_wiring

# The access rules know this name: the token in the address is the proof, so that no form token is asked for.
blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/u/<token>")
def ask(token: str) -> ResponseReturnValue:
    """What would be switched off, with one button; the page says so where it is off already."""
    found = unsubscribe.find_by_token(token)
    return _page(found, done=found is not None and found[0].kind in found[1].registration.muted)


@blueprint.post("/u/<token>")
def switch_off(token: str) -> ResponseReturnValue:
    """Switch it off; a repeat changes nothing."""
    return _page(unsubscribe.switch_off(token, current_wiring().now()), done=True)


def _page(found: tuple[Unsubscription, Participation] | None, *, done: bool) -> ResponseReturnValue:
    if found is None:
        return render_template("unsubscribe/unknown.html"), 404
    what, of = found
    speak(of.registration.language)
    return render_template("unsubscribe/page.html", kind=what.kind, event=of.event, done=done)
