"""The sign-up form of an event, built from its questions; the JSON API reads its data through the same form."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from wtforms import BooleanField, Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from regservice.config import LANGUAGES
from regservice.events.types import EventFacts, Format, Question, QuestionKind, SessionFacts
from regservice.events.wording import session_time
from regservice.kept import Kept
from regservice.notices.wording import format_name
from regservice.registrations import access_rules, answer_rules, group_rules, rules
from regservice.registrations.addresses import address_key, parse_address
from regservice.registrations.types import (
    NoSuchSession,
    NotOfferedToThem,
    RegistrationFacts,
    RegistrationRequest,
    SessionFull,
    Source,
    TooLate,
    Wish,
)
from regservice.web.filters import language
from regservice.web.forms import Form
from regservice.web.languages import OWN_NAMES
from regservice.web.ready_question import label_of

LONGEST_NAME, LONGEST_ANSWER = 200, 4000
# Control characters and marks that turn the direction of the text around them; they have no place in a name.
UNWANTED = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u2064\u2066-\u2069\ufeff]"
)
WEB_ADDRESS = re.compile(r"https?:|www\.|://", re.IGNORECASE)
ANSWER = "answers-"
NOTHING_ABOUT_HEALTH = _("Please write nothing about your health. We only need to know what to prepare.")
NO_SUCH_GROUP = _("Please choose one of the parts that are named here.")
# Why a group cannot be wished for, in words that say what to do.
GROUP_REFUSED = {
    NoSuchSession: NO_SUCH_GROUP,
    SessionFull: _("This part is full now. Please choose another one."),
    NotOfferedToThem: _("This part does not take place in the way in which you want to take part. Change one of both."),
    TooLate: _("The time for choosing a part is over. You can register without choosing one."),
}
# The forms of events by their version, in every language: labels are translated when they are shown.
_kept: Kept[type[Form]] = Kept("forms", most=200)


class Choices(SelectMultipleField):
    """Any number of answers, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def clean_line(text: str | None) -> str:
    """One line without characters that cannot be seen."""
    return " ".join(UNWANTED.sub(" ", text or "").split())


def clean_text(text: str | None) -> str:
    """Several lines without characters that cannot be seen."""
    return "\n".join(clean_line(line) for line in (text or "").splitlines()).strip()


def _no_web_address(_form: Form, field: Field) -> None:
    if WEB_ADDRESS.search(field.data or ""):
        raise ValidationError(_("Please enter your name only, without a web address."))


def _address(_form: Form, field: Field) -> None:
    if parse_address(field.data or "") is None:
        raise ValidationError(_("Please enter an e-mail address such as name@example.org."))


class AddressForm(Form):
    """Just an address, to have a link sent again."""

    email = StringField(
        _("E-mail address"),
        [InputRequired(_("Please enter your e-mail address.")), _address],
        filters=[clean_line],
    )


def form_for(event: EventFacts, data: ImmutableMultiDict[str, str] | None = None, **defaults: Any) -> Form:
    """The form of this event; fields have the names of the contract, with `answers-<key>` for its questions."""
    return _form_class(event)(data, **defaults)


def _form_class(event: EventFacts) -> type[Form]:
    # With the questions, since staff fill in the same version of an event with none of them required, and who has
    # registered is asked them as they were when it was their turn.
    return _kept.get((event.id, event.version, event.questions), lambda: _new_form_class(event))


