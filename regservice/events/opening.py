"""The digital room of an event: which system makes it, made or found at the click, and given up when it leaked."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from regservice.audit import service as audit
from regservice.db import release, session, transaction
from regservice.events import closing, rules, store
from regservice.events.rooms import LINK, Room, RoomSystem, RoomTrouble, Visitor, room_name
from regservice.events.types import EventFacts, SessionFacts

logger = logging.getLogger(__name__)
Systems = Mapping[str, RoomSystem]


def room_of(event: EventFacts, key: str, now: datetime, group: SessionFacts | None = None) -> Room:
    """The event's room, or that of one of its groups, as its system is asked for it."""
    return Room(
        title=f"{event.title}: {group.title}" if group else event.title,
        closes_at=rules.ends_at(event) or now,
        name=room_name(key, event.id, event.room_generation, group.id if group else None),
        reference=group.room_reference if group else event.room_reference,
    )


def needs_click(
    event: EventFacts, systems: Systems, key: str, now: datetime, group: SessionFacts | None = None
) -> bool:
    """Whether a room must first be made, which a GET never does; also where its system is not set up any more."""
    if event.room_system == LINK:
        return False
    system = systems.get(event.room_system)
    return system is None or system.needs_click(room_of(event, key, now, group))


def leads_to(event: EventFacts, systems: Systems) -> str:
    """Where the way into the room begins, for pages whose button leads out there."""
    system = systems.get(event.room_system)
    return system.base_url if system else event.join_url


def address_of(
    event: EventFacts, visitor: Visitor, systems: Systems, key: str, now: datetime, group: SessionFacts | None = None
) -> str:
    """Where this visitor enters a room for which nothing must be made."""
    if event.room_system == LINK:
        return event.join_url
    return systems[event.room_system].address(room_of(event, key, now, group), visitor)


def enter(
    event_id: int, visitor: Visitor, systems: Systems, key: str, now: datetime, *, group_id: int | None = None
) -> str:
    """Make or find the room of the event or of one of its groups, and give the address at which this visitor enters it.

    Raises RoomTrouble, also when the group has no room of its own any more.

    The system is asked outside of any transaction. Of two who make a room at once, the one whose reference is stored
    first wins; the other room is given up, and both enter the same.
    """
    event = store.get(event_id)
    if event.room_system == LINK:
        return event.join_url
    system = systems.get(event.room_system)
    if system is None:
        raise _failed(event, RoomTrouble("not_set_up"))
    group = _group(event, group_id)
    if group_id is not None and group is None:
        raise _failed(event, RoomTrouble("replaced"))
    room = room_of(event, key, now, group)
    release()
    try:
        made = system.ensure(room)
        kept = _keep(event, group, made, now)
        if kept != made:
            _give_up(event, system, replace(room, reference=made))
        if kept is None:
            raise RoomTrouble("replaced")
    except RoomTrouble as trouble:
        raise _failed(event, trouble) from None
    return system.address(replace(room, reference=kept), visitor)


def _group(event: EventFacts, group_id: int | None) -> SessionFacts | None:
    return next((group for group in rules.group_rooms(event) if group.id == group_id), None)


def _keep(event: EventFacts, group: SessionFacts | None, made: str, now: datetime) -> str | None:
    """The reference that holds: this one, or that of a click that was first; None for a room replaced meanwhile."""
    with transaction():
        current = store.lock(event.id)
        if (current.room_system, current.room_generation) != (event.room_system, event.room_generation):
            return None
        before, there = (event, current) if group is None else (group, _group(current, group.id))
        if there is None:
            return None
        if there.room_reference and there.room_reference != before.room_reference:
            return there.room_reference
        if there.room_reference != made:
            row = store.get_row(event.id)
            holds = row if group is None else next(part for part in row.sessions if part.id == group.id)
            holds.room_reference = made
            row.version += 1
            audit.record("event.room_made", f"event:{event.id}", actor="participant", now=now, system=row.room_system)
            session().flush()
        return made


def choose_system(event_id: int, system: str, *, by: str, now: datetime) -> EventFacts:
    """Say which system makes the room; the room of the system before is given up."""
    with transaction():
        event = store.lock(event_id)
        if event.room_system == system:
            return event
        row = store.get_row(event_id)
        closing.give_up(row, now)
        row.room_system = system
        row.version += 1
        audit.record("event.room_system_chosen", f"event:{event_id}", actor=by, now=now, system=system)
        session().flush()
        return row.facts()


def replace_room(event_id: int, join_url: str, systems: Systems, *, by: str, now: datetime) -> EventFacts:
    """The address has become known: set a new link, or let the next click make a new room. The old one is closed now.

    Calendars and mails hold our own link, so nobody has to be told.
    """
    with transaction():
        before = store.lock(event_id)
        row = store.get_row(event_id)
        if before.room_system == LINK:
            for part in row.sessions:
                part.join_url = join_url
        audit.record("event.room_replaced", f"event:{event_id}", actor=by, now=now)
        closing.give_up(row, now)
        row.version += 1
        session().flush()
        after = row.facts()
    closing.close_due(systems, now, event_id)
    return after


def _give_up(event: EventFacts, system: RoomSystem, room: Room) -> None:
    """As well as it goes: nobody is led there any more."""
    try:
        system.close(room)
    except RoomTrouble as trouble:
        _failed(event, trouble)


def _failed(event: EventFacts, trouble: RoomTrouble) -> RoomTrouble:
    logger.warning("room system %s failed for event %s: %s", event.room_system, event.id, trouble.code)
    return trouble
