"""Planning reminders, asking whether a message is still wanted, and turning it into a letter."""

from datetime import datetime

from regservice.accounts import service as accounts
from regservice.config import current_settings
from regservice.db import release, transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.speakers import KIND as SPEAKER_KIND
from regservice.formats.types import ProposalFacts, ProposalState
from regservice.notices import letters, speakers, wanted
from regservice.notices.kinds import KINDS, PLANNED
from regservice.notices.letters import Sending
from regservice.notices.plan import planned
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore
from regservice.outbox.types import MessageFacts, NewMessage
from regservice.registrations import entries
from regservice.registrations import service as registrations
from regservice.registrations.types import Participation, RegistrationFacts
from regservice.town import service as towns

BATCH = 500


def plan_due(now: datetime) -> int:
    """Plan the reminders of everybody who has none for the present schedule. Returns how many messages were made.

    Events that ended a few days ago are looked at as well: their thanks may be due after a time without a worker.
    """
    made = 0
    for event_id in registrations.events_with_unplanned(now - wanted.THANKS_LATE - event_rules.LONGEST_EVENT):
        event = events.get(event_id)
        over = event_rules.ends_at(event)
        if over is None or over <= now - wanted.THANKS_LATE:
            continue
        while registrations.unplanned(event_id, event.schedule_version, limit=1):
            made += _plan_batch(event_id, now)
            event = events.get(event_id)
    return made


def _plan_batch(event_id: int, now: datetime) -> int:
    with transaction():
        event = events.lock(event_id)
        people = registrations.unplanned(event_id, event.schedule_version, limit=BATCH)
        for person in people:
            if person.planned_version:
                outbox.skip_for_registration(person.id, wanted.OTHER_SCHEDULE, kinds=PLANNED)
        made = outbox.enqueue(*[message for person in people for message in _reminders(event, person)], now=now)
        registrations.mark_planned([person.id for person in people], event.schedule_version)
        return made


def _reminders(event: EventFacts, person: RegistrationFacts) -> list[NewMessage]:
    if not person.email:
        return []
    return [
        entries.message(
            person,
            reminder.kind,
            wanted.occurrence_of(event, person),
            reminder.due_at,
            priority=KINDS[reminder.kind].priority,
        )
        for reminder in planned(event, person)
    ]


def still_wanted(message: MessageFacts, now: datetime) -> str | NotBefore | None:
    """None when the message may leave at this moment, else why not or not before when."""
    event = events.get(message.event_id) if message.event_id else None
    if event is None or message.kind not in KINDS:
        return wanted.UNKNOWN_KIND
    if message.kind == SPEAKER_KIND:
        return speakers.reason_to_skip(message, event, now)
    if not KINDS[message.kind].states:
        return _organiser_says_no(message)
    registration = registrations.find(message.registration_id) if message.registration_id else None
    recorded = message.kind == "thanks" and registrations.attendance_recorded(event.id)
    reason = wanted.reason_to_skip(message, event, registration, now, attendance_recorded=recorded)
    if reason or registration is None:
        return reason
    if after_speakers := speakers.told_first(message, event, now):
        return NotBefore(at=after_speakers)
    later = wanted.waits_until(message, event, registration, now)
    return NotBefore(at=later) if later else None


def _organiser_says_no(message: MessageFacts) -> str | None:
    if message.organiser_id is None or accounts.get_organiser(message.organiser_id).disabled:
        return wanted.NO_ADDRESS
    proposal = _proposal_of(message)
    return None if proposal is not None and proposal.state is ProposalState.OPEN else wanted.DECIDED


def _proposal_of(message: MessageFacts) -> ProposalFacts | None:
    return formats.find_proposal(int(message.payload.get("proposal_id", 0)))


def compose(message: MessageFacts, now: datetime) -> Letter:
    """The letter as it would leave at this moment; reads only, and holds no connection afterwards.

    Raises LookupError for a message whose person or event is gone.
    """
    try:
        return _composed(message, Sending(settings=current_settings(), town=towns.current(), now=now))
    finally:
        release()


def _composed(message: MessageFacts, sending: Sending) -> Letter:
    if message.event_id is None:
        raise LookupError("the message is about no event")
    event = events.get(message.event_id)
    if message.organiser_id is not None:
        proposal = _proposal_of(message)
        if proposal is None:
            raise LookupError("the proposal is gone")
        organiser = accounts.get_organiser(message.organiser_id)
        return letters.letter_to_organiser(message, event, organiser, proposal, sending)
    if message.kind == SPEAKER_KIND:
        return letters.letter_to_speaker(message, event, sending)
    registration = registrations.find(message.registration_id) if message.registration_id else None
    if registration is None:
        raise LookupError("the person's data was deleted")
    token = registrations.personal_token(registration)
    of = Participation(registration=registration, event=event)
    return letters.letter_to_participant(message, of, token, sending)
