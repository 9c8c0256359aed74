"""The catalogue of messages: who may get each kind, when people may be disturbed with it, and how urgent it is."""

from dataclasses import dataclass
from enum import StrEnum

from regservice.outbox.types import Priority
from regservice.registrations.types import INVOLVED
from regservice.registrations.types import RegistrationState as State


class Rest(StrEnum):
    """When a message leaves people in peace."""

    NONE = "none"
    NIGHT = "night"
    NIGHT_UNLESS_NEAR = "night, but for the last 24 hours before the start"
    NIGHT_AND_SUNDAY = "night and Sundays"


class Calendar(StrEnum):
    """What a message does to the person's calendar, if they have a place or had one."""

    NONE = "none"
    REQUEST = "request"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of message; no `states` means that it goes to organisers, or to those who speak."""

    name: str
    states: frozenset[State] = frozenset()
    rest: Rest = Rest.NONE
    priority: Priority = Priority.CONFIRMATION
    calendar: Calendar = Calendar.NONE
    # Whether one click switches this kind off for good (RFC 8058).
    can_be_muted: bool = False


_PENDING = frozenset({State.PENDING})
_CONFIRMED = frozenset({State.CONFIRMED})
_INVOLVED = frozenset(INVOLVED)

_CATALOGUE = (
    Kind(name="optin", states=_PENDING),
    Kind(name="optin_again", states=_PENDING, rest=Rest.NIGHT),
    Kind(name="already", states=_INVOLVED),
    Kind(name="new_link", states=_INVOLVED, calendar=Calendar.REQUEST),
    Kind(name="confirmed", states=_CONFIRMED, calendar=Calendar.REQUEST),
    Kind(name="waitlisted", states=frozenset({State.WAITLISTED})),
    Kind(name="offer", states=frozenset({State.OFFERED}), rest=Rest.NIGHT),
    Kind(
        name="remind_7d",
        states=_CONFIRMED,
        rest=Rest.NIGHT_AND_SUNDAY,
        priority=Priority.REMINDER,
        can_be_muted=True,
    ),
    Kind(name="remind_1d", states=_CONFIRMED, rest=Rest.NIGHT, priority=Priority.REMINDER, can_be_muted=True),
    Kind(name="remind_2h", states=_CONFIRMED, priority=Priority.REMINDER, can_be_muted=True),
    Kind(
        name="thanks",
        states=frozenset({State.CONFIRMED, State.ATTENDED}),
        rest=Rest.NIGHT_AND_SUNDAY,
        priority=Priority.REMINDER,
        can_be_muted=True,
    ),
    Kind(
        name="changed",
        states=_INVOLVED,
        rest=Rest.NIGHT_UNLESS_NEAR,
        priority=Priority.SWITCH,
        calendar=Calendar.REQUEST,
    ),
    Kind(
        name="postponed",
        states=_INVOLVED,
        rest=Rest.NIGHT_UNLESS_NEAR,
        priority=Priority.SWITCH,
        calendar=Calendar.CANCEL,
    ),
    Kind(
        name="cancelled_event",
        states=_INVOLVED,
        rest=Rest.NIGHT_UNLESS_NEAR,
        priority=Priority.SWITCH,
        calendar=Calendar.CANCEL,
    ),
    Kind(
        name="cancelled",
        states=frozenset({State.CANCELLED}),
        priority=Priority.SWITCH,
        calendar=Calendar.CANCEL,
    ),
    # Whether the decision of a rule waits for the morning is settled where it is enqueued; one by a person never waits.
    Kind(name="decision", states=_INVOLVED, priority=Priority.SWITCH, calendar=Calendar.REQUEST),
    Kind(
        name="group",
        states=_CONFIRMED,
        rest=Rest.NIGHT_UNLESS_NEAR,
        priority=Priority.SWITCH,
        calendar=Calendar.REQUEST,
    ),
    Kind(name="group_gone", states=_INVOLVED, rest=Rest.NIGHT_UNLESS_NEAR, priority=Priority.SWITCH),
    Kind(name="moved", states=_CONFIRMED, priority=Priority.SWITCH, calendar=Calendar.REQUEST),
    Kind(name="decision_again", states=_CONFIRMED, rest=Rest.NIGHT),
    Kind(
        name="new_date",
        states=_CONFIRMED,
        rest=Rest.NIGHT_UNLESS_NEAR,
        priority=Priority.SWITCH,
        calendar=Calendar.REQUEST,
    ),
    Kind(name="new_date_again", states=_CONFIRMED, rest=Rest.NIGHT),
    Kind(name="keep_place", states=_CONFIRMED, rest=Rest.NIGHT),
    # Nothing of their place changes by it, so their calendar keeps what it has.
    Kind(name="take_place", states=_CONFIRMED, rest=Rest.NIGHT),
    Kind(name="stay_digital", states=_CONFIRMED, rest=Rest.NIGHT),
    Kind(name="proposal", priority=Priority.SWITCH),
    Kind(name="speaker_decision", priority=Priority.FIRST),
    Kind(name="speaker_change", priority=Priority.FIRST),
    Kind(name="organiser_feed", priority=Priority.SWITCH),
    Kind(name="organiser_warning", priority=Priority.SWITCH),
    Kind(name="organiser_help"),
)

KINDS = {kind.name: kind for kind in _CATALOGUE}
# What is planned from the schedule of an event; another schedule makes them void.
PLANNED = ("remind_7d", "remind_1d", "remind_2h", "thanks")
MUTABLE = tuple(kind.name for kind in _CATALOGUE if kind.can_be_muted)
