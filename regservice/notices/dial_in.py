"""Which messages say how to dial in: those after which somebody soon needs it, and only to who has a digital place."""

from datetime import datetime, timedelta

from regservice.events.types import EventFacts
from regservice.notices.wanted import takes_part_digitally
from regservice.outbox.types import MessageFacts
from regservice.registrations import rules
from regservice.registrations.types import Participation, RegistrationState

NEAR = timedelta(hours=24)


def is_near(event: EventFacts, now: datetime) -> bool:
    """Whether the event begins within a day."""
    return event.starts_at is not None and event.starts_at - now < NEAR


def says_dial_in(message: MessageFacts, of: Participation, now: datetime) -> bool:
    """Whether this message to this person names number and PIN."""
    has_place = of.registration.state is RegistrationState.CONFIRMED
    if not has_place or not takes_part_digitally(of.event, of.registration):
        return False
    match message.kind:
        case "remind_2h":
            return True
        case "confirmed":
            # Who was told nothing of the switch hears of it by this mail, and so of the telephone.
            return is_near(of.event, now) or rules.place_is_off(of.event, of.registration)
        case "decision":
            return message.payload.get("outcome") == "switched"
        case _:
            return False
