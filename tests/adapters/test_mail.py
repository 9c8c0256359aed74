"""Letters through real relays on loopback: a good one (aiosmtpd), an encrypted one, and one that fails on purpose."""

import base64
import email
import email.policy
import hmac
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from flask_mail import email_dispatched
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from regservice.adapters import letters, mail
from regservice.adapters.ical import invitation
from regservice.adapters.letters import RelayMessage
from regservice.adapters.mail import RelayConnection, RelaySender, RelaySettings
from regservice.events.calendar import Method, Person
from regservice.notices.types import Letter
from regservice.outbox.delivery import Outcome, Rejected, Retry, Scope, Sent, Uncertain
from tests.adapters.letters import GUEST, entry, invitation_letter, letter
from tests.faulty_relay import Fault, FaultyRelay, Plan, always, every, healthy, only, shuffled

PASSWORD = "correct-horse-battery"

pytestmark = [
    pytest.mark.usefixtures("mail_app"),
    # aiosmtpd does not see that TLS from the first byte is TLS.
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning"),
]


class Inbox:
    """What aiosmtpd took."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.senders: list[str | None] = []
        self.recipients: list[list[str]] = []
        self.sessions: set[int] = set()
        self.names: list[bytes] = []
        self.passwords: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        self.senders.append(envelope.mail_from)
        self.recipients.append(envelope.rcpt_tos)
        self.sessions.add(id(session))
        self.mails.append(parsed(envelope.content))
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        self.names.append(data.login)
        self.passwords.append(data.password)
        return AuthResult(success=data.password == PASSWORD.encode())


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


class _OnAnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = port_of(self)
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def good_relay(inbox: Inbox, **options: Any) -> Iterator[Controller]:
    """A real relay that takes everything."""
    controller = _OnAnyPort(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller
    finally:
        controller.stop()


def port_of(controller: Any) -> int:
    port: int = controller.server.sockets[0].getsockname()[1]
    return port


def words(message: EmailMessage, subtype: str = "plain") -> str:
    """What a person reads, with the line ends of the letter."""
    part = message.get_body((subtype,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def name_in(header: object) -> str:
    """A display name as RFC 2047 reads it; the newer parser keeps the blanks between encoded words."""
    return str(make_header(decode_header(str(header)))).rpartition(" <")[0]


def plain(port: int, **changes: Any) -> RelaySettings:
    return RelaySettings(**{"server": "127.0.0.1", "port": port, "timeout_s": 0.5, "answer_timeout_s": 0.5, **changes})


def delivered(*letters: Letter) -> Inbox:
    inbox = Inbox()
    with good_relay(inbox) as relay, RelaySender(plain(port_of(relay), timeout_s=10, answer_timeout_s=10)) as sender:
        assert [sender.send(each) for each in letters] == [Sent()] * len(letters)
    return inbox


# What arrives


def test_a_letter_arrives_with_its_headers() -> None:
    inbox = delivered(letter(unsubscribe_url="https://anmeldung.example.org/u/token"))
    (arrived,) = inbox.mails
    headers = {name: value for name, value in arrived.items() if name != "X-Peer" and name != "Content-Type"}
    assert headers == {
        "Subject": "Sie sind angemeldet: Dialogveranstaltung",
        "From": "Stadt Gütersloh <anmeldung@example.org>",
        "To": "Jörg Müller <guest@example.net>",
        "Reply-To": "Fachbereich Soziales <soziales@example.org>",
        "Date": arrived["Date"],
        "Message-ID": "<1.abc@anmeldung.example.org>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Regservice-Kind": "confirmed",
        "Content-Language": "de",
        "List-Unsubscribe": "<https://anmeldung.example.org/u/token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
    }
    assert arrived["Date"].datetime == letter().created_at
    assert (inbox.senders, inbox.recipients) == (["anmeldung@example.org"], [["guest@example.net"]])


def test_without_a_calendar_it_is_text_and_html() -> None:
    (arrived,) = delivered(letter()).mails
    assert [part.get_content_type() for part in arrived.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (words(arrived), words(arrived, "html")) == (letter().text, letter().html)
    assert "List-Unsubscribe" not in arrived


@pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL])
def test_with_a_calendar_it_is_the_last_alternative_and_attached(method: Method) -> None:
    (arrived,) = delivered(letter(invitation=entry(), method=method)).mails
    assert [part.get_content_type() for part in arrived.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    _, _, _, _, calendar, attached = arrived.walk()
    assert dict(calendar["Content-Type"].params) == {"method": method.value, "charset": "utf-8"}
    assert "Content-Disposition" not in calendar
    assert attached.get_filename() == "invite.ics"
    assert attached["Content-Disposition"].content_disposition == "attachment"
    expected = invitation(entry(), method)
    assert calendar.get_payload(decode=True) == attached.get_payload(decode=True) == expected
    assert f"METHOD:{method.value}\r\n".encode() in expected


def test_only_short_ascii_lines_are_sent() -> None:
    long = "Grüße aus dem Rathaus 🎉 " * 100
    person = Person(name="Ä" * 300, address="guest@example.net")
    inbox = delivered(
        letter(text=long, html=f"<p>{long}</p>", subject=long, recipient=person, sender=person),
        invitation_letter(),
        letter(subject="a" * 2000, text="b" * 2000),
    )
    for raw, arrived in zip(inbox.raw, inbox.mails, strict=True):
        assert raw.isascii()
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998
        encodings = {part["Content-Transfer-Encoding"] for part in arrived.walk() if not part.is_multipart()}
        assert encodings <= {"quoted-printable", "base64"}
    assert inbox.mails[0]["Subject"] == long.strip()
    assert name_in(email.message_from_bytes(inbox.raw[0])["To"]) == "Ä" * 300
    assert words(inbox.mails[0]).rstrip("\n") == long
    assert inbox.mails[2]["Subject"] == "a" * 2000


def test_lines_of_dots_arrive_as_they_were() -> None:
    text = "eins\n.\n..\n.zwei\nFrom drei\n"
    (arrived,) = delivered(letter(text=text)).mails
    assert words(arrived) == text


def test_a_nul_does_not_leave_the_house() -> None:
    (arrived,) = delivered(letter(text="A\0B\n", html="<p>\0</p>")).mails
    assert (words(arrived), words(arrived, "html")) == ("AB\n", "<p></p>")


def test_no_letter_waits_for_the_name_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_name: str = "") -> str:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getfqdn", slow)
    assert RelayMessage(letter()).msgId == letter().message_id


def test_a_name_with_a_comma_stays_one_mailbox() -> None:
    person = Person(name='Stadt Gütersloh, Fachbereich "Soziales" <x@example.com>', address="anmeldung@example.org")
    inbox = delivered(letter(sender=person, recipient=person, reply_to=person))
    for name in ("From", "To", "Reply-To"):
        (mailbox,) = inbox.mails[0][name].addresses
        assert mailbox.addr_spec == person.address
        assert name_in(email.message_from_bytes(inbox.raw[0])[name]) == person.name


def test_an_international_domain_is_written_by_idna_2008() -> None:
    """IDNA 2003, which Flask-Mail uses by itself, makes another domain of it: strasse.de."""
    person = Person(name="", address="info@straße.de")
    inbox = delivered(letter(recipient=person, sender=person, reply_to=person))
    assert inbox.recipients == [["info@xn--strae-oqa.de"]]
    assert {str(inbox.mails[0][name]) for name in ("From", "To", "Reply-To")} == {"info@xn--strae-oqa.de"}


def test_an_attempt_is_repeated_with_the_same_message_id_and_date() -> None:
    first, second = delivered(letter(), letter()).mails
    assert first["Message-ID"] == second["Message-ID"] == letter().message_id
    assert first["Date"] == second["Date"]


# Nobody adds a header


@pytest.mark.parametrize("bad", ["\r", "\n", "\r\n", "\0", "\u2028", "\u2029", "\x85", "\x1b", "\x0b"])
def test_ids_addresses_and_links_with_controls_are_refused(bad: str) -> None:
    evil = f"{bad}Bcc: evil@example.com"
    cases = [
        letter(message_id=f"<1{evil}@example.org>"),
        letter(kind=f"confirmed{evil}"),
        letter(language=f"de{evil}"),
        letter(unsubscribe_url=f"https://example.org/{evil}"),
        *(
            letter(**{role: Person(name="A", address=f"a@example.org{evil}")})
            for role in ("recipient", "sender", "reply_to")
        ),
    ]
    with FaultyRelay() as relay, RelaySender(plain(relay.port)) as sender:
        for case in cases:
            outcome = sender.send(case)
            assert isinstance(outcome, Rejected), case
            assert not outcome.address_is_bad
        assert relay.connections == 0


@pytest.mark.parametrize("bad", ["\r", "\n", "\r\n", "\0", "\u2028", "\u2029", "\x85", "\x1b", "\x0b"])
def test_controls_in_names_and_subjects_become_blanks(bad: str) -> None:
    person = Person(name=f"A{bad}B", address="a@example.org")
    (arrived,) = delivered(
        letter(subject=f"Eins{bad}Bcc: zwei", recipient=person, sender=person, reply_to=person)
    ).mails
    assert arrived["Subject"] == "Eins Bcc: zwei"
    assert {arrived[name].addresses[0].display_name for name in ("From", "To", "Reply-To")} == {"A B"}
    assert "Bcc" not in arrived


@pytest.mark.parametrize("header", ["X-Other", "X-Other\r\nBcc"])
def test_the_last_guard_sees_every_header(header: str) -> None:
    """Flask-Mail itself lets line ends pass in further headers and in the Message-ID."""
    message = RelayMessage(letter())
    assert not message.has_bad_headers()
    message.extra_headers = {header: "1" if "\n" in header else "1\r\nBcc: evil@example.com"}
    assert message.has_bad_headers()
    message.extra_headers = {}
    message.msgId = "<1@example.org>\nBcc: evil@example.com"
    assert message.has_bad_headers()


def test_an_encoded_word_in_a_title_is_text() -> None:
    word = "=?utf-8?q?Eins=0D=0ABcc:_evil@example.com?="
    for subject in (word, word + " und noch viele weitere Worte, damit die Zeile lang wird" * 3):
        inbox = delivered(letter(subject=subject, recipient=Person(name=word, address="a@example.org")))
        assert inbox.mails[0]["Subject"] == subject.replace("=?", "= ?")
        assert "Bcc" not in inbox.mails[0]
        assert b"Bcc: evil" not in re.sub(rb"\A.*?\r\n\r\n", b"", inbox.raw[0], flags=re.DOTALL)


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "1@example.org"},
        {"message_id": "<1 2@example.org>"},
        {"message_id": "<1@example.org> <2@example.org>"},
        {"message_id": "<ü@example.org>"},
        {"kind": "a b"},
        {"kind": ""},
        {"language": "dé"},
        {"unsubscribe_url": "https://example.org/> <mailto:evil@example.com"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"unsubscribe_url": "https://example.org/ü"},
    ],
)
def test_an_id_or_link_of_another_form_is_refused(changes: dict[str, str]) -> None:
    with RelaySender(plain(25)) as sender:
        assert kind_of(sender.send(letter(**changes))) == (Rejected, False)


@pytest.mark.parametrize("surrogate", [0xD800, 0xDCFF])
@pytest.mark.parametrize("field", ["subject", "text", "html", "recipient", "sender", "reply_to"])
def test_text_without_an_encoding_is_rejected(field: str, surrogate: int) -> None:
    value: Any = f"A{chr(surrogate)}"
    if field in ("recipient", "sender", "reply_to"):
        value = Person(name=value, address="a@example.org")
    with FaultyRelay() as relay, RelaySender(plain(relay.port)) as sender:
        outcome = sender.send(letter(**{field: value}))
        assert isinstance(outcome, Rejected)
        assert not outcome.address_is_bad
        assert relay.connections == 0


EXPECTED_HEADERS = {
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
hostile = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\0\x0b\x0c\x1b\x85\u2028\u2029;:,<>@\"'=?_. -A\ud800🎉ü"),
        st.characters(categories=["L", "P", "Cc"]),
    ),
    max_size=150,
) | st.sampled_from(
    [
        "\r\nBcc: evil@example.com",
        "\r\n\r\n<p>",
        "=?utf-8?q?=0D=0ABcc:x?=" * 9,
        "\r\n.\r\nMAIL FROM:<x@example.com>\r\n",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*[hostile] * 4)
@example(*["x\r\nBcc: evil@example.com\r\n.\r\nQUIT\r\n"] * 4)
def test_no_text_can_add_a_header_or_a_second_mail(
    mail_app: Flask, subject: str, name: str, text: str, address: str
) -> None:
    person = Person(name=name, address="a@example.org")
    for case in (
        letter(subject="x" + subject, text=text, html=text, recipient=person, sender=person, reply_to=person),
        letter(recipient=Person(name="A", address=address)),
        letter(message_id=address, kind=subject, language=name, unsubscribe_url=text),
    ):
        try:
            content = RelayMessage(case).as_bytes()
        except ValueError:
            continue
        message = parsed(content)
        names = set(message.keys()) - {"List-Unsubscribe", "List-Unsubscribe-Post"}
        assert names == EXPECTED_HEADERS
        assert len(message.keys()) == len(set(message.keys()))
        assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
        assert content.isascii()


# What came of it


@contextmanager
def faulty(plan: Plan = healthy, **changes: Any) -> Iterator[tuple[FaultyRelay, RelaySender]]:
    with FaultyRelay(plan) as relay, RelaySender(plain(relay.port, **changes)) as sender:
        yield relay, sender


def kind_of(outcome: Outcome) -> tuple[type, Scope | bool | None]:
    match outcome:
        case Retry(scope=scope):
            return Retry, scope
        case Rejected(address_is_bad=bad):
            return Rejected, bad
        case _:
            return type(outcome), None


@pytest.mark.parametrize(
    ("fault", "expected", "stored"),
    [
        (Fault.HANG_AT_BANNER, (Retry, Scope.ALL), 0),
        (Fault.MAIL_421, (Retry, Scope.ALL), 0),
        (Fault.RCPT_450, (Retry, Scope.MESSAGE), 0),
        (Fault.RCPT_550, (Rejected, True), 0),
        (Fault.DATA_554, (Rejected, False), 0),
        (Fault.ACCEPT_THEN_DROP, (Uncertain, None), 1),
        (Fault.SLOW_AFTER_DOT, (Uncertain, None), 1),
    ],
)
def test_each_fault_has_its_class(fault: Fault, expected: tuple[type, object], stored: int) -> None:
    with faulty(always(fault)) as (relay, sender):
        assert kind_of(sender.send(letter())) == expected
        assert len(relay.stored) == stored


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.HANG_AT_BANNER, (Sent, None)),  # a kept connection has its banner behind it
        (Fault.MAIL_421, (Sent, None)),  # over a new connection
        (Fault.RCPT_450, (Retry, Scope.MESSAGE)),
        (Fault.RCPT_550, (Rejected, True)),
        (Fault.DATA_554, (Rejected, False)),
        (Fault.ACCEPT_THEN_DROP, (Uncertain, None)),
        (Fault.SLOW_AFTER_DOT, (Uncertain, None)),
    ],
)
def test_after_each_fault_the_same_sender_goes_on(fault: Fault, expected: tuple[type, object]) -> None:
    with faulty(only({2: fault})) as (relay, sender):
        outcomes = [sender.send(letter(message_id=f"<{n}@example.org>")) for n in range(4)]
        assert kind_of(outcomes[1]) == expected
        assert outcomes[0] == outcomes[2] == outcomes[3] == Sent()
        ids = [parsed(stored.content)["Message-ID"] for stored in relay.stored]
        assert [ids.count(f"<{n}@example.org>") for n in (0, 2, 3)] == [1, 1, 1]


def test_a_refused_connection_is_tried_again_later() -> None:
    with faulty() as (relay, sender):
        relay.stop()
        assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)
        relay.start()
        assert sender.send(letter()) == Sent()


def test_an_unknown_relay_is_tried_again_later() -> None:
    with RelaySender(plain(25, server="relay.invalid")) as sender:
        assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)


@pytest.mark.parametrize("server", ["smtp..example.org", f"{'a' * 64}.example.org"])
def test_a_relay_s_name_that_cannot_be_one_is_tried_again_later(server: str) -> None:
    """The second letter, too: no mail counts as sent that no relay has heard of."""
    with RelaySender(plain(25, server=server)) as sender:
        for _ in range(2):
            outcome = sender.send(letter())
            assert outcome == Retry(reason=f"SMTPException: {server!r} is no name of a relay", scope=Scope.ALL)


def test_a_connection_that_is_none_sends_nothing() -> None:
    """Flask-Mail would take it for a test and say that all went well."""
    with pytest.raises(smtplib.SMTPServerDisconnected):
        RelayConnection(plain(25), ssl.create_default_context()).send(RelayMessage(letter()))


def test_a_drop_before_the_final_dot_is_certain() -> None:
    """Long enough that the relay is gone before the dot can be written."""
    with faulty(always(Fault.DROP_IN_DATA), timeout_s=5) as (relay, sender):
        outcome = sender.send(letter(text="Zeile mit Text, die lang genug ist\n" * 300_000))
        assert kind_of(outcome) == (Retry, Scope.MESSAGE)
        assert relay.stored == []


def test_the_answer_to_the_whole_message_may_take_longer_than_the_others() -> None:
    with faulty(always(Fault.SLOW_AFTER_DOT), timeout_s=0.2, answer_timeout_s=5) as (relay, sender):
        relay.patience_s = 0.6
        assert sender.send(letter()) == Sent()
        assert relay.connections == 1


def test_the_short_time_out_holds_again_after_a_message() -> None:
    with faulty(timeout_s=0.2, answer_timeout_s=60) as (_, sender):
        assert sender.send(letter()) == Sent()
        assert sender._connection is not None
        assert sender._connection.host is not None
        assert sender._connection.host.sock is not None
        assert sender._connection.host.sock.gettimeout() == 0.2


def test_the_defaults_are_half_a_minute_and_ten_minutes() -> None:
    relay = RelaySettings(server="relay.example.org")
    assert (relay.timeout_s, relay.answer_timeout_s) == (30, 600)


def count_of(verb: str, relay: FaultyRelay) -> int:
    return sum(command.upper().startswith(verb) for command in relay.commands)


def test_one_connection_is_kept_for_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "MAILS_PER_CONNECTION", 4)
    with faulty() as (relay, sender):
        assert [sender.send(letter()) for _ in range(9)] == [Sent()] * 9
        assert relay.connections == 3
        assert count_of("QUIT", relay) == 2
        sender.close()
        assert count_of("QUIT", relay) == 3
        sender.close()
        assert sender.send(letter()) == Sent()


def test_a_kept_connection_that_the_relay_ended_is_replaced_at_once() -> None:
    with faulty() as (relay, sender):
        assert sender.send(letter()) == Sent()
        relay.stop()
        relay.start()
        assert sender.send(letter()) == Sent()
        assert len(relay.stored) == 2


def test_a_421_on_a_kept_connection_is_answered_with_a_new_one() -> None:
    """Many relays end a connection this way after some mails or minutes; only on a new one does it mean: too much."""
    with faulty(only({2: Fault.MAIL_421})) as (relay, sender):
        assert [sender.send(letter()) for _ in range(2)] == [Sent(), Sent()]
        assert relay.connections == 2


def test_a_success_before_says_nothing_about_a_lost_connection() -> None:
    with faulty(only({2: Fault.MAIL_421, 3: Fault.MAIL_421})) as (relay, sender):
        assert [kind_of(sender.send(letter())) for _ in range(2)] == [(Sent, None), (Retry, Scope.ALL)]
        assert len(relay.stored) == 1


def test_a_failing_listener_does_not_undo_a_sent_mail(mail_app: Flask) -> None:
    def listener(app: Flask, message: object) -> None:
        raise RuntimeError("listener")

    with faulty() as (relay, sender), email_dispatched.connected_to(listener):
        assert sender.send(letter()) == Sent()
        assert len(relay.stored) == 1


@pytest.mark.parametrize(
    ("step", "answer", "expected"),
    [
        ("MAIL", "451 4.3.0 local error", (Retry, Scope.MESSAGE)),
        ("MAIL", "530 5.7.0 authentication required", (Retry, Scope.ALL)),
        ("MAIL", "550 5.7.1 sender not allowed", (Retry, Scope.MESSAGE)),
        ("MAIL", "552 5.3.4 message too big", (Rejected, False)),
        ("RCPT", "421 4.7.0 too many", (Retry, Scope.ALL)),
        ("RCPT", "550 5.1.10 null MX", (Rejected, True)),
        ("RCPT", "550 5.1.2 no such domain", (Rejected, True)),
        ("RCPT", "550 5.7.1 relaying denied", (Rejected, False)),
        ("RCPT", "550 relay not permitted", (Rejected, False)),
        ("RCPT", "552 5.2.2 mailbox full", (Retry, Scope.MESSAGE)),
        ("DATA", "451 4.3.0 not now", (Retry, Scope.MESSAGE)),
        ("DATA", "554 5.1.1 no valid recipients", (Rejected, False)),
        (".", "421 4.3.2 closing", (Retry, Scope.ALL)),
        (".", "452 4.3.1 no space", (Retry, Scope.MESSAGE)),
        (".", "550 5.1.1 refused as spam", (Rejected, False)),
        (".", "what?", (Uncertain, None)),
        ("EHLO", "421 4.3.2 closing", (Retry, Scope.ALL)),
    ],
)
def test_each_answer_has_its_class(step: str, answer: str, expected: tuple[type, object]) -> None:
    answers = {step: answer, "HELO": answer} if step == "EHLO" else {step: answer}
    with one_session(answers) as port, RelaySender(plain(port, timeout_s=5, answer_timeout_s=5)) as sender:
        outcome = sender.send(letter())
        assert kind_of(outcome) == expected
        assert not isinstance(outcome, Sent)
        assert answer.split(" ", 1)[1] in outcome.reason if answer[0].isdigit() else outcome.reason


@pytest.mark.parametrize("fault", [Fault.HANG_AT_BANNER, Fault.SLOW_AFTER_DOT])
def test_silence_is_ended_by_the_sender_and_not_by_the_relay(fault: Fault) -> None:
    with faulty(always(fault)) as (relay, sender):
        relay.patience_s = 10
        outcome = sender.send(letter())
        assert isinstance(outcome, Retry | Uncertain)
        assert outcome.reason.endswith("timed out")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_relay_that_falls_silent_concerns_all_mails(step: str) -> None:
    with one_session({step: ""}) as port, RelaySender(plain(port)) as sender:
        assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)


def test_a_reason_is_one_printable_line_without_the_address() -> None:
    with (
        one_session({"RCPT": "550-5.7.1 no\x1b[31m\r\n550 5.7.1 " + "x" * 500}) as port,
        RelaySender(plain(port)) as sender,
    ):
        outcome = sender.send(letter())
        assert isinstance(outcome, Rejected)
        assert outcome.reason.isprintable()
        assert len(outcome.reason) <= 300
        assert GUEST.address not in outcome.reason


@contextmanager
def one_session(answers: dict[str, str], said: list[str] | None = None) -> Iterator[int]:
    """A relay for one connection, with other answers at some steps; an empty one is silence.

    What the client said is added to `said`.
    """
    good = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go", ".": "250 ok", "QUIT": "221 bye"}

    def talk() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 relay\r\n")
            in_data = False
            while line := stream.readline():
                if said is not None:
                    said.append(line.decode().rstrip())
                step = "." if in_data and line == b".\r\n" else line.decode("latin-1").split(" ")[0].strip().upper()
                if in_data and step != ".":
                    continue
                answer = {**good, **answers}.get(step, "250 ok")
                in_data = step == "DATA" and answer.startswith("354")
                if answer:
                    stream.write(f"{answer}\r\n".encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield listener.getsockname()[1]


# The plan of the faulty relay itself


def test_a_shuffled_plan_is_the_same_for_the_same_seed() -> None:
    plans = [shuffled(seed, 0.3) for seed in (1, 1, 2)]
    first, again, other = ([plan(n) for n in range(1, 2001)] for plan in plans)
    assert first == again != other
    assert set(first) == {None, *Fault}
    assert 500 < sum(fault is not None for fault in first) < 700


def test_every_tenth_message_meets_the_fault() -> None:
    with faulty(every(3, Fault.ACCEPT_THEN_DROP)) as (relay, sender):
        outcomes = [type(sender.send(letter())) for _ in range(7)]
        assert outcomes == [Sent, Sent, Uncertain, Sent, Sent, Uncertain, Sent]
        assert len(relay.stored) == 7


# Only to the right relay


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@contextmanager
def encrypted(inbox: Inbox, certificate: trustme.LeafCert, *, starttls: bool) -> Iterator[RelaySettings]:
    context = server_context(certificate)
    options = {"tls_context": context, "require_starttls": True} if starttls else {"ssl_context": context}
    login = {"authenticator": inbox.authenticate, "auth_required": True, "auth_require_tls": starttls}
    with good_relay(inbox, **options, **login) as relay:
        yield plain(
            port_of(relay),
            server="localhost",
            use_tls=starttls,
            use_ssl=not starttls,
            username="town",
            password=PASSWORD,
            timeout_s=5,
            answer_timeout_s=5,
        )


STARTTLS = pytest.mark.parametrize("starttls", [True, False], ids=["starttls", "tls"])


@STARTTLS
def test_the_right_certificate_is_accepted(authority: trustme.CA, starttls: bool) -> None:
    inbox = Inbox()
    with (
        encrypted(inbox, authority.issue_cert("localhost"), starttls=starttls) as relay,
        RelaySender(relay, tls_context=trusting(authority)) as sender,
    ):
        assert [sender.send(letter()), sender.send(invitation_letter())] == [Sent(), Sent()]
    assert len(inbox.mails) == 2
    assert inbox.passwords == [PASSWORD.encode()]


@STARTTLS
@pytest.mark.parametrize("wrong", ["name", "authority", "date"])
def test_a_wrong_certificate_is_refused_before_the_password(authority: trustme.CA, starttls: bool, wrong: str) -> None:
    inbox = Inbox()
    name = "elsewhere.example.org" if wrong == "name" else "localhost"
    trusted = trustme.CA() if wrong == "authority" else authority
    expires = datetime(2020, 1, 1, tzinfo=UTC) if wrong == "date" else None
    with (
        encrypted(inbox, authority.issue_cert(name, not_after=expires), starttls=starttls) as relay,
        wire_tap(relay.port) as (port, heard),
        RelaySender(_at(relay, port), tls_context=trusting(trusted)) as sender,
    ):
        outcome = sender.send(letter())
    assert kind_of(outcome) == (Retry, Scope.ALL)
    assert "certificate verify failed" in outcome.reason  # type: ignore[union-attr]
    assert inbox.passwords == []
    assert inbox.mails == []
    assert b"AUTH" not in b"".join(heard)


@STARTTLS
def test_the_system_s_authorities_are_the_default(authority: trustme.CA, starttls: bool) -> None:
    inbox = Inbox()
    with encrypted(inbox, authority.issue_cert("localhost"), starttls=starttls) as relay, RelaySender(relay) as sender:
        assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)
    assert inbox.passwords == []


def test_a_wrong_password_is_tried_again_later(authority: trustme.CA) -> None:
    inbox = Inbox()
    with encrypted(inbox, authority.issue_cert("localhost"), starttls=True) as relay:
        wrong = RelaySettings(**{**vars(relay), "password": "wrong"})
        with RelaySender(wrong, tls_context=trusting(authority)) as sender:
            assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)
    assert inbox.mails == []


@pytest.mark.parametrize("only", ["PLAIN", "LOGIN"])
def test_name_and_password_are_written_in_utf_8(only: str) -> None:
    inbox = Inbox()
    without = {"auth_exclude_mechanism": [{"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[only]]}
    login = {"authenticator": inbox.authenticate, "auth_required": True, "auth_require_tls": False}
    with good_relay(inbox, **login, **without) as relay:
        account = {"username": "bürger", "password": "Schlüssel-1234-€"}
        with RelaySender(plain(port_of(relay), timeout_s=5, **account)) as sender:
            sender.send(letter())
    assert (inbox.names, inbox.passwords) == (["bürger".encode()], ["Schlüssel-1234-€".encode()])


def test_a_challenge_is_answered_with_the_password_in_utf_8() -> None:
    said: list[str] = []
    answers = {"EHLO": "250-relay\r\n250 AUTH CRAM-MD5", "AUTH": "334 PDE+"}
    with one_session(answers, said) as port, RelaySender(plain(port, username="ü", password="ß")) as sender:
        sender.send(letter())
    answer = base64.b64decode(said[said.index("AUTH CRAM-MD5") + 1]).decode()
    assert answer == f"ü {hmac.new('ß'.encode(), b'<1>', 'md5').hexdigest()}"


def test_a_password_that_no_encoding_can_write_is_tried_again_later() -> None:
    """As it comes from an environment that is not UTF-8; not a sign of it gets into the ledger."""
    inbox = Inbox()
    login = {"authenticator": inbox.authenticate, "auth_required": True, "auth_require_tls": False}
    with good_relay(inbox, **login) as relay:
        relay_settings = plain(port_of(relay), timeout_s=5, username="town", password="Schl\udcfcssel-1234")
        with RelaySender(relay_settings) as sender:
            for _ in range(2):
                reason = "SMTPException: the account or password for the relay is not UTF-8"
                assert sender.send(letter()) == Retry(reason=reason, scope=Scope.ALL)
    assert (inbox.mails, inbox.passwords) == ([], [])


def test_a_challenge_that_cannot_be_read_is_tried_again_later() -> None:
    answers = {"EHLO": "250-relay\r\n250 AUTH CRAM-MD5", "AUTH": "334 x"}
    with one_session(answers) as port, RelaySender(plain(port, username="town", password=PASSWORD)) as sender:
        outcome = sender.send(letter())
        assert kind_of(outcome) == (Retry, Scope.ALL)
        assert "no connection to the relay" in outcome.reason  # type: ignore[union-attr]
        assert kind_of(sender.send(letter())) != (Sent, None)


@pytest.mark.parametrize("login", [{}, {"username": "town", "password": PASSWORD}], ids=["mail", "password"])
def test_a_relay_without_starttls_gets_neither_password_nor_mail(authority: trustme.CA, login: dict[str, str]) -> None:
    """Also what somebody on the way makes of a good relay, by taking the offer away."""
    with FaultyRelay() as relay:
        wanted = plain(relay.port, use_tls=True, **login)
        with RelaySender(wanted, tls_context=trusting(authority)) as sender:
            assert kind_of(sender.send(letter())) == (Retry, Scope.ALL)
        assert {command.split(" ")[0].upper() for command in relay.commands} <= {"EHLO", "HELO", "QUIT"}
        assert relay.stored == []


@pytest.mark.parametrize(
    "changes",
    [{"use_tls": True, "use_ssl": True}, {"server": "relay.example.org", "username": "town", "password": PASSWORD}],
)
def test_unsafe_settings_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RelaySender(plain(25, **changes))


def _at(relay: RelaySettings, port: int) -> RelaySettings:
    return RelaySettings(**{**vars(relay), "port": port})


@contextmanager
def wire_tap(target: int) -> Iterator[tuple[int, list[bytes]]]:
    """Hands one connection on, and keeps every octet that the client sent."""
    heard: list[bytes] = []

    def pump(source: socket.socket, sink: socket.socket, keep: Callable[[bytes], None]) -> None:
        try:
            while octets := source.recv(65536):
                keep(octets)
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def run() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", target)) as server:
            back = threading.Thread(target=pump, args=(server, client, lambda octets: None), daemon=True)
            back.start()
            pump(client, server, heard.append)
            back.join(5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(5)


@pytest.mark.parametrize("made", [letter(), letter(subject="ä" * 60 + "\r\nBcc: x@example.org"), invitation_letter()])
def test_headers_leave_as_they_were_made(made: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes as by the policy of the standard library that parses each of them, but for the boundary."""

    def octets() -> bytes:
        return re.sub(rb"=_[0-9a-f]{24}", b"=_boundary", RelayMessage(made).as_bytes())

    as_made = octets()
    monkeypatch.setattr(letters, "_AS_MADE", email.policy.SMTP.clone(refold_source="none"))
    assert as_made == octets()