def _new_form_class(event: EventFacts) -> type[Form]:
    fields: dict[str, Any] = {
        "name": StringField(
            _("Name"),
            [
                InputRequired(_("Please enter your name.")),
                Length(max=LONGEST_NAME, message=_("Please enter a name of at most 200 characters.")),
                _no_web_address,
            ],
            filters=[clean_line],
        ),
        "email": StringField(
            _("E-mail address"),
            [InputRequired(_("Please enter your e-mail address.")), _address],
            filters=[clean_line],
            description=_("We send you a mail with a link. Your registration counts when you have opened it."),
        ),
        "language": RadioField(
            _("Language of the mails"),
            [InputRequired(_("Please choose a language."))],
            choices=[SelectChoice(code, OWN_NAMES[code]) for code in LANGUAGES],
            default=LANGUAGES[0],
        ),
    }
    if len(rules.choices(event)) > 1:
        fields["attendance"] = RadioField(
            _("How do you want to take part?"),
            [InputRequired(_("Please choose how you want to take part."))],
            choices=[
                SelectChoice(Wish.ONSITE.value, _("On site")),
                SelectChoice(Wish.DIGITAL.value, _("Digitally")),
                SelectChoice(Wish.EITHER.value, _("Both suit me")),
            ],
            description=_("If both suit you, you get a place that is free, on site before digital."),
        )
    groups = ["", *(str(part.id) for part in group_rules.groups_for_newcomers(event))]
    # Which of them are full, and whether it is still time to choose, changes without the version of the event.
    fields["group"] = RadioField(
        _("In which part do you want to take part?"),
        [AnyOf(groups, message=NO_SUCH_GROUP)],
        validate_choice=False,
        default="",
        description=_(
            "You get the place in this part with your place at the event. If it is full by then, you choose another."
        ),
    )
    for question in event.questions:
        fields[ANSWER + question.key] = _question_field(question)
    fields["consent"] = BooleanField(
        _("I have read the privacy notice."),
        [InputRequired(_("Please confirm that you have read the privacy notice."))],
    )
    # People leave this empty, since it is not shown; programs that fill in every field give themselves away.
    fields["website"] = StringField(_("Leave this field empty"), [Optional()])
    return type("RegistrationForm", (Form,), fields)


def offer_groups(form: Form, event: EventFacts, groups: Sequence[SessionFacts], full: Collection[int]) -> None:
    """Show between which groups people choose at this moment; one that has filled up since is chosen no more."""
    field = form["group"]
    if field.data in map(str, full):
        field.data, field.errors = "", [*field.errors, GROUP_REFUSED[SessionFull]]
    field.choices = [SelectChoice("", gettext("I choose later"))]
    for part in groups:
        label = part_label(part, event, gettext("full") if part.id in full else "")
        field.choices.append(SelectChoice(str(part.id), label, {"disabled": part.id in full}))


def part_label(part: SessionFacts, event: EventFacts, more: str = "") -> str:
    """What one needs to know of a part to choose it, in a line: what, when, where, and something more."""
    form = format_name(part.format) if event.format is Format.MIXED else ""
    words = (part.title, session_time(part, event, language()), part.place, form, more)
    return ", ".join(word for word in words if word)


def _question_field(question: Question) -> Field:
    label = label_of(question)
    needed = InputRequired(_("Please answer this question: %(question)s", question=label))
    validators: list[Any] = [needed if question.required else Optional()]
    options = [SelectChoice(choice, choice) for choice in question.choices]
    match question.kind:
        case QuestionKind.CHOICE:
            if not question.required:
                options.append(SelectChoice("", _("No answer")))
            return RadioField(label, validators, choices=options, default="")
        case QuestionKind.CHOICES:
            return Choices(label, validators, choices=options)
        case QuestionKind.YES_NO:
            choices = [SelectChoice("yes", _("Yes")), SelectChoice("no", _("No"))]
            return RadioField(label, validators, choices=choices, validate_choice=question.required)
        case QuestionKind.LONG_TEXT | QuestionKind.ACCESS:
            limit = Length(max=LONGEST_ANSWER, message=_("Please write at most 4,000 characters."))
            advice = NOTHING_ABOUT_HEALTH if question.kind is QuestionKind.ACCESS else ""
            return TextAreaField(label, [*validators, limit], filters=[clean_text], description=advice)
        case _:
            limit = Length(max=LONGEST_NAME, message=_("Please write at most 200 characters."))
            return StringField(label, [*validators, limit], filters=[clean_line])


