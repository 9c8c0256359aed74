"""What the check of the service says about the relay: all that a mail would meet, up to the password."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from regservice.adapters.mail import RelaySettings
from regservice.config import current_settings
from regservice.doctor import Finding, findings
from tests.adapters.test_mail import PASSWORD, Inbox, encrypted, one_session
from tests.conftest import Clock
from tests.databases import free_port
from tests.faulty_relay import Fault, FaultyRelay, always

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that the system trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authorities.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    return made


def finding(clock: Clock, **changes: object) -> Finding:
    settings = replace(current_settings(), **changes)
    return next(found for found in findings(settings, clock()) if found.part == "relay")


def asked(relay: RelaySettings, clock: Clock, **changes: object) -> Finding:
    """What is found with the settings of this relay."""
    own: dict[str, object] = {"mail_server": relay.server, "mail_port": relay.port, "mail_timeout": relay.timeout_s}
    own |= {"mail_use_tls": relay.use_tls, "mail_use_ssl": relay.use_ssl}
    own |= {"mail_username": relay.username, "mail_password": relay.password}
    return finding(clock, **own | changes)


@contextmanager
def town_relay(authority: trustme.CA, inbox: Inbox, name: str = "localhost") -> Iterator[RelaySettings]:
    with encrypted(inbox, authority.issue_cert(name), starttls=True) as relay:
        yield relay


def test_a_relay_that_lets_us_in_is_well_and_gets_no_mail(clock: Clock, authority: trustme.CA) -> None:
    inbox = Inbox()
    with town_relay(authority, inbox) as relay:
        text = f"localhost port {relay.port} answers and lets us sign in"
        assert asked(relay, clock) == Finding(part="relay", well=True, text=text)
    assert (inbox.passwords, inbox.mails) == ([PASSWORD.encode()], [])


def test_a_relay_that_knows_no_accounts_is_well(clock: Clock) -> None:
    with FaultyRelay() as relay:
        found = finding(clock, mail_server="127.0.0.1", mail_port=relay.port)
        assert found == Finding(part="relay", well=True, text=f"127.0.0.1 port {relay.port} answers")
        relay.wait_until_idle()
    assert [command.split()[0].upper() for command in relay.commands] == ["EHLO", "QUIT"]


def test_a_wrong_password_is_told(clock: Clock) -> None:
    answers = {"EHLO": "250-relay\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 credentials\x1b invalid"}
    with one_session(answers) as port:
        relay = {"mail_server": "127.0.0.1", "mail_port": port}
        found = finding(clock, **relay, mail_username="town", mail_password="wrong")
    assert found.text == (
        f"127.0.0.1 port {port} does not let us sign in (535 5.7.8 credentials invalid): "
        "check REGSERVICE_MAIL_USERNAME and _MAIL_PASSWORD"
    )
    assert not found.well


def test_a_certificate_of_another_name_is_told_and_gets_no_password(clock: Clock, authority: trustme.CA) -> None:
    inbox = Inbox()
    with town_relay(authority, inbox, "elsewhere.example.org") as relay:
        found = asked(relay, clock)
    assert (found.well, inbox.passwords) == (False, [])
    assert "certificate is not valid for 'localhost'" in found.text
    assert found.text.endswith("check REGSERVICE_MAIL_USE_TLS, _MAIL_USE_SSL and the certificate")


def test_tls_at_a_port_that_begins_without_is_told(clock: Clock) -> None:
    with FaultyRelay() as relay:
        found = finding(clock, mail_server="127.0.0.1", mail_port=relay.port, mail_use_ssl=True)
    assert not found.well
    assert found.text.endswith("check REGSERVICE_MAIL_USE_TLS, _MAIL_USE_SSL and the certificate")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mail_use_tls": True}, "STARTTLS extension not supported by server."),
        ({"mail_username": "town", "mail_password": PASSWORD}, "SMTP AUTH extension not supported by server."),
        ({"mail_server": "smtp..example.org"}, "'smtp..example.org' is no name of a relay"),
    ],
)
def test_what_a_relay_cannot_do_is_told(clock: Clock, changes: dict[str, object], said: str) -> None:
    with FaultyRelay() as relay:
        found = finding(clock, **{"mail_server": "127.0.0.1", "mail_port": relay.port, **changes})
    assert not found.well
    assert said in found.text
    assert found.text.endswith("check the settings REGSERVICE_MAIL_…")


def test_nobody_at_that_place_is_told(clock: Clock) -> None:
    port = free_port()
    found = finding(clock, mail_server="127.0.0.1", mail_port=port)
    assert found.text == (
        f"127.0.0.1 port {port} does not answer (ConnectionRefusedError: [Errno 111] Connection refused): "
        "check REGSERVICE_MAIL_SERVER and _MAIL_PORT"
    )
    assert not found.well


def test_a_silent_relay_is_told_in_time(clock: Clock) -> None:
    with FaultyRelay(always(Fault.HANG_AT_BANNER)) as relay:
        found = finding(clock, mail_server="127.0.0.1", mail_port=relay.port, mail_timeout=0.3)
    assert not found.well
    assert f"port {relay.port} does not answer (" in found.text


def test_the_system_s_authorities_are_asked(clock: Clock) -> None:
    """The other tests name theirs by the variable that OpenSSL reads, as an operator may."""
    assert ssl.get_default_verify_paths().openssl_cafile_env == "SSL_CERT_FILE"
    inbox = Inbox()
    with town_relay(trustme.CA(), inbox) as relay:
        found = asked(relay, clock)
    assert (found.well, inbox.passwords) == (False, [])
    assert "certificate verify failed" in found.text
