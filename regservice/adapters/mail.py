"""Sending letters through a relay with Flask-Mail.

Flask-Mail 0.10 neither checks the relay's certificate nor ever gives up waiting, and loses whether a message that
failed may have arrived. `RelayConnection` adds this; `RelaySender` turns what happened into an `Outcome`.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfoNotFoundError

from flask_mail import Connection, Mail, Message

from regservice.adapters.letters import RelayMessage
from regservice.adapters.relay_answers import answer_of, outcome_of, reason_of, timed_out
from regservice.adapters.smtp import Progress, RecordingSMTP, RecordingSMTPS
from regservice.config import is_loopback
from regservice.notices.types import Letter
from regservice.outbox.delivery import Outcome, Retry, Scope, Sent, Unusable

MAILS_PER_CONNECTION = 100


@dataclass(frozen=True, kw_only=True)
class RelaySettings:
    """Where mail goes. `use_tls` demands STARTTLS, `use_ssl` TLS from the first byte; time-outs in seconds."""

    server: str
    port: int = 25
    use_tls: bool = False
    use_ssl: bool = False
    username: str | None = None
    password: str | None = None
    timeout_s: float = 30
    answer_timeout_s: float = 600

    @property
    def is_safe_for_password(self) -> bool:
        """Whether nobody on the way can read a password."""
        return self.use_tls or self.use_ssl or is_loopback(self.server)

    def flask_config(self) -> dict[str, object]:
        """The same as Flask-Mail's own settings."""
        return {
            "MAIL_SERVER": self.server,
            "MAIL_PORT": self.port,
            "MAIL_USE_TLS": self.use_tls,
            "MAIL_USE_SSL": self.use_ssl,
            "MAIL_USERNAME": self.username,
            "MAIL_PASSWORD": self.password,
        }


class RelayConnection(Connection):
    """`flask_mail.Connection` that trusts only a checked certificate, gives up in time and can be kept open."""

    def __init__(self, settings: RelaySettings, tls_context: ssl.SSLContext) -> None:
        state = Mail().init_mail(settings.flask_config())
        super().__init__(state)  # type: ignore[arg-type]
        self._settings = settings
        self._tls_context = tls_context

    def send(self, message: Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        """One message over the open connection, with its progress counted from the beginning."""
        if self.host is None:
            # Flask-Mail would send nothing and say that all went well.
            raise smtplib.SMTPServerDisconnected("There is no open connection.")
        if isinstance(self.host, RecordingSMTP):
            self.host.progress = Progress.NOT_COMPLETE
        super().send(message, envelope_from)

    def configure_host(self) -> RecordingSMTP:
        """An open, encrypted and signed-in connection; never a password in the clear.

        Whatever is in the way is an `OSError` or an `SMTPException`, and concerns all letters.
        """
        try:
            self.host = self._signed_in()
        except (OSError, smtplib.SMTPException):
            raise
        except Exception as failure:
            raise smtplib.SMTPException(f"no connection to the relay: {reason_of(failure)}") from failure
        return self.host

    def _signed_in(self) -> RecordingSMTP:
        host = self._connect()
        host.answer_timeout_s = self._settings.answer_timeout_s
        try:
            if self._settings.use_tls:
                # Raises when the relay, or somebody between, does not offer it.
                host.starttls(context=self._tls_context)
            host.ehlo_or_helo_if_needed()
            if self._settings.username and self._settings.password:
                host.login(self._settings.username, self._settings.password)
        except UnicodeError:
            host.close()
            # The error itself names a character of the password and where it stands.
            raise smtplib.SMTPException("the account or password for the relay is not UTF-8") from None
        except BaseException:
            host.close()
            raise
        return host

    def _connect(self) -> RecordingSMTP:
        settings = self._settings
        try:
            if settings.use_ssl:
                return RecordingSMTPS(
                    settings.server, settings.port, timeout=settings.timeout_s, context=self._tls_context
                )
            return RecordingSMTP(settings.server, settings.port, timeout=settings.timeout_s)
        except UnicodeError as failure:
            # It is refused before anybody is asked for it, as for two dots in a row.
            raise smtplib.SMTPException(f"{settings.server!r} is no name of a relay") from failure

    @property
    def progress(self) -> Progress:
        """How far the last message got."""
        return self.host.progress if isinstance(self.host, RecordingSMTP) else Progress.NOT_COMPLETE

    def quit(self) -> None:
        """Says goodbye if the relay still listens."""
        if self.host is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.host.quit()
            self.drop()

    def drop(self) -> None:
        """Closes without a word: the relay is silent, gone or confused."""
        if self.host is not None:
            self.host.close()
            self.host = None


def try_relay(settings: RelaySettings) -> None:
    """Open a connection and sign in as for a letter, and say goodbye; raises an `OSError` for what is in the way."""
    connection = RelayConnection(settings, ssl.create_default_context())
    connection.configure_host()
    connection.quit()


class RelaySender:
    """Sends one letter after the other over one kept connection. Not for several threads at once: one sender each.

    Needs an application context with Flask-Mail (`Mail(app)`). `tls_context` is for a relay with a private authority;
    the default trusts the authorities of the system.
    """

    def __init__(self, settings: RelaySettings, *, tls_context: ssl.SSLContext | None = None) -> None:
        if settings.use_tls and settings.use_ssl:
            raise ValueError("Choose STARTTLS or TLS from the first byte, not both.")
        if settings.password and not settings.is_safe_for_password:
            raise ValueError("A password for the relay needs TLS, unless the relay runs on this host.")
        self._settings = settings
        self._tls_context = tls_context or ssl.create_default_context()
        self._connection: RelayConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the kept connection; the next `send` opens a new one."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def send(self, letter: Letter) -> Outcome:
        """One attempt; what a relay, a network, the settings or a text can do wrong comes back as an outcome.

        An error that is none of these, as of a library that writes the message out, is raised before the relay has it.
        """
        try:
            message = RelayMessage(letter)
        except (ValueError, ZoneInfoNotFoundError) as refusal:  # Unusable letters, addresses and texts are ValueErrors.
            return Unusable(reason=reason_of(refusal))
        if self._connection is not None and self._connection.num_emails >= MAILS_PER_CONNECTION:
            self.close()
        if self._connection is not None:
            # When the relay has ended a kept connection, that says nothing about this message.
            with suppress(_HungUp):
                return self._transmit(self._connection, message)
        connection = RelayConnection(self._settings, self._tls_context)
        try:
            connection.configure_host()
        except (OSError, smtplib.SMTPException) as failure:
            return Retry(reason=reason_of(failure), scope=Scope.ALL)
        self._connection = connection
        try:
            return self._transmit(connection, message)
        except _HungUp as hung_up:
            return hung_up.outcome

    def _transmit(self, connection: RelayConnection, message: RelayMessage) -> Outcome:
        try:
            connection.send(message, message.envelope_from)
        except Exception as failure:
            progress = connection.progress
            if progress is Progress.ACCEPTED:
                return Sent()  # What failed came after the message: a listener of Flask-Mail's signal.
            code = answer_of(failure)[0]
            if code == 421 or not 400 <= code < 600:
                connection.drop()
                self._connection = None
            if not isinstance(failure, (OSError, smtplib.SMTPException)):
                raise
            outcome = outcome_of(failure, progress)
            if isinstance(outcome, Retry) and self._connection is None and not timed_out(failure):
                raise _HungUp(outcome) from failure
            return outcome
        return Sent()


class _HungUp(Exception):
    """The relay ended the connection before it had the message."""

    def __init__(self, outcome: Retry) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome
