"""A form about an event that somebody else may change while it is being filled in."""

from flask_babel import gettext
from wtforms import HiddenField

from regservice.events.types import EventFacts
from regservice.web.forms import Form


class VersionedForm(Form):
    """Remembers the version of the event that was shown, so that nobody overwrites what they did not see."""

    version = HiddenField()

    def mark_overtaken(self, event: EventFacts) -> None:
        """Say that the event was changed meanwhile; what was typed stays, and is saved the next time."""
        self.version.data = str(event.version)
        self.form_errors.append(
            gettext("Somebody else changed this event meanwhile. Please compare, then save again to keep your text.")
        )
