"""From a message to a letter: the words of templates/mail, made of the facts of this moment."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

from flask import Flask, current_app
from flask_babel import get_locale
from jinja2 import Environment, StrictUndefined

from regservice.accounts.types import OrganiserFacts
from regservice.config import Settings
from regservice.events import rules as event_rules
from regservice.events import wording as event_wording
from regservice.events.calendar import Method, Person
from regservice.events.types import Contact, DialIn, Document, EventFacts, Format
from regservice.notices import addresses, wording
from regservice.notices.addresses import PersonalAddresses
from regservice.notices.details import details
from regservice.notices.dial_in import says_dial_in
from regservice.notices.invitation import invitation, personal_entry, removal
from regservice.notices.kinds import KINDS, Calendar
from regservice.notices.speakers import speaker_details, speaker_of
from regservice.notices.texts import Own, Texts, made_once
from regservice.notices.types import Letter
from regservice.notices.wanted import takes_part_digitally, takes_part_on_site
from regservice.outbox.types import MessageFacts
from regservice.registrations import rules as registration_rules
from regservice.registrations.types import Participation, RegistrationFacts, RegistrationState
from regservice.town.types import TownFacts

LONGEST_SUBJECT = 69
# A title is cut before a word, unless the word is so long that little would be left.
LONGEST_WORD_LEFT_OUT = 12


@dataclass(frozen=True, kw_only=True)
class Words:
    """What every template may use, already in words; empty where nothing is known."""

    kind: str
    title: str
    name: str
    sender_name: str
    when: str
    in_days: str
    place: str
    on_site: bool
    digital: bool
    runs: bool
    parts: tuple[str, ...]
    access: str
    contact: Contact
    documents: tuple[Document, ...]
    room_opens: str
    # When the first digital part of this person begins, where that is not with the event.
    joins_at: str
    dial_in: DialIn
    delete_on: str
    links: PersonalAddresses
    event_url: str
    unsubscribe_url: str


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What is the same for every letter of this moment."""

    settings: Settings
    town: TownFacts
    now: datetime

    @property
    def sender(self) -> Person:
        """The configured address under the town's name. Without a relay nothing leaves, but mails can be read."""
        address = parseaddr(self.settings.mail_default_sender)[1]
        return Person(
            name=wording.town_name(self.town), address=address or f"events@{addresses.host(self.settings.base_url)}"
        )


def letter_to_participant(message: MessageFacts, of: Participation, token: str, sending: Sending) -> Letter:
    """The letter about one person's registration, in their language."""
    event, registration = of.event, of.registration
    links = addresses.personal(sending.settings.base_url, token)
    on_site, digital = takes_part_on_site(event, registration), takes_part_digitally(event, registration)
    with wording.speaking(registration.language):
        words = replace(
            _words(message.kind, event, registration.name, sending),
            place=wording.place(event, on_site=on_site, digital=digital),
            on_site=on_site,
            digital=digital,
            parts=wording.parts(event, registration),
            joins_at=wording.joins_at(event, registration),
            dial_in=event.dial_in if says_dial_in(message, of, sending.now) else DialIn(),
            links=links,
            delete_on=_delete_on(event, registration),
            unsubscribe_url=_unsubscribe_url(message.kind, registration.id, sending.settings),
        )
        # Link and address are of one moment: a corrected one makes another link, which strangers must not get.
        recipient = Person(name=wording.one_line(registration.name), address=registration.email)
        letter = _letter(message, words, details(message, of, sending.now), recipient, sending)
        return letter if _leaves_calendars(message) else _with_calendar(letter, of, links, sending)


def letter_to_organiser(
    message: MessageFacts,
    event: EventFacts,
    organiser: OrganiserFacts,
    extra: Callable[[], dict[str, Any]],
    sending: Sending,
) -> Letter:
    """The letter to somebody who organises the event, in their language, in which `extra` is put into words."""
    with wording.speaking(organiser.language):
        words = _words(message.kind, event, organiser.name, sending)
        recipient = Person(name=wording.one_line(organiser.name), address=message.recipient)
        return replace(_letter(message, words, extra(), recipient, sending), reply_to=None)


def letter_to_speaker(message: MessageFacts, event: EventFacts, room_url: str, sending: Sending) -> Letter:
    """The letter to somebody who speaks or moderates; `room_url` is their own way into the digital room."""
    speaker = speaker_of(message, event)
    with wording.speaking(message.language):
        words = _words(message.kind, event, speaker.name, sending)
        recipient = Person(name=wording.one_line(speaker.name), address=message.recipient)
        return _letter(message, words, speaker_details(message, event, room_url), recipient, sending)


def _words(kind: str, event: EventFacts, name: str, sending: Sending) -> Words:
    return Words(
        kind=kind,
        title=wording.one_line(event.title),
        name=wording.greeting_name(name),
        sender_name=sending.sender.name,
        when=wording.when(event),
        in_days=wording.in_days(event, sending.now),
        place=wording.place_in_format(wording.one_line(event.place), event.format),
        on_site=event.format is not Format.DIGITAL,
        digital=event.format is Format.DIGITAL,
        runs=event_rules.is_running(event, sending.now),
        parts=(),
        access=event.access.strip(),
        contact=event.contact,
        documents=event.documents,
        room_opens=wording.room_opens(event),
        joins_at="",
        dial_in=DialIn(),
        delete_on="",
        links=addresses.personal(sending.settings.base_url, ""),
        event_url=addresses.event_page(sending.settings.base_url, event.slug),
        unsubscribe_url="",
    )


