"""What people would read of a switch: one mail of each kind, made as the real ones are and then taken back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.speakers import KIND as SPEAKER_KIND
from regservice.formats.types import SwitchPreview, Trigger
from regservice.notices import letters, speaker_links
from regservice.notices.letters import Sending
from regservice.notices.service import sending_to_few
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import rules
from regservice.registrations import service as registrations
from regservice.registrations.types import Participation, RegistrationFacts

KINDS = ("decision", "offer", "confirmed", SPEAKER_KIND)
# Stands where a person's own link is: whoever looks at a sample must not get into somebody's page.
MASK = "xxxx"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One mail of so many that say the same but for what is each person's own."""

    kind: str
    language: str
    # How the person stands after the switch, and how they take part; empty for those who speak.
    state: str
    attendance: str
    number: int
    letter: Letter


def preview(
    event_id: int,
    to: Format | Mapping[int, Format],
    *,
    reason: str,
    join_url: str | None,
    now: datetime,
    trigger: Trigger = Trigger.HAND,
) -> tuple[SwitchPreview, list[Sample]]:
    """What a switch would do, and what people would read of it."""
    known, found = outbox.newest_id(), list[Sample]()
    seen = formats.preview(
        event_id,
        to,
        reason=reason,
        join_url=join_url,
        now=now,
        trigger=trigger,
        look=lambda: found.extend(_samples(event_id, outbox.ledger(event_id, after=known, limit=100_000), now)),
    )
    return seen, found


def _samples(event_id: int, messages: Iterable[MessageFacts], now: datetime) -> list[Sample]:
    """One sample a kind, language and standing. Inside the transaction that made the messages."""
    event, sending = events.get(event_id), sending_to_few(now)
    made = [message for message in messages if message.kind in KINDS and message.organiser_id is None]
    wanted = [message.registration_id for message in made if message.registration_id is not None]
    people = {person.id: person for person in registrations.with_ids(wanted)}
    alike: dict[tuple[str, str, str, str], list[MessageFacts]] = {}
    for message in made:
        person = people.get(message.registration_id or 0)
        alike.setdefault((message.kind, message.language, *_standing(event, person)), []).append(message)
    return [
        Sample(
            kind=kind,
            language=language,
            state=state,
            attendance=attendance,
            number=len(same),
            letter=_letter(same[0], event, people.get(same[0].registration_id or 0), sending),
        )
        for (kind, language, state, attendance), same in sorted(alike.items())
    ]


def _standing(event: EventFacts, person: RegistrationFacts | None) -> tuple[str, str]:
    if person is None:
        return "", ""
    return person.state.value, "+".join(sorted(rules.ways_of(event, person)))


def _letter(message: MessageFacts, event: EventFacts, person: RegistrationFacts | None, sending: Sending) -> Letter:
    if person is None:
        return letters.letter_to_speaker(
            message, event, speaker_links.with_token(sending.settings.base_url, MASK), sending
        )
    return letters.letter_to_participant(message, Participation(registration=person, event=event), MASK, sending)
