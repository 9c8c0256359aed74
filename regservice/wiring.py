"""What a test replaces: the clock and the outside world."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app

from regservice.clock import utc_now
from regservice.config import Settings
from regservice.notices.types import Letter
from regservice.outbox.delivery import Outcome


class Sender(Protocol):
    """Hands letters to a relay."""

    def send(self, letter: Letter) -> Outcome:
        """Hand over one letter and say how it went."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(kw_only=True)
class Wiring:
    """The clock, and the sender when a relay is set."""

    now: Callable[[], datetime] = utc_now
    sender: Sender | None = None


def default_wiring(settings: Settings) -> Wiring:
    """The real clock and the relay of the settings."""
    return Wiring()


def current_wiring() -> Wiring:
    """The wiring of the running application."""
    wiring: Wiring = current_app.extensions["regservice_wiring"]
    return wiring
