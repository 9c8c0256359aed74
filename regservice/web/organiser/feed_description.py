"""The description of a source by hand, field by field; checked by the same shape as in files and in the API."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from regservice.events.document import Invalid, checked
from regservice.formats.shapes import FeedShape
from regservice.web.forms import Form
from regservice.web.organiser.feed_words import HINTS
from regservice.web.organiser.form_fields import ClockField, NumberField
from regservice.web.organiser.format_forms import DecimalNumber
from regservice.web.registration_form import clean_line

TOO_LONG = _("Please write at most %(max)d characters.")
A_PAIR = _("Line %(number)s: please write a column, an equals sign and a text, for example: county = 05754")
A_NUMBER = _("Line %(number)s: please write a word, an equals sign and a number, for example: Severe = 3")
# What the shape may still have against a field, in the words of the page.
WRONG = {
    "url": _("Please enter a web address that begins with https://"),
    "format": _("Please choose one."),
    "plausible": _("Please enter both, the lowest and the highest value."),
    "stale_after_h": _("Please enter a number between 1 and 8,784."),
    "poll": _("Please enter a time such as 16:00."),
    "every_min": _("Please enter a number between 5 and 1,440."),
    "timeout_s": _("Please enter a number between 1 and 60."),
    "max_mb": _("Please enter a number between 1 and 200."),
}
NOT_POSSIBLE = _("This is not possible here.")
FIELD_OF = {"plausible": "plausible_from"}


class PairsField(TextAreaField):
    """Lines of a name, an equals sign and a text. A name that comes again has several texts, any of which counts."""

    def _value(self) -> str:
        """As it was typed, else as it is kept."""
        if self.raw_data:
            return str(self.raw_data[0])
        pairs = [(name, kept) for name, kept in (self.data or {}).items()]
        lines = [f"{name} = {text}" for name, kept in pairs for text in (kept if isinstance(kept, list) else [kept])]
        return "\n".join(lines)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the lines, or say which one cannot be read."""
        self.data: dict[str, Any] = {}
        for number, line in enumerate((valuelist[0] if valuelist else "").splitlines(), start=1):
            if not line.strip():
                continue
            name, equals, text = line.partition(" = ") if " = " in line else line.partition("=")
            if not (equals and name.strip() and text.strip()):
                raise ValueError(gettext(A_PAIR, number=number))
            self._add(name.strip(), text.strip(), number)

    def _add(self, name: str, text: str, _number: int) -> None:
        texts = self.data.setdefault(name, [])
        texts.append(text)


class ScaleField(PairsField):
    """Lines of a word, an equals sign and the number that it stands for."""

    def _value(self) -> str:
        """As it was typed, else as it is kept; a whole number without its .0."""
        return super()._value() if self.raw_data else "\n".join(f"{w} = {n:g}" for w, n in (self.data or {}).items())

    def _add(self, name: str, text: str, number: int) -> None:
        try:
            self.data[name] = float(text.replace(",", "."))
        except ValueError:
            raise ValueError(gettext(A_NUMBER, number=number)) from None


def _line(name: str, label: Any, needed: Any = None) -> StringField:
    first = DataRequired(needed) if needed else Optional()
    return StringField(
        label, [first, Length(max=1000, message=TOO_LONG)], filters=[clean_line], description=HINTS[name]
    )


class DescriptionForm(Form):
    """Each member of a description in a field of its own; what is left empty is as usual."""

    key = _line("key", _("Short name"), _("Please enter a short name."))
    url = _line("url", _("Address"), WRONG["url"])
    format = SelectField(
        _("Kind of document"),
        [InputRequired(WRONG["format"])],
        choices=[
            SelectChoice("csv", _("Table with commas (CSV)")),
            SelectChoice("tsv", _("Table with tabs (TSV)")),
            SelectChoice("json", "JSON"),
            SelectChoice("jsonp", _("JSON inside of a call (JSONP)")),
        ],
        default="csv",
    )
    value = _line("value", _("Column or path of the value"), _("Please enter where the value stands."))
    as_of = _line("as_of", _("Column or path of the time"))
    id = _line("id", _("Column or path of the name"))
    begins = _line("begins", _("Column or path of the beginning"))
    ends = _line("ends", _("Column or path of the end"))
    where = PairsField(_("Which rows count"), [Optional()], description=HINTS["where"])
    unless = PairsField(_("Which rows do not count"), [Optional()], description=HINTS["unless"])
    items = _line("items", _("Path to the records"))
    probe = _line("probe", _("Path that must be there"))
    empty = DecimalNumber(_("Value when no record fits"), [Optional()], description=HINTS["empty"])
    scale = ScaleField(_("Words as numbers"), [Optional()], description=HINTS["scale"])
    plausible_from = DecimalNumber(_("Lowest value that can be right"), [Optional()], description=HINTS["plausible"])
    plausible_to = DecimalNumber(_("Highest value that can be right"), [Optional()])
    stale_after_h = NumberField(_("Too old after how many hours"), description=HINTS["stale_after_h"])
    poll = ClockField(_("Time of fetching"), description=HINTS["poll"])
    every_min = NumberField(_("Minutes between fetching"), description=HINTS["every_min"])
    timeout_s = NumberField(_("Seconds to wait"), description=HINTS["timeout_s"])
    max_mb = NumberField(_("Largest size in megabytes"), description=HINTS["max_mb"])
    _checked: dict[str, Any]

    def validate(self, *arguments: Any, **more: Any) -> bool:
        """The fields one by one, and all of them by the shape: both say at its field what is wrong, at once."""
        valid: bool = super().validate(*arguments, **more)
        try:
            self._checked = checked(self._written(), FeedShape())
        except Invalid as invalid:
            for name in dict.fromkeys(path.partition(".")[0] for path in invalid.errors):
                field: Field = self[FIELD_OF.get(name, name)]
                field.errors = field.errors or [str(WRONG.get(name, NOT_POSSIBLE))]
            return False
        return valid

    def document(self) -> dict[str, Any]:
        """The description as it was typed."""
        return self._checked

    def _written(self) -> dict[str, Any]:
        """The description as a file would hold it, without what was left empty."""
        alone = ("key", "url", "format", "value", "as_of", "id", "begins", "ends", "items", "probe", "empty", "scale")
        written = {name: self[name].data for name in (*alone, "stale_after_h", "every_min", "timeout_s", "max_mb")}
        for name in ("where", "unless"):
            texts: Mapping[str, list[str]] = self[name].data or {}
            written[name] = {column: found if len(found) > 1 else found[0] for column, found in texts.items()}
        written["poll"] = f"{self.poll.data:%H:%M}" if self.poll.data else None
        bounds = (self.plausible_from, self.plausible_to)
        unreadable = any(field.errors for field in bounds)
        written["plausible"] = [] if unreadable else [field.data for field in bounds if field.data is not None]
        return {name: value for name, value in written.items() if value not in (None, "", {}, [])}


def as_fields(feed: Mapping[str, Any] | None) -> dict[str, Any]:
    """A kept description as the fields show it."""
    if feed is None:
        return {}
    shown = {name: value for name, value in feed.items() if name not in {"plausible", "poll", "pick"}}
    if bounds := feed.get("plausible"):
        shown |= {"plausible_from": bounds[0], "plausible_to": bounds[1]}
    return shown | ({"poll": time.fromisoformat(feed["poll"])} if feed.get("poll") else {})
