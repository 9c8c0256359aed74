"""Jitsi Meet: a room is there as soon as somebody enters, so its name must not be guessed; servers may want a token."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from regservice.events.rooms import Capabilities, Room, Visitor

# Who comes back after an interruption near the end is still let in.
VALID_AFTER_END = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Jitsi:
    """A server, and where it wants tokens the name and the secret of our application."""

    base_url: str
    app_id: str = ""
    secret: str = field(default="", repr=False)
    most_people: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Moderators only where the server wants tokens; a room ends when the last one leaves."""
        return Capabilities(knows_hosts=bool(self.app_id), closes=False, most_people=self.most_people)

    def needs_click(self, room: Room) -> bool:
        """Nothing has to be made."""
        return False

    def ensure(self, room: Room) -> str:
        """The name that cannot be guessed."""
        return room.reference or room.name

    def address(self, room: Room, visitor: Visitor) -> str:
        """The room's address with the visitor's name, and with a token where the server wants one."""
        name = room.reference or room.name
        shown = quote(json.dumps(visitor.name), safe="")
        token = f"?jwt={self._token(name, room, visitor)}" if self.app_id else ""
        return f"{self.base_url}/{name}{token}#userInfo.displayName={shown}"

    def close(self, room: Room) -> None:
        """Nothing can be done: a room ends when the last one leaves. Nobody is led there any more."""

    def _token(self, name: str, room: Room, visitor: Visitor) -> str:
        return signed(
            {
                "aud": "jitsi",
                "iss": self.app_id,
                "sub": urlsplit(self.base_url).hostname,
                "room": name,
                "exp": int((room.closes_at + VALID_AFTER_END).timestamp()),
                "context": {"user": {"name": visitor.name, "moderator": visitor.moderates}},
            },
            self.secret,
        )


def signed(claims: dict[str, Any], secret: str) -> str:
    """A JSON Web Token (RFC 7519), signed with HMAC and SHA-256."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    head = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{head}.{_encoded(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
