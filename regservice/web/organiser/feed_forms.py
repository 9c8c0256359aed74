"""The forms for where a value comes from: one for each ready source, and one to describe another by hand."""

from typing import Any, ClassVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from regservice.events.document import Invalid, checked
from regservice.exchange.service import read_yaml, to_yaml
from regservice.formats.feeds import counties, ready
from regservice.formats.shapes import FeedShape
from regservice.web.forms import Form
from regservice.web.organiser.feed_description import DescriptionForm, as_fields
from regservice.web.registration_form import clean_line

EXAMPLE = """key: our-source
url: https://data.example.org/table.csv
format: csv
where:
  county: '05754'
value: incidence
as_of: day
plausible: [0, 10000]
stale_after_h: 72
poll: '07:45'
"""
STATES = (
    _("Germany"),
    "Schleswig-Holstein",
    "Hamburg",
    "Niedersachsen",
    "Bremen",
    "Nordrhein-Westfalen",
    "Hessen",
    "Rheinland-Pfalz",
    "Baden-Württemberg",
    "Bayern",
    "Saarland",
    "Berlin",
    "Brandenburg",
    "Mecklenburg-Vorpommern",
    "Sachsen",
    "Sachsen-Anhalt",
    "Thüringen",
)
# Heat and ultraviolet light have scales of their own: mixed with the others their numbers would mean two things.
WEATHER = (
    ("0", _("Thunderstorm")),
    ("1", _("Storm and wind")),
    ("2", _("Heavy rain")),
    ("3", _("Snowfall")),
    ("4", _("Fog")),
    ("5", _("Frost")),
    ("6", _("Black ice")),
    ("7", _("Thaw")),
)


class FeedForm(Form):
    """What all of them share; `document` is the description once the form is valid."""

    # The host that must be allowed, where it is known beforehand.
    host: ClassVar[str] = "raw.githubusercontent.com"

    def document(self) -> dict[str, Any]:
        """The description of what was chosen."""
        raise NotImplementedError


class CountyForm(FeedForm):
    """A source that knows counties by their key; people know them by name, so both are taken."""

    county = StringField(
        _("County or city"),
        [InputRequired(_("Please enter the county, for example Gütersloh or 05754."))],
        filters=[clean_line],
        description=_("By its name or its official key of five digits: Kreis Gütersloh, Stadt Köln or 05754."),
    )
    key = ""

    def validate_county(self, field: StringField) -> None:
        """One county and no other: the numbers of a neighbour would look just as good."""
        text = field.data or ""
        self.key = counties.find_county(text)
        if self.key:
            return
        if likely := counties.candidates(text):
            named = ", ".join(map(counties.named, likely))
            raise ValidationError(
                gettext("It is not sure which county is meant. Please enter one of these: %(counties)s", counties=named)
            )
        if text.isdecimal():
            raise ValidationError(
                gettext("There is no county with this key, or not any more. Please enter the key of today’s county.")
            )
        raise ValidationError(
            gettext("There is no county with this name. Please enter the county that your town belongs to, or its key.")
        )

    def names(self) -> list[str]:
        """What can be chosen, in the order of the alphabet."""
        return counties.all_named()


class IncidenceForm(CountyForm):
    """Incidence by county."""

    def document(self) -> dict[str, Any]:
        """The description of this county."""
        return ready.incidence(self.key)


class HospitalisationForm(FeedForm):
    """Hospitalisation by state."""

    state = SelectField(
        _("Federal state"),
        choices=[SelectChoice(*state) for state in zip(ready.STATES, STATES, strict=True)],
        default="05",
    )

    def document(self) -> dict[str, Any]:
        """The description of this state."""
        return ready.hospitalisation(str(self.state.data))


class SewageForm(FeedForm):
    """Sewage by site."""

    virus = SelectField(_("Virus"), choices=[SelectChoice(name, name) for name in ready.VIRUSES])
    site = StringField(
        _("Site"),
        [Optional(), Length(max=100, message=_("Please write at most %(max)d characters."))],
        filters=[clean_line],
        description=_("As the Robert Koch Institute writes it, for example “Bonn”. Left empty: all of Germany."),
    )

    def document(self) -> dict[str, Any]:
        """The description of this site."""
        return ready.sewage(self.site.data or "", str(self.virus.data))


class WeatherForm(CountyForm):
    """Weather warnings by county."""

    host = "www.dwd.de"
    types = SelectMultipleField(
        _("Which warnings count?"),
        [InputRequired(_("Please choose at least one kind of warning."))],
        choices=[SelectChoice(*kind) for kind in WEATHER],
        default=["0", "1", "2", "3", "6"],
        option_widget=CheckboxInput(),
        description=_("The value is the highest level: 0 none, 2 warning, 3 marked, 4 severe, 5 extreme."),
    )

    def document(self) -> dict[str, Any]:
        """The description of this county and these warnings."""
        return ready.weather(self.key, list(self.types.data or ()))


class CivilForm(CountyForm):
    """Civil warnings by county."""

    host = "warnung.bund.de"

    def document(self) -> dict[str, Any]:
        """The description of this county."""
        return ready.civil_warnings(self.key)


class OwnForm(DescriptionForm, FeedForm):
    """A description by hand, field by field."""


class TextForm(FeedForm):
    """A description by hand in one piece, checked by the same shape as in files and in the API."""

    host = ""
    description = TextAreaField(
        _("Description"),
        [
            DataRequired(_("Please enter a description.")),
            Length(max=10_000, message=_("Please write at most %(max)d characters.")),
        ],
        # Blanks at the beginning of a line have a meaning here.
        filters=[lambda text: (text or "").replace("\r\n", "\n")],
        description=_("One member a line, as explained below. Keys with leading zeros stand in quotes."),
    )
    _checked: dict[str, Any]

    def validate_description(self, field: TextAreaField) -> None:
        """The shape names every member that is wrong."""
        try:
            self._checked = checked(read_yaml(field.data or ""), FeedShape())
        except Invalid as invalid:
            texts = [f"{name}: {' '.join(map(gettext, told))}" for name, told in invalid.errors.items()]
            raise ValidationError(" ".join(texts)) from None

    def document(self) -> dict[str, Any]:
        """The description as it was typed."""
        return self._checked


FORMS: dict[str, type[FeedForm]] = {
    "incidence": IncidenceForm,
    "hospitalisation": HospitalisationForm,
    "sewage": SewageForm,
    "weather": WeatherForm,
    "civil": CivilForm,
    "own": OwnForm,
    "text": TextForm,
}


def form_of(
    source: str, feed: dict[str, Any] | None, data: ImmutableMultiDict[str, str] | None = None
) -> FeedForm | None:
    """The form of a source, filled with what was sent; by hand it begins with the description that holds."""
    if source not in FORMS:
        return None
    shown: dict[str, Any] = {}
    if source == "own":
        shown = as_fields(feed)
    elif source == "text":
        shown = {"description": to_yaml(feed) if feed else EXAMPLE}
    return FORMS[source](data, prefix="feed-", data=shown)
