"""BigBlueButton: rooms by its published API, each call signed with the shared secret (SHA-256)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.parsers import expat

from regservice.adapters.rooms.calling import Caller
from regservice.events.rooms import Capabilities, Room, RoomTrouble, Visitor

# How servers of several ages say that there is no such meeting.
GONE = frozenset({"notFound", "invalidMeetingIdentifier"})


@dataclass(frozen=True, kw_only=True)
class BigBlueButton:
    """A server with its base address, as `bbb-conf --secret` shows it, and its secret."""

    base_url: str
    secret: str = field(repr=False)
    timeout_s: float = 5.0
    most_people: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Moderators by the role in the address; rooms without a limit of its own."""
        return Capabilities(knows_hosts=True, closes=True, most_people=self.most_people)

    def needs_click(self, room: Room) -> bool:
        """Always: the server forgets a room in which nobody is."""
        return True

    def ensure(self, room: Room) -> str:
        """Create the room; for one that is there the server says so, and it is the same."""
        name = room.reference or room.name
        self._call("create", {"name": room.title, "meetingID": name, "record": "false", **self._passwords(name)})
        return name

    def address(self, room: Room, visitor: Visitor) -> str:
        """A signed address that lets one visitor in under their name."""
        role = "MODERATOR" if visitor.moderates else "VIEWER"
        wanted = {"fullName": visitor.name, "meetingID": room.reference, "role": role}
        return f"{self._api}/{self._signed('join', wanted)}"

    def close(self, room: Room) -> None:
        """End the meeting for everybody who is in it; one that the server has forgotten is closed already."""
        password = self._passwords(room.reference)["moderatorPW"]
        self._call("end", {"meetingID": room.reference, "password": password}, fine=GONE)

    @property
    def _api(self) -> str:
        return f"{self.base_url.rstrip('/').removesuffix('/api')}/api"

    def _passwords(self, name: str) -> dict[str, str]:
        """The same at each call, since a server takes another one for another meeting. Nobody types them."""
        return {
            f"{role}PW": hmac.new(self.secret.encode(), f"{role}:{name}".encode(), hashlib.sha256).hexdigest()[:32]
            for role in ("attendee", "moderator")
        }

    def _signed(self, call: str, wanted: dict[str, str]) -> str:
        query = urlencode(wanted)
        checksum = hashlib.sha256(f"{call}{query}{self.secret}".encode()).hexdigest()
        return f"{call}?{query}&checksum={checksum}"

    def _call(self, call: str, wanted: dict[str, str], fine: frozenset[str] = frozenset()) -> None:
        caller = Caller(base_url=self._api, timeout_s=self.timeout_s)
        answer = answer_from(caller.call("GET", f"/{self._signed(call, wanted)}"))
        if answer.get("returncode") != "SUCCESS" and answer.get("messageKey") not in fine:
            raise RoomTrouble("refused")


def answer_from(document: bytes) -> dict[str, str]:
    """The members of an answer in XML. Raises RoomTrouble, also for a document that declares entities."""
    found: dict[str, str] = {}
    path: list[str] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_declared: object) -> None:
        raise RoomTrouble("bad_answer")

    def text(data: str) -> None:
        if len(path) == 2:
            found[path[1]] = found.get(path[1], "") + data

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _attributes: path.append(name)
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        raise RoomTrouble("bad_answer") from None
    return {name: value.strip() for name, value in found.items()}
