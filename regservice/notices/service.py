"""Planning reminders, asking whether a message is still wanted, and turning it into a letter."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from regservice.accounts import service as accounts
from regservice.config import current_settings
from regservice.db import release, transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.feeds import service as feeds
from regservice.formats.speakers import EVERY_KIND as SPEAKER_KINDS
from regservice.formats.types import ProposalFacts, ProposalState
from regservice.notices import addresses, letters, speaker_links, speakers, wanted, wording
from regservice.notices.feed import feed_details, warning_details
from regservice.notices.kinds import KINDS, PLANNED
from regservice.notices.letters import Sending
from regservice.notices.plan import planned
from regservice.notices.proposal import proposal_details
from regservice.notices.types import Letter, Subject
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore
from regservice.outbox.types import MessageFacts, NewMessage
from regservice.registrations import access_needs, entries, help_requests, showing
from regservice.registrations import rules as registration_rules
from regservice.registrations import service as registrations
from regservice.registrations.organisers import HELP_KIND
from regservice.registrations.types import RegistrationFacts
from regservice.town import service as towns

# So many people's reminders are planned at once: the event is locked meanwhile, and who registers waits for it.
BATCH = 50


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
        made += _plan_event(event_id, now)
    return made


def _plan_event(event_id: int, now: datetime) -> int:
    made, full = 0, True
    while full:
        with transaction():
            event = events.lock(event_id)
            people = registrations.unplanned(event_id, event.schedule_version, limit=BATCH)
            before = [person.id for person in people if person.planned_version]
            outbox.skip_for_registrations(before, wanted.OTHER_SCHEDULE, kinds=PLANNED)
            made += outbox.enqueue(*[message for person in people for message in _reminders(event, person)], now=now)
            registrations.mark_planned([person.id for person in people], event.schedule_version)
        full = len(people) == BATCH
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


def find_subject(message: MessageFacts) -> Subject | None:
    """Whom and what a message is about at this moment; None for an organiser's, and once the person's data is deleted.

    For a transaction that changes none of it. One statement, beside the event when no mail of its version was made yet.
    """
    if message.registration_id is None or message.organiser_id is not None:
        return None
    found = showing.find_unchanged(message.registration_id)
    return Subject(of=found[0], town_version=found[1]) if found else None


def still_wanted(message: MessageFacts, now: datetime, subject: Subject | None = None) -> str | NotBefore | None:
    """None when the message may leave at this moment, else why not or not before when."""
    if message.event_id is None or message.kind not in KINDS:
        return wanted.UNKNOWN_KIND
    if message.kind in SPEAKER_KINDS:
        return speakers.reason_to_skip(message, events.get(message.event_id), now)
    if not KINDS[message.kind].states:
        return _organiser_says_no(message, now)
    subject = subject or find_subject(message)
    if subject is None:
        return wanted.ERASED
    event, registration = subject.of.event, subject.of.registration
    recorded = message.kind == "thanks" and registrations.attendance_recorded(event.id)
    reason = wanted.reason_to_skip(message, event, registration, now, attendance_recorded=recorded)
    if reason:
        return reason
    if after_speakers := speakers.told_first(message, event, now):
        return NotBefore(at=after_speakers)
    if registrations.waits_for_new_link(registration):
        return NotBefore(at=now + timedelta(minutes=1))
    later = wanted.waits_until(message, event, registration, now)
    return NotBefore(at=later) if later else None


def _organiser_says_no(message: MessageFacts, now: datetime) -> str | None:
    if message.organiser_id is None or accounts.get_organiser(message.organiser_id).disabled:
        return wanted.NO_ADDRESS
    if message.kind == HELP_KIND:
        return _help_says_no(message, now)
    if message.kind == feeds.KIND:
        return None if message.event_id and feeds.trouble_of(message.event_id, now) else wanted.FRESH_AGAIN
    if message.kind == feeds.WARNING:
        return None if message.event_id and feeds.warning_is_of_use(message.event_id, now) else wanted.NOBODY_TO_WARN
    proposal = _proposal_of(message)
    return None if proposal is not None and proposal.state is ProposalState.OPEN else wanted.DECIDED


def _help_says_no(message: MessageFacts, now: datetime) -> str | None:
    event = _event_of(message)
    over = event_rules.ends_at(event)
    if reason := wanted.event_says_no(message, event, now):
        return reason
    if over is not None and now >= over:
        return wanted.TOO_LATE
    if "held_for" in message.payload:
        person = registrations.find(message.payload["held_for"])
        return None if person is not None and registration_rules.held_until(person) else wanted.HELPED
    if message.payload.get("access"):
        return None if access_needs.open_counts().get(event.id) else wanted.HELPED
    return None if help_requests.still_waits(event.id, message.payload.get("request_id")) else wanted.HELPED


def _said_to_organiser(message: MessageFacts, event: EventFacts, sending: Sending) -> Callable[[], dict[str, Any]]:
    """What the letter is about; put into words when the language is known."""
    if message.kind == HELP_KIND:
        return lambda: _help_details(message, event, sending.settings.base_url)
    if message.kind == feeds.KIND:
        rule = formats.find_rule(event.id)
        if rule is None:
            raise LookupError("the rule is gone")
        stands, page = (
            feeds.standing(event.id, rule, sending.now),
            addresses.feed_page(sending.settings.base_url, event.slug),
        )
        return lambda: feed_details(stands, rule, event, page)
    if message.kind == feeds.WARNING:
        page = addresses.format_page(sending.settings.base_url, event.slug)
        return lambda: warning_details(message, page)
    proposal = _proposal_of(message)
    if proposal is None:
        raise LookupError("the proposal is gone")
    made_by = formats.rule_of(proposal)
    return lambda: proposal_details(message, proposal, made_by, event, sending.settings)


def _help_details(message: MessageFacts, event: EventFacts, base_url: str) -> dict[str, Any]:
    """What somebody waits for; never who it is."""
    said = {"access": bool(message.payload.get("access")), "again": "version" in message.payload, "held_until": ""}
    if "held_for" not in message.payload:
        return said | {"page": addresses.help_page(base_url, event.slug)}
    person = registrations.find(message.payload["held_for"])
    until = registration_rules.held_until(person) if person else None
    page = addresses.person_page(base_url, event.slug, message.payload["held_for"])
    return said | {"held_until": wording.moment(until, event), "page": page}


def _proposal_of(message: MessageFacts) -> ProposalFacts | None:
    return formats.find_proposal(int(message.payload.get("proposal_id", 0)))


def compose(message: MessageFacts, now: datetime, subject: Subject | None = None) -> Letter:
    """The letter as it would leave at this moment; reads only, and holds no connection afterwards.

    Raises LookupError for a message whose person or event is gone.
    """
    try:
        if message.organiser_id is not None:
            return _to_organiser(message, message.organiser_id, now)
        if message.kind in SPEAKER_KINDS:
            return _to_speaker(message, now)
        subject = subject or find_subject(message)
        if subject is None:
            raise LookupError("the person's data was deleted")
        return _to_participant(message, subject, now)
    finally:
        release()


def _to_participant(message: MessageFacts, subject: Subject, now: datetime) -> Letter:
    town = towns.of_version(subject.town_version)
    registration = subject.of.registration
    # From now on this version of the event is in memory, also for the transactions of the mails that follow.
    events.of_version(registration.event_id, subject.of.event.version)
    token = registrations.personal_token(registration)
    sending = Sending(settings=current_settings(), town=town, now=now)
    return letters.letter_to_participant(message, subject.of, token, sending)


def _to_organiser(message: MessageFacts, organiser_id: int, now: datetime) -> Letter:
    event, organiser, sending = _event_of(message), accounts.get_organiser(organiser_id), sending_to_few(now)
    return letters.letter_to_organiser(message, event, organiser, _said_to_organiser(message, event, sending), sending)


def _to_speaker(message: MessageFacts, now: datetime) -> Letter:
    event = _event_of(message)
    room_url = speaker_links.link_of(event.id, speakers.speaker_of(message, event))
    return letters.letter_to_speaker(message, event, room_url, sending_to_few(now))


def _event_of(message: MessageFacts) -> EventFacts:
    if message.event_id is None:
        raise LookupError("the message is about no event")
    return events.get(message.event_id)


def sending_to_few(now: datetime) -> Sending:
    """What a few letters of this moment have in common."""
    return Sending(settings=current_settings(), town=towns.current(), now=now)
