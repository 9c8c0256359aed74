"""Fields that several forms of the organiser's area share: days, times, whole numbers, lines and texts."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, Form, IntegerField, StringField, TextAreaField, TimeField
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import TextInput

from regservice.web.registration_form import clean_line, clean_text

LONGEST_TEXT = 20_000


class DayField(DateField):
    """A local day; browsers without a calendar field may send it as it is written in Germany."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label, [Optional()], format=["%Y-%m-%d", "%d.%m.%Y"], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day, or say how to write it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Please enter a day such as 18.11.2026.")) from None


class ClockField(TimeField):
    """A time of day."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(label, [Optional()], format=["%H:%M", "%H:%M:%S", "%H.%M"], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time, or say how to write it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Please enter a time such as 16:00.")) from None


class NumberField(IntegerField):
    """A whole number of at least 0; a plain input, since spinning wheels change numbers unseen."""

    widget = TextInput()

    def __init__(self, label: Any, validators: list[Any] | None = None, **more: Any) -> None:
        super().__init__(label, validators or [Optional()], **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, or say what is wanted."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Please enter a whole number.")) from None

    def pre_validate(self, form: Form) -> None:
        """Refuse what no event can have."""
        if self.data is not None and not 0 <= self.data <= 1_000_000:
            raise ValidationError(gettext("Please enter a number between 0 and 1,000,000."))


def line(label: Any, longest: int = 200, **more: Any) -> StringField:
    """One line of text that may be left empty."""
    limit = Length(max=longest, message=_("Please write at most %(max)d characters."))
    return StringField(label, [Optional(), limit], filters=[clean_line], **more)


def text(label: Any, **more: Any) -> TextAreaField:
    """Several lines of text that may be left empty."""
    limit = Length(max=LONGEST_TEXT, message=_("Please write at most %(max)d characters."))
    return TextAreaField(label, [Optional(), limit], filters=[clean_text], **more)
