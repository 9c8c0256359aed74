"""The announcement to copy: plain text for newspapers, associations and other pages."""

from flask import render_template
from flask.typing import ResponseReturnValue

from regservice.config import LOCALES, current_settings
from regservice.formats import service as formats
from regservice.notices.press import press_text
from regservice.web.access import organiser_required
from regservice.web.languages import OWN_NAMES
from regservice.web.organiser.area import blueprint, event_of, moment


@blueprint.get("/events/<slug>/press")
@organiser_required
def press(slug: str) -> ResponseReturnValue:
    """The text in every language that the service speaks."""
    event = event_of(slug)
    switch, announcement = formats.last_switch(event), formats.announcement(event, moment())
    base_url = current_settings().base_url
    texts = [press_text(event, switch, announcement, base_url, language) for language in LOCALES]
    return render_template("organiser/press.html", event=event, texts=texts, language_names=OWN_NAMES)
