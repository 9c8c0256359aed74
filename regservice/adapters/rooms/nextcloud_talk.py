"""Nextcloud Talk: a public conversation made by a technical account with an app password."""

import base64
import json
import re
from dataclasses import dataclass, field

from regservice.adapters.rooms.calling import Caller
from regservice.events.rooms import Capabilities, Room, RoomTrouble, Visitor

ROOMS = "/ocs/v2.php/apps/spreed/api/v4/room"
PUBLIC_ROOM = 3
LONGEST_NAME = 255
TOKEN = re.compile(r"[A-Za-z0-9]{4,64}\Z")


@dataclass(frozen=True, kw_only=True)
class NextcloudTalk:
    """A server and the account that owns the conversations."""

    base_url: str
    user: str
    password: str = field(repr=False)
    timeout_s: float = 5.0
    most_people: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Guests are never moderators. The limit of 20 break-out rooms is none here: each group has a conversation."""
        return Capabilities(knows_hosts=False, closes=True, most_people=self.most_people)

    def needs_click(self, room: Room) -> bool:
        """Until the conversation is made."""
        return not room.reference

    def ensure(self, room: Room) -> str:
        """The token of the conversation; a second call would make a second one, so a known token is kept."""
        if room.reference:
            return room.reference
        wanted = {"roomType": PUBLIC_ROOM, "roomName": room.title[:LONGEST_NAME]}
        answer = self._call("POST", ROOMS, json.dumps(wanted).encode())
        try:
            token = json.loads(answer)["ocs"]["data"]["token"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise RoomTrouble("bad_answer") from None
        if not isinstance(token, str) or not TOKEN.match(token):
            raise RoomTrouble("bad_answer")
        return token

    def address(self, room: Room, visitor: Visitor) -> str:
        """The conversation; guests type their name there, and who moderates signs in there."""
        return f"{self.base_url}/call/{room.reference}"

    def close(self, room: Room) -> None:
        """Delete the conversation; one that somebody deleted there is gone already."""
        try:
            self._call("DELETE", f"{ROOMS}/{room.reference}")
        except RoomTrouble as trouble:
            if trouble.code != "http_404":
                raise

    def _call(self, method: str, path: str, body: bytes = b"") -> bytes:
        proof = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {proof}", "OCS-APIRequest": "true", "Accept": "application/json"}
        headers |= {"Content-Type": "application/json"} if body else {}
        return Caller(base_url=self.base_url, timeout_s=self.timeout_s).call(method, path, body=body, headers=headers)
