"""What a test replaces: the clock and the outside world."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

from regservice.adapters.feeds.fetching import HttpsFetcher
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.clock import utc_now
from regservice.config import Settings
from regservice.formats.feeds.types import Fetcher
from regservice.notices.types import Letter
from regservice.outbox.delivery import Outcome
from regservice.outbox.relay import Pace


class Sender(Protocol):
    """Hands letters to a relay."""

    def send(self, letter: Letter) -> Outcome:
        """Hand over one letter and say how it went."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(kw_only=True)
class Wiring:
    """The clock, the sender when a relay is set, its pace, and what fetches feeds when that is on."""

    now: Callable[[], datetime] = utc_now
    sender: Sender | None = None
    pace: Pace | None = None
    feeds: Fetcher | None = None


def default_wiring(settings: Settings) -> Wiring:
    """The real clock and the outside as the settings say; without a relay mails are held."""
    feeds = None
    if settings.feeds:
        feeds = HttpsFetcher(allowed=settings.feed_hosts, agent=f"regservice ({settings.base_url})")
    if not settings.mail_server:
        return Wiring(feeds=feeds)
    relay = RelaySender(
        RelaySettings(
            server=settings.mail_server,
            port=settings.mail_port,
            use_tls=settings.mail_use_tls,
            use_ssl=settings.mail_use_ssl,
            username=settings.mail_username or None,
            password=settings.mail_password or None,
            timeout_s=settings.mail_timeout,
        )
    )
    pace = Pace(per_minute=settings.mail_rate) if settings.mail_rate else None
    return Wiring(sender=relay, pace=pace, feeds=feeds)


def current_wiring() -> Wiring:
    """The wiring of the running application."""
    wiring: Wiring = current_app.extensions["regservice_wiring"]
    return wiring
