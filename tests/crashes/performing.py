"""The acts of the story through the real services and jobs."""

from dataclasses import replace

from regservice.accounts import service as accounts
from regservice.audit import service as audit
from regservice.changes import service as changes
from regservice.db import transaction
from regservice.events import service as events
from regservice.events import sessions
from regservice.events.service import values_of
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind
from regservice.jobs import JOBS
from regservice.registrations import registering, session_places
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState
from regservice.wiring import Wiring
from tests.crashes.story import (
    DECISION_AT,
    GROUP,
    HALL,
    LENGTH,
    MOVED_BY,
    ORGANISER,
    PREPARED_AT,
    READING,
    ROOM,
    SEATS,
    STARTS_AT,
    TALK,
    Accept,
    Act,
    AddReading,
    CallOff,
    Cancel,
    Confirm,
    Decide,
    Join,
    Move,
    Register,
    Switch,
    SwitchGroup,
    Tick,
)
from tests.factories import make_event, request_for

RULE = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=DECISION_AT)
READING_OVER = 340
BY = "organiser:1"
READING_PARTS = (
    SessionValues(title=TALK, kind=SessionKind.TALK, join_url=ROOM),
    SessionValues(title=GROUP, kind=SessionKind.GROUP, for_everyone=False, join_url=ROOM),
)


def prepare() -> None:
    """What is there before the story begins: an organiser, two events, a rule."""
    accounts.add_organiser(f"{ORGANISER}@example.org", "Olga Office", by="test", now=PREPARED_AT)
    for name, at in STARTS_AT.items():
        make_event(PREPARED_AT, title=name, capacity=SEATS[name], join_url=ROOM, starts_at=at, ends_at=at + LENGTH)
    with transaction():
        events.lock(event_named(READING).id)
        sessions.arrange(event_named(READING).id, [(None, part) for part in READING_PARTS], by=BY, now=PREPARED_AT)
    saved = formats.save_rule(event_named(HALL).id, RULE, by=BY, now=PREPARED_AT)
    assert isinstance(saved, FormatRule), saved
    audit.seal()


def event_named(name: str) -> EventFacts:
    found = events.find(name)
    assert found is not None
    return found


def _id_of(who: str) -> int:
    for name in SEATS:
        for person in registrations.of_event(event_named(name).id, tuple(RegistrationState)):
            if person.name == who:
                return person.id
    raise LookupError(who)


def _group_of(event: str) -> int:
    return next(part.id for part in event_named(event).parts if part.title == GROUP)


def perform(act: Act, wiring: Wiring) -> str:
    """Do it now, and say what is answered by the name of the answer's class."""
    if isinstance(act, Tick):
        _tick(wiring)
        return ""
    answer = _answer(act, wiring)
    return type(answer).__name__ + " already" * getattr(answer, "already", False)


def _tick(wiring: Wiring) -> None:
    for job in JOBS:
        job.run(wiring)
    if wiring.sender is not None:
        wiring.sender.close()


def _answer(act: Act, wiring: Wiring) -> object:
    now = wiring.now()
    match act:
        case Register(who=who, event=event):
            request = request_for(who, request_key=f"form of {who}")
            return registering.register(event_named(event).id, request, sender=f"network of {who}", now=now)
        case Confirm(who=who):
            return registrations.confirm(_id_of(who), now)
        case Accept(who=who):
            return registrations.accept(_id_of(who), now)
        case Cancel(who=who):
            return registrations.cancel(_id_of(who), now)
        case AddReading(event=event):
            return formats.add_reading(event_named(event).id, READING_OVER, now, by=BY, now=now)
        case Decide(event=event):
            event_id = event_named(event).id
            seen = formats.proposals_of(event_id)[0].id
            return formats.decide(event_id, Decision.SWITCH, reason="", by=BY, now=now, proposal_id=seen)
        case Switch(event=event, to=to, seen=version, room=room):
            return formats.switch(
                event_named(event).id,
                Format(to),
                reason="too few of us",
                join_url=room,
                by=BY,
                now=now,
                expected_version=version,
            )
        case Join(who=who, event=event):
            return session_places.choose(_id_of(who), _group_of(event), by=BY, now=now)
        case SwitchGroup(event=event, to=to, seen=version):
            return formats.switch(
                event_named(event).id,
                {_group_of(event): Format(to)},
                reason="the room is too small",
                join_url=None,
                by=BY,
                now=now,
                expected_version=version,
            )
        case Move(event=event):
            begins = STARTS_AT[event] + MOVED_BY
            values = replace(values_of(event_named(event)), starts_at=begins, ends_at=begins + LENGTH)
            return changes.edit(event_named(event).id, values, by=BY, now=now)
        case CallOff(event=event):
            return changes.cancel_event(event_named(event).id, reason="the speaker is ill", by=BY, now=now)
        case _:
            raise ValueError(act)
