"""What a test replaces: the clock and the outside world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from flask import current_app

from regservice.adapters.feeds.fetching import HttpsFetcher
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.clock import utc_now
from regservice.config import Settings
from regservice.events.rooms import RoomSystem
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
    """The clock, the sender when a relay is set, its pace, what fetches feeds when that is on, and rooms."""

    now: Callable[[], datetime] = utc_now
    sender: Sender | None = None
    pace: Pace | None = None
    feeds: Fetcher | None = None
    # The systems that make digital rooms, by the names under which events choose them.
    rooms: Mapping[str, RoomSystem] = field(default_factory=dict)


def default_wiring(settings: Settings) -> Wiring:
    """The real clock and the outside as the settings say; without a relay mails are held."""
    feeds, rooms = None, room_systems(settings)
    if settings.feeds:
        feeds = HttpsFetcher(allowed=settings.feed_hosts, agent=f"regservice ({settings.base_url})")
    if not settings.mail_server:
        return Wiring(feeds=feeds, rooms=rooms)
    pace = Pace(per_minute=settings.mail_rate) if settings.mail_rate else None
    return Wiring(sender=RelaySender(relay_settings(settings)), pace=pace, feeds=feeds, rooms=rooms)


def relay_settings(settings: Settings) -> RelaySettings:
    """Where mail goes."""
    return RelaySettings(
        server=settings.mail_server,
        port=settings.mail_port,
        use_tls=settings.mail_use_tls,
        use_ssl=settings.mail_use_ssl,
        username=settings.mail_username or None,
        password=settings.mail_password or None,
        timeout_s=settings.mail_timeout,
    )


def room_systems(settings: Settings) -> dict[str, RoomSystem]:
    """The systems that are set up to make digital rooms."""
    found: dict[str, RoomSystem] = {}
    most = settings.room_people or None
    if settings.bbb_url:
        found["bigbluebutton"] = BigBlueButton(base_url=settings.bbb_url, secret=settings.bbb_secret, most_people=most)
    if settings.jitsi_url:
        found["jitsi"] = Jitsi(
            base_url=settings.jitsi_url, app_id=settings.jitsi_app_id, secret=settings.jitsi_secret, most_people=most
        )
    if settings.nextcloud_url:
        found["nextcloud_talk"] = NextcloudTalk(
            base_url=settings.nextcloud_url,
            user=settings.nextcloud_user,
            password=settings.nextcloud_password,
            most_people=most,
        )
    return found


def current_wiring() -> Wiring:
    """The wiring of the running application."""
    wiring: Wiring = current_app.extensions["regservice_wiring"]
    return wiring
