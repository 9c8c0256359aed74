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
    # How many people one room carries, and into how many groups it divides them; None where no limit is known.
    most_people: int | None = None
    most_groups: int | None = None


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """More people or groups than a room carries."""

    what: str
    expected: int
    most: int


def beyond(can: Capabilities, *, people: int, groups: int) -> list[Beyond]:
    """What of an event is too much for the rooms of a system."""
    sides = (("people", people, can.most_people), ("groups", groups, can.most_groups))
    return [
        Beyond(what=what, expected=expected, most=most)
        for what, expected, most in sides
        if most is not None and expected > most
    ]


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


def room_name(key: str, event_id: int, generation: int) -> str:
    """A name for a room that nobody can guess: equal at each click, another one for each generation."""
    message = f"room:{event_id}:{generation}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()[:40]
