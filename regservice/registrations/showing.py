"""What everybody sees of an event, and a person of theirs, found with one statement: versions and seats, no facts.

The facts behind a version are kept in memory, so a page that nobody changed costs one statement. The tables of the
event, its rule and the town are named here as a foreign key names them; their rows stay in their own domains.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    bindparam,
    case,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
)

from regservice.db import read_alone
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.registrations import links, rules, store
from regservice.registrations.models import RegistrationRow, facts_of
from regservice.registrations.types import SEATED, Attendance, Participation, Places, RegistrationState, Shown

_TOWN = table("town", column("version"))
_PROGRAMME = table("programme", column("id"), column("version"))
_FORMAT_RULE = table("format_rule", column("event_id"))

_TOWN_VERSION: ScalarSelect[int] = select(_TOWN.c.version).scalar_subquery()
_PROGRAMME_VERSION: ScalarSelect[int] = (
    select(_PROGRAMME.c.version).where(_PROGRAMME.c.id == store.EVENT.c.programme_id).scalar_subquery()
)
_HAS_RULE: ColumnElement[bool] = exists().where(_FORMAT_RULE.c.event_id == store.EVENT.c.id)

_WAITING = frozenset({RegistrationState.WAITLISTED})


def _number(attendance: Attendance, states: frozenset[RegistrationState]) -> ColumnElement[int]:
    """People of the event in these states; not counted where seats have no limit, since nobody has to wait there."""
    limit = store.EVENT.c.digital_capacity if attendance is Attendance.DIGITAL else store.EVENT.c.capacity
    counted: ColumnElement[int] = (
        select(func.count())
        .select_from(RegistrationRow)
        .where(
            RegistrationRow.event_id == store.EVENT.c.id,
            store.stands(*sorted(states)),
            store.in_line_for(attendance) if states == _WAITING else RegistrationRow.attendance == attendance,
        )
        .scalar_subquery()
    )
    if attendance is Attendance.ONSITE and states != _WAITING:
        held = select(func.count()).select_from(RegistrationRow).where(*store.held_at(store.EVENT.c.id))
        counted = counted + held.scalar_subquery()
    return case((limit.is_(None), literal_column("0")), else_=counted)


_SHOWN = select(
    store.EVENT.c.id,
    store.EVENT.c.version,
    _TOWN_VERSION.label("town_version"),
    _PROGRAMME_VERSION.label("programme_version"),
    _HAS_RULE.label("has_rule"),
    *(
        _number(attendance, states).label(f"{attendance.value}_{name}")
        for attendance in Attendance
        for name, states in (("taken", frozenset(SEATED)), ("waiting", _WAITING))
    ),
).where(store.EVENT.c.slug == bindparam("slug"))
# The columns instead of the row as an object, which costs as much again and is not needed to show it.
_PERSON = select(
    *RegistrationRow.__table__.columns,
    RegistrationRow.session_list.label("session_list"),
    store.EVENT.c.version.label("event_version"),
    _TOWN_VERSION.label("town_version"),
).join(store.EVENT, store.EVENT.c.id == RegistrationRow.event_id)
_LINKED = _PERSON.where(RegistrationRow.link_hash == bindparam("link_hash"))
_NUMBERED = _PERSON.where(RegistrationRow.id == bindparam("registration_id"))


def find_shown(slug: str) -> Shown | None:
    """What the page of this event is made from at this moment, or None."""
    row = read_alone(_SHOWN, {"slug": slug})
    if row is None:
        return None
    event = events.of_version(row.id, row.version)
    return Shown(
        event=event,
        places={attendance: _places(event, attendance, row) for attendance in rules.attendances(event.format)},
        town_version=row.town_version or 0,
        programme_version=row.programme_version or 0,
        has_rule=bool(row.has_rule),
    )


def _places(event: EventFacts, attendance: Attendance, row: Row[Any]) -> Places:
    return Places(
        capacity=rules.capacity(event, attendance),
        taken=getattr(row, f"{attendance.value}_taken"),
        waiting=getattr(row, f"{attendance.value}_waiting"),
    )


def find_by_link(token: str) -> tuple[Participation, int] | None:
    """The registration that a personal link opens, with its event, and the version of the town."""
    row = read_alone(_LINKED, {"link_hash": links.token_hash(token)})
    if row is None:
        return None
    event = events.of_version(row.event_id, row.event_version)
    return Participation(registration=facts_of(row), event=event), row.town_version or 0


def find_unchanged(registration_id: int) -> tuple[Participation, int] | None:
    """A registration with its event, and the version of the town, for a transaction that changes none of them."""
    row = read_alone(_NUMBERED, {"registration_id": registration_id})
    if row is None:
        return None
    event = events.unchanged(row.event_id, row.event_version)
    return Participation(registration=facts_of(row), event=event), row.town_version or 0
