"""A letter as a Flask-Mail message, with the guards that Flask-Mail leaves to its users."""

import re
import secrets
from datetime import UTC
from email import policy
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import Any

import flask_mail
from flask_mail import Message

from regservice.adapters.addresses import ascii_address
from regservice.adapters.ical import invitation
from regservice.events.calendar import Person
from regservice.notices.types import Letter

# Every control character, and what some programs take for the end of a line.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")  # RFC 5322, 3.6.4, without blanks and brackets inside
_TOKEN = re.compile(r"[A-Za-z0-9._-]+")
_URL = re.compile(r"https?://[!-;=?-~]+")
_SUBJECT_UNENCODED = 60


def _no_message_id(idstring: str | None = None, domain: str | None = None) -> str:
    return ""


# Flask-Mail makes up a Message-ID for each message and asks for the machine's own name to do so: where names are
# resolved slowly, each mail would wait for that. A letter brings its own.
flask_mail.make_msgid = _no_message_id  # type: ignore[attr-defined]


class UnusableLetter(ValueError):
    """A letter that cannot become a mail, whatever the relay says."""


class RelayMessage(Message):
    """`flask_mail.Message` in pure ASCII lines, checked in all its headers, built once for all attempts."""

    def __init__(self, letter: Letter) -> None:
        sender, recipient = _mailbox(letter.sender), _mailbox(letter.recipient)
        # The envelope holds addresses alone; names are for the headers, where they are encoded.
        self.envelope_from, self._envelope_to = ("", sender[1]), ("", recipient[1])
        self._created_at = letter.created_at.astimezone(UTC)
        super().__init__(
            subject=_subject(letter.subject),
            recipients=[recipient],
            body=_without_nul(letter.text),
            html=_without_nul(letter.html),
            sender=sender[1],
            reply_to=None if letter.reply_to is None else _mailbox(letter.reply_to),
            date=letter.created_at.timestamp(),
            extra_headers=_extra_headers(letter),
        )
        # As a pair: Flask-Mail would glue name and address together, and a comma in the name would split them again.
        self.sender = sender
        self.msgId = _matching(_MESSAGE_ID, letter.message_id, "Message-ID")
        if letter.invitation is not None and letter.method is not None:
            calendar = invitation(letter.invitation, letter.method)
            # The last alternative is the best one (RFC 2046, 5.1.4); Gmail and Outlook look for it there.
            self.alts[f"calendar; method={letter.method.value}"] = calendar.decode()
            self.attach("invite.ics", "application/ics", calendar)
        if self.has_bad_headers():
            raise UnusableLetter("A header of the message holds the end of a line.")
        self._octets: bytes = super().as_bytes()

    def as_bytes(self) -> bytes:
        return self._octets

    @property
    def send_to(self) -> set[str | tuple[str, str]]:
        return {self._envelope_to}

    def has_bad_headers(self) -> bool:
        """Flask-Mail looks at subject and mailboxes only; the Message-ID and further headers can inject as well."""
        values = [self.msgId, *(part for header in (self.extra_headers or {}).items() for part in header)]
        return super().has_bad_headers() or any(_CONTROL.search(value) for value in values)

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        """Never 8bit: not every relay on the way takes it (RFC 6152)."""
        charset = Charset("utf-8")
        charset.body_encoding = BASE64 if subtype.startswith("calendar") else QP
        part = MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]
        part.replace_header("Content-Type", f"text/{subtype}; charset=utf-8")
        return part

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.policy = _AS_MADE
        if not self.attachments:
            alternative = message.get_payload(0)
            assert isinstance(alternative, MIMEBase)
            message.set_payload(alternative.get_payload())
            message.set_type("multipart/alternative")
        for part in message.walk():
            if part.is_multipart():
                # No encoded text can hold it (RFC 2045, 6.7), so none has to be searched for it.
                part.set_boundary(f"=_{secrets.token_hex(12)}")
        # Flask-Mail writes it in the zone of the machine; the same letter is the same everywhere.
        message.replace_header("Date", format_datetime(self._created_at))
        return message


class _AsMade(policy.EmailPolicy):
    """Headers are folded and encoded when they are made, and leave like that.

    Folding them again would decode them first: older Pythons write line ends raw that a title contained in encoded form
    (CVE-2024-6923). Writing a message asks for its types again and again: parsing them took a fifth of the time.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """The text as it is given: only our own type, boundary and date are set after the headers were checked."""
        return name, value

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """The text of the header itself."""
        return value


_AS_MADE = _AsMade(linesep="\r\n", refold_source="none")


def _extra_headers(letter: Letter) -> dict[str, str]:
    headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834: no vacation answers
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
        "X-Regservice-Kind": _matching(_TOKEN, letter.kind, "kind"),
        "Content-Language": _matching(_TOKEN, letter.language, "language"),
    }
    if letter.unsubscribe_url is not None:
        headers["List-Unsubscribe"] = f"<{_matching(_URL, letter.unsubscribe_url, 'unsubscribe address')}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return headers


def _mailbox(person: Person) -> tuple[str, str]:
    return _one_line(person.name), ascii_address(person.address)


def _subject(text: str) -> str:
    """Short ASCII as it is, everything else encoded and folded here."""
    line = _one_line(text)
    if line.isascii() and len(line) <= _SUBJECT_UNENCODED:
        return line
    return Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _one_line(text: str) -> str:
    """Blanks for controls, and no text that itself looks like an encoded word (RFC 2047)."""
    return " ".join(_CONTROL.sub(" ", text).split()).replace("=?", "= ?")


def _without_nul(text: str) -> str:
    """RFC 5322, 4: a mail holds no NUL, not even an encoded one that a reader would stumble over."""
    return text.replace("\x00", "")


def _matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    if not pattern.fullmatch(value):
        raise UnusableLetter(f"The {name} of the message holds characters that are not allowed.")
    return value
