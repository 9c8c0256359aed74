"""The forms on the page of a format: the rule, a reading, a switch by hand. Times are those of the event's zone."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict
from wtforms import FloatField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import TextInput

from regservice.events.daytime import exists
from regservice.events.rules import is_web_address, local
from regservice.events.types import EventFacts, Format, SessionFacts
from regservice.formats import alerting, switch_rules
from regservice.formats.types import SWITCHABLE, FormatRule, RuleKind, RuleMode, RuleRefused
from regservice.web.forms import Form
from regservice.web.organiser.form_fields import ClockField, DayField, NumberField
from regservice.web.organiser.labels import FORMAT
from regservice.web.registration_form import clean_line, clean_text

# 1.000 is a thousand in Germany and one in England.
AMBIGUOUS = re.compile(r"\d{1,3}([.,]\d{3})+")
# The choice that leaves each part to its own, and how the fields of the parts begin.
EACH, PART = "each", "part-"
A_NUMBER = _("Please enter a number of days.")
TOO_LONG = _("Please write at most %(max)d characters.")

RULE_REFUSED = {
    ("over", "missing"): _("Please enter from which value on the event goes digital."),
    ("over", "not_a_number"): _("Please enter a number such as 300."),
    ("over", "beyond_feed"): _(
        "The source of this rule can never give this value, so the rule would never be met. "
        "Please enter in the rule a value that it can give, or choose another source."
    ),
    ("over", "beyond_severity"): _("Please enter a severity from 1 to 4; 3 is severe."),
    ("rise_pct", "missing"): _("Please enter by how many percent the value must rise."),
    ("rise_pct", "not_positive"): _("Please enter a number above 0."),
    ("people", "missing"): _("Please enter a number of people."),
    ("people", "out_of_range"): _("Please enter a number between 1 and 100,000."),
    ("kind", "no_limit"): _("The event has no limit of places on site. Enter it first."),
    ("mode", "only_proposed"): _("How many people come is only proposed. Please choose that you decide."),
    ("mode", "venue_only_proposed"): _(
        "Whether the room is confirmed is only proposed. Please choose that you decide."
    ),
    ("mode", "alert_only"): _(
        "Official warnings never propose a switch: they only tell you. "
        "Please choose in the rule at “Who decides?” that you only get a mail for each warning."
    ),
    ("mode", "no_warnings"): _(
        "The source of this rule holds no official warnings. "
        "Choose the warnings (NINA) as its source, or choose that you decide."
    ),
    ("kind", "not_severity"): _(
        "A warning is only as severe as it is. Please choose “A value: it is high” and enter a severity from 1 to 4."
    ),
    ("compare_days", "out_of_range"): _("Please enter a number between 1 and 366."),
    ("notice_days", "out_of_range"): _("Please enter a number between 0 and 366."),
    ("decision_at", "no_start"): _("The event has no date yet. Set it first."),
    ("decision_at", "after_notice"): _(
        "This is later than the notice that you promise. Choose an earlier day, or promise fewer days."
    ),
    ("decision_at", "past"): _("This moment has passed. Choose a later one."),
}
READING_REFUSED = {
    "not_a_number": _("Please enter a number such as 300."),
    "negative": _("Please enter a number of 0 or more."),
    "future": _("This time has not come yet. Enter when the value was true."),
}


class DecimalNumber(FloatField):
    """A number with comma or point; what could be a thousand or a one is asked again."""

    widget = TextInput()

    def _value(self) -> str:
        """As it was typed; a whole number without its .0."""
        return str(super()._value()).removesuffix(".0")

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, or say how to write it."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None  # A field that was emptied is empty, whatever stood in it before.
        if AMBIGUOUS.fullmatch(text):
            raise ValueError(gettext("Please write the number without a separator for thousands, for example 1000."))
        try:
            super().process_formdata([text.replace(",", ".")] if text else [])
        except ValueError:
            raise ValueError(gettext("Please enter a number such as 300.")) from None


class SwitchForm(Form):
    """A switch by hand."""

    to = RadioField(
        _("Where shall people take part?"),
        [InputRequired(_("Please choose one."))],
        choices=[SelectChoice(code, FORMAT[code]) for code in ("onsite", "digital", "hybrid")],
    )
    join_url = StringField(
        _("Address of the digital room"),
        [Optional(), Length(max=1000, message=TOO_LONG)],
        filters=[clean_line],
        description=_("It is never shown in public. Each person is led to it by their own link."),
    )
    reason = TextAreaField(
        _("Reason"),
        [
            DataRequired(_("Please enter a reason. The people read it in their mail.")),
            Length(max=1000, message=TOO_LONG),
        ],
        filters=[clean_text],
        description=_("One or two sentences that the people read in their mail."),
    )

    def validate_join_url(self, field: StringField) -> None:
        """Nothing that runs."""
        if field.data and not is_web_address(field.data):
            raise ValidationError(gettext("Please enter a web address that begins with https://"))

    @property
    def target(self) -> Format | dict[int, Format]:
        """The format that was chosen for the event, or the formats of its parts."""
        return Format(self.to.data)


class PartsSwitchForm(SwitchForm):
    """A switch by hand of an event with parts: of all of them, or of each to a format of its own."""

    to = RadioField(
        _("Where shall people take part?"),
        [InputRequired(_("Please choose one."))],
        choices=[
            *(SelectChoice(code, FORMAT[code]) for code in ("onsite", "digital", "hybrid")),
            SelectChoice(EACH, _("Each part as chosen below")),
        ],
        description=_("For all parts, or for each part on its own."),
    )

    @property
    def part_fields(self) -> list[SelectField]:
        """The choice for each part, in their order."""
        return [field for field in self if isinstance(field, SelectField) and not isinstance(field, RadioField)]

    def validate_to(self, field: RadioField) -> None:
        """Something has to be chosen."""
        if field.data == EACH and not any(part.data for part in self.part_fields):
            raise ValidationError(gettext("Please choose a format for at least one part."))

    @property
    def target(self) -> Format | dict[int, Format]:
        """The format that was chosen for all parts, or the formats of those that change."""
        if self.to.data != EACH:
            return Format(self.to.data)
        return {int(part.short_name.removeprefix(PART)): Format(part.data) for part in self.part_fields if part.data}


class RuleForm(Form):
    """When the event goes digital."""

    # The event as it was when the form was made.
    version = HiddenField()
    kind = RadioField(
        _("What does the decision depend on?"),
        [InputRequired(_("Please choose one."))],
        choices=[
            SelectChoice("level_and_trend", _("A value, such as an incidence: it is high and it rises")),
            SelectChoice("level", _("A value: it is high")),
            SelectChoice("trend", _("A value: it rises (this jumps; better together with a level)")),
            SelectChoice("too_few", _("Too few people: then digital")),
            SelectChoice("too_many", _("Too many people for the room: then on site and digital")),
            SelectChoice("venue_unconfirmed", _("The room on site is not confirmed by then: digital")),
            SelectChoice("date", _("Only the date: digital from the decision on")),
        ],
        default="level_and_trend",
    )
    over = DecimalNumber(
        _("Value from which on the event goes digital"),
        [Optional()],
        description=_("This value itself counts as reached."),
    )
    rise_pct = DecimalNumber(_("Rise in percent"), [Optional()])
    people = NumberField(
        _("Number of people"),
        description=_(
            "Too few: if fewer people have a confirmed place. Too many: if more people than this find no place on site."
        ),
    )
    compare_days = NumberField(_("Compared with how many days before?"), [InputRequired(A_NUMBER)], default=7)
    decision_on = DayField(_("Day of the decision"), description=_("The value is read once, at this moment."))
    decision_time = ClockField(_("Time of the decision"), default=time(12))
    notice_days = NumberField(
        _("How many days of notice do you promise?"),
        [InputRequired(A_NUMBER)],
        default=4,
        description=_("Days before the event on which everybody knows."),
    )
    mode = RadioField(
        _("Who decides?"),
        [InputRequired(_("Please choose one."))],
        choices=[
            SelectChoice("propose", _("I decide. The service sends me a proposal.")),
            SelectChoice("automatic", _("The service decides by itself. I have an hour to say otherwise.")),
            SelectChoice("alert", _("Nobody. I only get a mail for each official warning (NINA).")),
        ],
        default="propose",
        description=_("For warnings the severity is the value, 3 is severe. They need no day of a decision."),
    )

    def rule_for(self, event: EventFacts, feed: dict[str, Any] | None) -> FormatRule | None:
        """The rule as it was typed, or None with the errors at their fields."""
        decision_at = _instant(self.decision_on, self.decision_time, event)
        if self.mode.data == RuleMode.ALERT:
            # Nothing is decided by it, so no moment is asked for.
            decision_at = event.starts_at or decision_at
        if not self.validate():
            return None
        if decision_at is None:
            self.decision_on.errors = [_("Please enter the day and the time of the decision.")]
            return None
        return FormatRule(
            kind=RuleKind(self.kind.data),
            over=self.over.data,
            rise_pct=self.rise_pct.data,
            people=self.people.data,
            compare_days=self.compare_days.data,
            decision_at=decision_at,
            notice_days=self.notice_days.data,
            mode=RuleMode(self.mode.data),
            feed=feed,
        )

    def refuse(self, refused: RuleRefused) -> None:
        """Say at its field what the rules have against it."""
        field = self["decision_on" if refused.field == "decision_at" else refused.field]
        field.errors = [RULE_REFUSED[refused.field, refused.code]]


class ReadingForm(Form):
    """A reading by hand."""

    value = DecimalNumber(_("Value"), [InputRequired(_("Please enter a number such as 300."))])
    as_of_on = DayField(_("Day on which it was true"))
    as_of_time = ClockField(_("Time"), description=_("Without a time: noon."), default=time(12))

    def as_of(self, event: EventFacts) -> datetime | None:
        """When the value was true, or None with the errors at their fields."""
        self.as_of_time.data = self.as_of_time.data or (None if self.as_of_time.errors else time(12))
        return _instant(self.as_of_on, self.as_of_time, event)


def rule_form(event: EventFacts, rule: FormatRule | None, data: ImmutableMultiDict[str, str] | None = None) -> RuleForm:
    """The form with the rule as it stands or as it was sent."""
    if rule is None:
        return _with_needed_moment(RuleForm(data, prefix="rule-", version=str(event.version)))
    clock = local(rule.decision_at, event.timezone)
    names = ("kind", "over", "rise_pct", "people", "compare_days", "notice_days", "mode")
    shown = {name: getattr(rule, name) for name in names}
    shown |= {"version": str(event.version)}
    if not alerting.only_alerts(rule):
        shown |= {"decision_on": clock.date(), "decision_time": clock.time()}
    return _with_needed_moment(RuleForm(data, prefix="rule-", data=shown))


def _with_needed_moment(form: RuleForm) -> RuleForm:
    """A rule without its moment is none, so the labels do not call it optional."""
    for field in (form.decision_on, form.decision_time):
        field.flags.required = True
    return form


def reading_form(event: EventFacts, now: datetime, data: ImmutableMultiDict[str, str] | None = None) -> ReadingForm:
    """The form for a reading of this moment."""
    clock = local(now, event.timezone)
    shown = {"as_of_on": clock.date(), "as_of_time": clock.time().replace(second=0, microsecond=0)}
    form = ReadingForm(data, prefix="reading-", data=shown)
    form.as_of_on.flags.required = True
    return form


def switch_form(event: EventFacts, now: datetime, data: ImmutableMultiDict[str, str] | None = None) -> SwitchForm:
    """The form for a switch to what is possible at this moment; the room that is set already is shown."""
    possible = switch_rules.reachable(event, now)
    fields = {f"{PART}{part.id}": _part_field(part, possible) for part in event.parts}
    form_class: type[SwitchForm] = type("PartsSwitchForm", (PartsSwitchForm,), fields) if fields else SwitchForm
    form = form_class(data, prefix="switch-", data={"join_url": event.join_url})
    form.to.choices = [choice for choice in form.to.choices if choice.value not in set(SWITCHABLE) - set(possible)]
    return form


def _part_field(part: SessionFacts, possible: Sequence[Format]) -> SelectField:
    others = [code for code in possible if code is not part.format]
    stays = SelectChoice("", _("stays: %(format)s", format=FORMAT[part.format]))
    return SelectField(part.title, choices=[stays, *(SelectChoice(code, FORMAT[code]) for code in others)], default="")


def _instant(day: DayField, clock: ClockField, event: EventFacts) -> datetime | None:
    """The instant of a day and a time in the event's zone. Errors are kept for the form's own check."""
    if day.data is None or clock.data is None:
        return None
    if not exists(day.data, clock.data, event.timezone):
        return None
    return datetime.combine(day.data, clock.data, ZoneInfo(event.timezone)).astimezone(ZoneInfo("UTC"))
