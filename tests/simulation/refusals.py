"""Why a step is refused or changes nothing, in the words of the answer; everything else is done by the model."""

from datetime import datetime
from typing import Any

from tests.simulation.clock import DAY, MINUTE, SECOND, wall
from tests.simulation.facts import ACTIVE, MODES, Event, Person

AS_IT_STANDS = {
    "confirmed": "Confirmed already",
    "waitlisted": "Waitlisted already",
    "offered": "Waitlisted already",
    "cancelled": "Cancelled already",
}


def refusal(action: str, subject: Event | Person, now: datetime, **values: Any) -> str:
    """The first reason that holds, or nothing."""
    return next(filter(None, REASONS[action](subject, now, **values)), "") if action in REASONS else ""


def _register(e: Event, now: datetime, email: str, wish: str, key: str) -> Any:
    """The same form again changes nothing."""
    same = [p.email for p in e.who(*ACTIVE) if p.key == key != "" and p.registered > now - DAY]
    yield same and ("OptInSent" if same[-1] == email else "KeyReused")
    yield e.life != "published" and "NotOffered"
    yield now >= min(e.starts, (e.closes or e.starts) + SECOND) and "Closed"
    yield not e.waiting_list and e.free(e.mode(wish)) <= 0 and "Full"


def _enter(e: Event, now: datetime, email: str, wish: str) -> Any:
    yield e.stage(now) != "on" and "TooLate started"
    yield email and email in [p.email for p in e.who(*ACTIVE)] and "AlreadyRegistered"
    yield not e.waiting_list and not e.free_for_newcomer(e.mode(wish)) and "Full"


def _answer_from(state: str) -> Any:
    """Confirming and accepting go on from one state, while the event is to come."""

    def reasons(p: Person, now: datetime) -> Any:
        yield p.state != state and AS_IT_STANDS.get(p.state, "TooLate link_expired")
        yield p.event.stage(now) != "on" and ("TooLate started" if p.event.life == "published" else "EventOff")
        yield state == "pending" and p.expires and now >= p.expires and "TooLate link_expired"

    return reasons


def _cancel(p: Person, now: datetime) -> Any:
    yield p.state == "cancelled" and "Cancelled already"
    yield p.state not in ACTIVE and "TooLate started"
    yield now >= p.event.starts and p.event.life != "postponed" and "TooLate started"


def _undo_cancel(p: Person, now: datetime) -> Any:
    e = p.event
    yield p.state != "cancelled" and AS_IT_STANDS.get(p.state, "TooLate link_expired")
    in_time = p.confirmed and p.ended and now <= p.ended + 30 * MINUTE
    yield (not in_time or e.stage(now) != "on") and "TooLate undo_over"
    yield p.email and p.email in [other.email for other in e.who(*ACTIVE)] and "TooLate registered_again"
    yield not e.free_for_newcomer(p.attendance) and "NoPlaceLeft"


def _move_up(p: Person, now: datetime) -> Any:
    waits = p.state in ("waitlisted", "offered") and p.event.stage(now) == "on"
    yield not waits and ("TooLate started" if now >= p.event.starts else "TooLate not_waiting")
    yield p.state == "waitlisted" and p.event.free(p.attendance) <= 0 and "Full"


def _withdraw_person(p: Person, now: datetime) -> Any:
    yield p.state != "pending" and "False"


def _edit(e: Event, now: datetime, **new: Any) -> Any:
    yield new.get("starts", e.starts) != e.starts and new["starts"] <= now and "EditRefused"


def _take_up_again(e: Event, now: datetime, **new: Any) -> Any:
    yield e.life != "postponed" and f"ChangeRefused {e.life}"
    yield new["starts"] <= now and "EditRefused"


def _call_off(life: str) -> Any:
    """What is postponed can still be cancelled."""

    def reasons(e: Event, now: datetime) -> Any:
        stage = e.stage(now)
        yield stage == life and "EventFacts"
        yield stage not in ("on", "started", "postponed") and f"ChangeRefused {stage}"

    return reasons


def _switch(e: Event, now: datetime, format: str, emergency: bool = False) -> Any:
    """Never to a room that is too small for who has a seat, unless it is too small already; back on site once."""
    short_of, already = (sum(max(-e.free(mode, f), 0) for mode in MODES) for f in (format, "hybrid"))
    stage = e.stage(now)
    yield e.format == format and "Unchanged"
    # Nobody is called to the place of an event that runs.
    yield stage == "started" and emergency and format == "onsite" and "SwitchRefused not_back_on_site"
    yield stage != "on" and not (stage == "started" and emergency) and f"SwitchRefused {stage}"
    if e.format == "digital" and e.switches > 1:
        yield e.went_back and "SwitchRefused back_before"
        yield now >= wall(e.starts, 0) and "SwitchRefused back_too_late"
    yield short_of > already and "SwitchRefused too_many_for_room"


REASONS = {
    "register": _register, "enter": _enter, "confirm": _answer_from("pending"), "accept": _answer_from("offered"),
    "cancel": _cancel, "undo_cancel": _undo_cancel, "move_up": _move_up, "withdraw_person": _withdraw_person,
    "edit": _edit, "postpone": _call_off("postponed"), "cancel_event": _call_off("cancelled"),
    "take_up_again": _take_up_again, "switch": _switch,
}  # fmt: skip
