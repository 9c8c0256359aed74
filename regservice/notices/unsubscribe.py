"""Switching off one kind of mail by the link in it, without signing in."""

from datetime import datetime

from regservice.config import current_settings
from regservice.events import service as events
from regservice.notices.addresses import Unsubscription, read_unsubscribe_token
from regservice.registrations import service as registrations
from regservice.registrations.types import Participation


def find_by_token(token: str) -> tuple[Unsubscription, Participation] | None:
    """What a token switches off, and for whom; None for a strange token or a person whose data is deleted."""
    found = read_unsubscribe_token(token, current_settings().secret_keys)
    registration = registrations.find(found.registration_id) if found else None
    if found is None or registration is None:
        return None
    return found, Participation(registration=registration, event=events.get(registration.event_id))


def switch_off(token: str, now: datetime) -> tuple[Unsubscription, Participation] | None:
    """Stop this kind of mail; a repeat changes nothing. None as in `find_by_token`."""
    found = find_by_token(token)
    if found is not None:
        registrations.mute(found[0].registration_id, found[0].kind, now)
    return found
