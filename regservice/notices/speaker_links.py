"""The way into the digital room of who speaks or moderates: derived from their address, so that nothing is stored.

Whoever is taken off the list, or gets another address, leaves a link behind that opens nothing.
"""

import hmac

from regservice.config import current_settings
from regservice.events import service as events
from regservice.events.types import EventFacts, Speaker
from regservice.registrations.links import derive_token

# One link for as long as somebody speaks: a room that is made anew changes nothing about who is host in it.
GENERATION = 0


def link_of(event_id: int, speaker: Speaker) -> str:
    """Where this speaker enters as host; empty for somebody without an address."""
    settings = current_settings()
    token = f"{event_id}.{_proof(settings.secret_key, event_id, speaker)}"
    return with_token(settings.base_url, token) if speaker.email else ""


def with_token(base_url: str, token: str) -> str:
    """The link with this token, or with what stands for one where nobody may get in."""
    return f"{base_url}/speak/{token}"


def find_by_token(token: str) -> tuple[EventFacts, Speaker] | None:
    """Whose link it is and for which event; None for a strange one, or somebody who does not speak any more."""
    number, _dot, proof = token.partition(".")
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    event = events.find_by_id(int(number))
    if event is None:
        return None
    keys = current_settings().secret_keys
    proofs = ((speaker, _proof(key, event.id, speaker)) for speaker in event.speakers if speaker.email for key in keys)
    speaker = next((one for one, right in proofs if hmac.compare_digest(proof.encode(), right.encode())), None)
    return (event, speaker) if speaker else None


def _proof(key: str, event_id: int, speaker: Speaker) -> str:
    return derive_token(key, event_id, GENERATION, purpose=f"speaks:{speaker.email}")
