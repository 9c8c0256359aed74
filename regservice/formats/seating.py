"""Back on site with fewer places than people: in both forms; who comes is settled by what people said, or a draw.

Who chose digital while there was a choice stays so, and who said that they would. Of the others, who was confirmed
before the event went digital comes; then who gave their place up because of that is asked, and the later ones draw for
what is left. Nobody loses their place: who does not come takes part digitally as before.
"""

from datetime import datetime

from regservice.config import current_settings
from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, Format
from regservice.formats import proposals, store
from regservice.formats.draw import draw, seats_to_fill
from regservice.formats.return_types import Seated, Seating
from regservice.formats.types import Trigger
from regservice.registrations import coming_back, entries, links, question_rules
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, RegistrationFacts, RegistrationState, Wish

PURPOSE = "draw"


def seated(event: EventFacts, how: Seating) -> Seated:
    """Who comes and who stays digital, by what is known now; changes nothing."""
    since = _went_digital_at(event)
    people = [
        person
        for person in registrations.of_event(event.id, (RegistrationState.CONFIRMED,))
        if person.attendance is Attendance.DIGITAL
    ]
    staying = frozenset(person.id for person in people if _stays(person, since))
    coming = [person for person in people if person.id not in staying]
    seats = entries.places_of(event, Attendance.ONSITE).free
    everybody = Seated(how=how, on_site=frozenset(person.id for person in coming), staying=staying, seats=seats)
    if seats is None or how is Seating.VOLUNTEERS:
        return everybody
    earlier = [person.id for person in coming if since is None or _was_there(person, since)]
    to_fill = seats_to_fill(seats, len(earlier), coming_back.how_many_left(event.id))
    if len(coming) <= to_fill:
        return everybody
    seed = seed_of(event)
    later = [person.id for person in coming if person.id not in earlier]
    drawn = draw(earlier, later, to_fill, seed)
    return Seated(
        how=how,
        on_site=drawn.on_site,
        staying=staying,
        seats=to_fill,
        seed=seed,
        drew=drawn.drew,
        without=drawn.without,
        earlier_drew=drawn.earlier_drew,
    )


def seed_of(event: EventFacts) -> str:
    """The same for each look at the draw of this event as it stands, so that nobody draws again until they like it."""
    return links.derive_token(current_settings().secret_key, event.id, event.format_version, purpose=PURPOSE)[:16]


def targets(event: EventFacts) -> dict[int, Format]:
    """Everything that is digital takes place in both forms."""
    digital = {part.id for part in event.sessions if part.format is Format.DIGITAL}
    return {part: to for part, to in event_rules.whole(event, Format.HYBRID).items() if part in digital}


def refusal(event: EventFacts, reason: str, now: datetime) -> str | None:
    """Why the event cannot go back so, or None; whether there is room for all who come is another question."""
    going_back = targets(event)
    if not going_back:
        return "not_digital"
    return proposals.refusal(event, going_back, None, now, trigger=Trigger.HAND, reason=reason)


def would_come(event: EventFacts) -> list[RegistrationFacts]:
    """Who would have a place on site again and may be asked whether they would stay digital."""
    since = _went_digital_at(event)
    return [
        person
        for person in registrations.of_event(event.id, (RegistrationState.CONFIRMED,))
        if person.attendance is Attendance.DIGITAL and not _chose_digital(person, since)
    ]


def _went_digital_at(event: EventFacts) -> datetime | None:
    """When the switch was that holds now."""
    switch = store.find_switch(event.id, event.format_version)
    return switch.decided_at if switch else None


def _was_there(person: RegistrationFacts, since: datetime) -> bool:
    """Before the switch, that is: whom it gave a place itself has that from its very moment."""
    return person.confirmed_at is not None and person.confirmed_at < since


def _chose_digital(person: RegistrationFacts, since: datetime | None) -> bool:
    """Who came when there was nothing else did not choose."""
    return person.wish is Wish.DIGITAL and since is not None and person.registered_at <= since


def _stays(person: RegistrationFacts, since: datetime | None) -> bool:
    return question_rules.stays_digital(person) or _chose_digital(person, since)
