"""What a system that makes digital rooms is asked, and what it can answer; pure."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

LINK = "link"
# A link that somebody enters, or a system that makes the room.
SYSTEMS = (LINK, "bigbluebutton", "jitsi", "nextcloud_talk")


@dataclass(frozen=True, kw_only=True)
class Room:
    """One room of an event. `name` cannot be guessed; `reference` is what the system called it when it was made."""

    title: str
    closes_at: datetime
    name: str = field(repr=False)
    reference: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who enters a room."""

    name: str
    moderates: bool = False


class RoomTrouble(Exception):
    """The system did not do what it was asked; `code` says why, without addresses and secrets."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RoomSystem(Protocol):
    """A system that makes rooms. It is called outside of any transaction, and may be away."""

    @property
    def base_url(self) -> str:
        """Where its rooms are."""

    def needs_click(self, room: Room) -> bool:
        """Whether something must be made before anybody can enter, so that a GET is not enough."""

    def ensure(self, room: Room) -> str:
        """Make the room unless it is there, and give its reference. Raises RoomTrouble."""

    def address(self, room: Room, visitor: Visitor) -> str:
        """Where this visitor enters the room."""

    def close(self, room: Room) -> None:
        """Give the room up. Raises RoomTrouble."""


def room_name(key: str, event_id: int, generation: int) -> str:
    """A name for a room that nobody can guess: equal at each click, another one for each generation."""
    message = f"room:{event_id}:{generation}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:40]