def change_form_for(
    event: EventFacts, registration: RegistrationFacts, data: ImmutableMultiDict[str, str] | None = None
) -> Form:
    """What a person may correct by themselves: everything but address, attendance and consent."""
    kept = {"name", "language", *(ANSWER + question.key for question in event.questions)}
    return _with_fields(event, registration, kept, data)


def change_form_for_staff(
    event: EventFacts, registration: RegistrationFacts, data: ImmutableMultiDict[str, str] | None = None
) -> Form:
    """The same as staff fill it in for somebody who rang up: what they did not say is left open."""
    return change_form_for(without_obligation(event), registration, data)


def without_obligation(event: EventFacts) -> EventFacts:
    """The event with none of its questions required, as staff ask them."""
    return replace(event, questions=tuple(replace(question, required=False) for question in event.questions))


def needs_form_for(
    event: EventFacts, registration: RegistrationFacts, data: ImmutableMultiDict[str, str] | None = None
) -> Form:
    """What a person needs to take part, as they said it, to be looked at again."""
    kept = {ANSWER + question.key for question in access_rules.questions_about(event)}
    return _with_fields(event, registration, kept, data)


def _with_fields(
    event: EventFacts,
    registration: RegistrationFacts,
    kept: Collection[str],
    data: ImmutableMultiDict[str, str] | None,
) -> Form:
    answers = answer_rules.as_shown(event.questions, registration.answers)
    asked = tuple(answer_rules.as_asked_of(question, answers) for question in event.questions)
    complete = _form_class(replace(event, questions=asked))
    defaults = {ANSWER + key: value for key, value in answers.items()}
    form_class: type[Form] = type("ChangeForm", (Form,), {name: getattr(complete, name) for name in kept})
    return form_class(data, data={"name": registration.name, "language": registration.language, **defaults})


def answers_of(event: EventFacts, form: Form) -> dict[str, Any]:
    """The answers to the event's questions; what was left open is left out."""
    asked = (question.key for question in event.questions if ANSWER + question.key in form)
    given = {key: form[ANSWER + key].data for key in asked}
    return {key: value for key, value in given.items() if value not in (None, "", [], "None")}


def request_from(event: EventFacts, form: Form, *, once: str, source: Source = Source.FORM) -> RegistrationRequest:
    """What a person asked for, from a valid form. `once` is equal when the same page of it is sent twice."""
    email = parse_address(form["email"].data)
    assert email is not None, "the form was not validated"
    wish = form["attendance"].data if "attendance" in form else None
    asked = RegistrationRequest(
        name=form["name"].data,
        email=email,
        language=form["language"].data,
        attendance=Wish(wish) if wish else None,
        group=int(form["group"].data) if form["group"].data else None,
        answers=answers_of(event, form),
        source=source,
    )
    return replace(asked, request_key=_key_of(asked, once)) if once else asked


def _key_of(asked: RegistrationRequest, once: str) -> str:
    """Equal when the same is sent twice; who goes back in the browser and corrects something asks for another thing."""
    said = (address_key(asked.email), asked.name, asked.language, asked.attendance, asked.group, asked.answers)
    return hashlib.sha256(f"{once}:{json.dumps(said, sort_keys=True)}".encode()).hexdigest()


def data_from_json(body: Mapping[str, Any]) -> MultiDict[str, str]:
    """The members of an API call as the form would send them."""
    data: MultiDict[str, str] = MultiDict()
    for name in ("name", "email", "language", "attendance", "group"):
        if body.get(name) is not None:
            data.add(name, str(body[name]))
    if body.get("consent"):
        data.add("consent", "yes")
    for key, value in (body.get("answers") or {}).items():
        for part in value if isinstance(value, list) else [value]:
            data.add(
                ANSWER + str(key),
                {True: "yes", False: "no"}.get(part, str(part)) if isinstance(part, bool) else str(part),
            )
    return data