def _delete_on(event: EventFacts, registration: RegistrationFacts) -> str:
    day = registration_rules.kept_until(event, registration)
    return event_wording.day(day, wording.language()) if day else ""


def _unsubscribe_url(kind: str, registration_id: int, settings: Settings) -> str:
    if not KINDS[kind].can_be_muted:
        return ""
    return addresses.unsubscribe(settings.base_url, settings.secret_key, registration_id, kind)


def _letter(message: MessageFacts, words: Words, extra: dict[str, Any], recipient: Person, sending: Sending) -> Letter:
    contact = words.contact
    texts = _texts(message.kind, words, extra)
    return Letter(
        kind=message.kind,
        message_id=message.message_id,
        created_at=message.created_at,
        recipient=recipient,
        sender=sending.sender,
        reply_to=Person(name=wording.one_line(contact.name), address=contact.email) if contact.email else None,
        subject=texts.subject,
        text=texts.text,
        html=texts.html,
        language=wording.language(),
        invitation=None,
        method=None,
        unsubscribe_url=words.unsubscribe_url or None,
    )


def _texts(kind: str, words: Words, extra: dict[str, Any]) -> Texts:
    own = Own(name=words.name, links=words.links, unsubscribe_url=words.unsubscribe_url)
    marked = own.marked()
    shared = replace(words, name=marked.name, links=marked.links, unsubscribe_url=marked.unsubscribe_url)
    language = wording.language()
    return own.fill(made_once((kind, language, shared), extra, lambda: rendered(kind, shared, extra)))


def rendered(kind: str, words: Words, extra: dict[str, Any]) -> Texts:
    """The texts as the templates say them, in the language being spoken."""
    context = {
        "mail": words,
        "extra": extra,
        "language": wording.language(),
        "direction": get_locale().text_direction,
    }
    return Texts(
        subject=_subject(kind, context),
        text=_tidy(_render(f"mail/{kind}/body.txt", context)),
        html=_render(f"mail/{kind}/body.html", context),
    )


def _leaves_calendars(message: MessageFacts) -> bool:
    """It stays as it is, so calendars ask nothing; unless the message also tells of a new time."""
    return message.payload.get("outcome") == "stays" and "before" not in message.payload


def _with_calendar(letter: Letter, of: Participation, links: PersonalAddresses, sending: Sending) -> Letter:
    """Only who has a place gets the entry, and who gave it back has it taken away."""
    method = _method(letter.kind, of)
    entry = personal_entry(of.event, of.registration, links, sending.settings.base_url) if method else None
    if method is None or entry is None:
        return letter
    invited = invitation(entry, organizer=letter.sender, attendee=letter.recipient, sent_at=sending.now)
    return replace(letter, invitation=removal(invited, of.event) if method is Method.CANCEL else invited, method=method)


def _method(kind: str, of: Participation) -> Method | None:
    state, calendar = of.registration.state, KINDS[kind].calendar
    if kind == "cancelled":
        return Method.CANCEL if of.registration.confirmed_at is not None else None
    if state is not RegistrationState.CONFIRMED or calendar is Calendar.NONE:
        return None
    return Method.REQUEST if calendar is Calendar.REQUEST else Method.CANCEL


def _subject(kind: str, context: dict[str, Any]) -> str:
    """In one line of less than 70 characters: a long title is shortened, never what is said about it."""
    name = f"mail/{kind}/subject.txt"
    subject = wording.one_line(_render(name, context))
    surplus = len(subject) - LONGEST_SUBJECT
    if surplus <= 0:
        return subject
    words: Words = context["mail"]
    short = _cut(words.title, len(words.title) - surplus)
    return wording.one_line(_render(name, context | {"mail": replace(words, title=short)}))


def _cut(title: str, length: int) -> str:
    """At most so many characters of a title and a sign that there was more."""
    kept = title[: max(length - 1, 0)]
    words = kept if title[len(kept) : len(kept) + 1].isspace() else kept.rpartition(" ")[0]
    return (words if len(kept) - len(words) <= LONGEST_WORD_LEFT_OUT else kept).rstrip(" ,;:–-") + "…"


# Punctuation after an address belongs to the sentence, which ends there.
_ADDRESS = re.compile(r"\s*(https?://[^\s<>]*[^\s<>.,;:!?)])[.,;:!?)]*\s*")


def _tidy(text: str) -> str:
    """Every link alone on its line, also one in an organiser's text; single blank lines, no blanks at line ends."""
    apart = (_ADDRESS.sub(r"\n\1\n", line).strip() for line in text.splitlines())
    return re.sub("\n{3,}", "\n\n", "\n".join(apart)).strip() + "\n"


def _render(name: str, context: dict[str, Any]) -> str:
    """Without the context of pages: the worker has no request. A name that is not there is an error, never a gap."""
    return _templates(current_app._get_current_object()).get_template(name).render(context)  # type: ignore[attr-defined]


@lru_cache(maxsize=4)
def _templates(app: Flask) -> Environment:
    return app.jinja_env.overlay(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
