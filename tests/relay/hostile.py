"""Texts that try to add a header or a second mail, in every field that reaches one, from a seed."""

import email
import email.policy
import random
from dataclasses import dataclass

from regservice.adapters.mail import RelaySender
from regservice.events.calendar import Person
from regservice.notices.types import Letter
from regservice.outbox.delivery import Rejected, Sent
from tests.adapters.letters import letter
from tests.faulty_relay import FaultyRelay

EXPECTED = {
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Reply-To",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Regservice-Kind",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
}
OPTIONAL = {"List-Unsubscribe", "List-Unsubscribe-Post"}
PIECES = (
    *(
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x1c",
        "\x85",
        "\u2028",
        "\u2029",
        "\ud800",
        "\u202e",
        "\ufeff",
    ),
    *("Bcc: evil@example.com", "Content-Type: text/html", "\r\n\r\n<p>", "\r\n.\r\n", ".", "..", "\n.\n", "From x"),
    *("=?utf-8?q?=0D=0ABcc:_evil@example.com?=", "=?utf-8?b?DQpCY2M6IHg=?=", "%0d%0aBcc:", "\\r\\n", "RSET\r\n"),
    *("MAIL FROM:<x@example.com>\r\n", '"', "<", ">", ",", ";", ":", "@", " ", "ü", "🎉", "a" * 300, "@example.org"),
)
PEOPLE = ("recipient", "sender", "reply_to")
WRITTEN = ("subject", "text", "html", *PEOPLE)
MADE = ("message_id", "kind", "language", "unsubscribe_url")


@dataclass(frozen=True, kw_only=True)
class Fuzzed:
    """What came of so many hostile letters."""

    cases: int
    refused: int
    sent: int
    # Letters that arrived not once, or with other headers, parts or recipients than they should have.
    injected: tuple[int, ...]

    @property
    def kept_promise(self) -> bool:
        """Nothing was added, and each case was either refused or sent."""
        return not self.injected and self.refused + self.sent == self.cases


def hostile_letter(chance: random.Random) -> Letter:
    """A letter with one to three fields that hold what somebody might type or send to us."""
    changes: dict[str, object] = {}
    # Mostly what people write themselves: ids and links of another form are refused before they are looked at.
    fields = WRITTEN if chance.random() < 0.7 else (*WRITTEN, *MADE)
    for name in chance.sample(fields, chance.randint(1, 3)):
        if name not in PEOPLE:
            usual = str(getattr(letter(), name) or "https://anmeldung.example.org/u/token")
            changes[name] = _spoilt(chance, usual)
        else:
            usual = Person(name="Ada Beispiel", address="guest@example.net")
            in_name = chance.random() < 0.9
            changes[name] = Person(
                name=_spoilt(chance, usual.name) if in_name else usual.name,
                address=usual.address if in_name else _spoilt(chance, usual.address),
            )
    return letter(**changes)


def _spoilt(chance: random.Random, usual: str) -> str:
    at = chance.randint(0, len(usual))
    return usual[:at] + "".join(chance.choices(PIECES, k=chance.randint(1, 6))) + usual[at:]


def send_hostile(count: int, seed: int, sender: RelaySender, relay: FaultyRelay) -> Fuzzed:
    """Send so many; needs an application context with Flask-Mail."""
    refused, sent, injected = 0, 0, list[int]()
    for number in range(count):
        case = hostile_letter(random.Random(f"{seed}/{number}"))
        before = len(relay.stored)
        outcome = sender.send(case)
        arrived = relay.stored[before:]
        refused += isinstance(outcome, Rejected)
        sent += isinstance(outcome, Sent)
        as_told = len(arrived) == isinstance(outcome, Sent)
        if not as_told or any(not is_as_meant(mail.content, mail.recipient, case) for mail in arrived):
            injected.append(number)
        relay.commands.clear()
    return Fuzzed(cases=count, refused=refused, sent=sent, injected=tuple(injected))


def is_as_meant(content: bytes, recipient: str, case: Letter) -> bool:
    message = email.message_from_bytes(content, policy=email.policy.default)
    names = message.keys()
    parts = [part.get_content_type() for part in message.walk()]
    return (
        set(names) - OPTIONAL == EXPECTED
        and len(names) == len(set(names))
        and parts == ["multipart/alternative", "text/plain", "text/html"]
        and recipient == _on_the_way(case.recipient.address)
        and content.isascii()
    )


def _on_the_way(address: str) -> str:
    """An address whose domain has other letters is written with those of RFC 3490 (`xn--`) to a relay."""
    local, _, domain = address.rpartition("@")
    return address if address.isascii() else f"{local}@{domain.encode('idna').decode()}"
