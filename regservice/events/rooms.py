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


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a system can do with the rooms that it makes."""

    # Whether who speaks or moderates enters as host; else they sign in there, or the first one is it.
    knows_hosts: bool
    # Whether a room can be closed from outside.
    closes: bool
    # How many people one room carries; None where nobody knows.
    most_people: int | None = None

    def is_too_small_for(self, people: int) -> bool:
        """Whether more people are expected than a room carries."""
        return self.most_people is not None and people > self.most_people


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

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def needs_click(self, room: Room) -> bool:
        """Whether something must be made before anybody can enter, so that a GET is not enough."""

    def ensure(self, room: Room) -> str:
        """Make the room unless it is there, and give its reference. Raises RoomTrouble."""

    def address(self, room: Room, visitor: Visitor) -> str:
        """Where this visitor enters the room."""

    def close(self, room: Room) -> None:
        """Give the room up. Raises RoomTrouble."""


def room_name(key: str, event_id: int, generation: int, session_id: int | None = None) -> str:
    """A name for a room that nobody can guess: equal at each click, another one for each generation and each group."""
    message = f"room:{event_id}:{generation}{f':{session_id}' if session_id else ''}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:40]
