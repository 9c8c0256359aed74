"""Addresses in mails and calendars: always below the base address of the settings, never from a request."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from regservice.notices.kinds import MUTABLE
from regservice.registrations.links import derive_token

# One token switches a kind off for as long as the registration exists, whatever becomes of the personal link.
GENERATION = 0


@dataclass(frozen=True, kw_only=True)
class PersonalAddresses:
    """What is behind a person's one link."""

    personal: str

    @property
    def confirm(self) -> str:
        """Confirms the registration; the only address that ends in this word."""
        return f"{self.personal}/confirm"

    @property
    def accept(self) -> str:
        """Takes an offered place."""
        return f"{self.personal}/accept"

    @property
    def cancel(self) -> str:
        """Gives the place back."""
        return f"{self.personal}/cancel"

    @property
    def join(self) -> str:
        """Leads into the room when it is open; the room's own address is never written down."""
        return f"{self.personal}/join"

    @property
    def digital(self) -> str:
        """Says that the person takes part digitally after a switch."""
        return f"{self.personal}/digital"

    @property
    def help(self) -> str:
        """Asks for what would let the person take part digitally."""
        return f"{self.personal}/help"

    @property
    def needs(self) -> str:
        """Says what the person needs to take part in the form that the event has now."""
        return f"{self.personal}/needs"

    @property
    def cannot(self) -> str:
        """Gives the place back because of the format."""
        return f"{self.personal}/cannot"


def personal(base_url: str, token: str) -> PersonalAddresses:
    """The addresses of one person."""
    return PersonalAddresses(personal=f"{base_url}/r/{token}")


def feed_page(base_url: str, slug: str) -> str:
    """The organisers' page of an event's feed."""
    return f"{base_url}/organise/events/{slug}/format/feed"


def format_page(base_url: str, slug: str) -> str:
    """The organisers' page of an event's format."""
    return f"{base_url}/organise/events/{slug}/format"


def smaller_room(base_url: str, slug: str) -> str:
    """Where organisers give an event another room and number of places."""
    return f"{base_url}/organise/events/{slug}/edit#venue_room"


def postpone_page(base_url: str, slug: str) -> str:
    """Where organisers postpone an event."""
    return f"{base_url}/organise/events/{slug}/postpone"


def help_page(base_url: str, slug: str) -> str:
    """The organisers' page of what people need to take part digitally."""
    return f"{base_url}/organise/events/{slug}/help"


def person_page(base_url: str, slug: str, registration_id: int) -> str:
    """The organisers' page of one person."""
    return f"{base_url}/organise/events/{slug}/attendees/{registration_id}"


def event_page(base_url: str, slug: str) -> str:
    """The public page of an event."""
    return f"{base_url}/events/{slug}"


def host(base_url: str) -> str:
    """The host on whose behalf calendars and messages are named."""
    return urlsplit(base_url).hostname or "localhost"


def unsubscribe(base_url: str, key: str, registration_id: int, kind: str) -> str:
    """Where one POST switches off one kind of mail for one registration (RFC 8058)."""
    return f"{base_url}/u/{registration_id}.{kind}.{_proof(key, registration_id, kind)}"


@dataclass(frozen=True, kw_only=True)
class Unsubscription:
    """What a good unsubscribe token stands for."""

    registration_id: int
    kind: str


def read_unsubscribe_token(token: str, keys: Sequence[str]) -> Unsubscription | None:
    """Whom and what a token is about; None when it is not ours. Every listed key is good for reading."""
    parts = token.split(".")
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdecimal()) or len(parts[0]) > 18:
        return None
    number, kind, proof = int(parts[0]), parts[1], parts[2]
    good = [hmac.compare_digest(proof.encode(), _proof(key, number, kind).encode()) for key in keys]
    if kind not in MUTABLE or not any(good):
        return None
    return Unsubscription(registration_id=number, kind=kind)


def _proof(key: str, registration_id: int, kind: str) -> str:
    return derive_token(key, registration_id, GENERATION, purpose=f"mute:{kind}")
