"""The rules once more, written from the description of the domain: what becomes of people, their places and their
place in line, and which mails follow when. Each action returns its answer; why one is refused stands in `refusals`."""

from collections.abc import Collection, Iterator
from copy import copy
from datetime import datetime
from functools import partialmethod
from typing import Any

from tests.simulation.clock import DAY, HOUR, MINUTE, by_day, morning, offer_until, rested, wall
from tests.simulation.facts import (
    ACTIVE,
    CHANGES,
    CONFIRMED,
    INVOLVED,
    MODES,
    OFFERED,
    PENDING,
    REMINDERS,
    WAITING,
    WAITLISTED,
    Event,
    Person,
)

OVERTAKEN = (*REMINDERS, *CHANGES, "offer", "waitlisted", "confirmed", "postponed")
OPTINS = ("optin", "optin_again")


class Model:
    """What people, staff, organisers and time do."""

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.registrations = self.line = 0

    def place(self, p: Person, state: str, now: datetime, expires: datetime | None = None) -> str:
        """Another place; what was said of the one before stays here."""
        p.event.withdraw(*OPTINS, "waitlisted", "offer", p=p)
        p.state, p.expires, p.places = state, expires, p.places + 1
        kind, due = ("offer", morning(now)) if state == OFFERED else (state, now)
        p.event.tell(p, kind, now, due)
        return state.capitalize()

    def seat(self, p: Person, now: datetime) -> str:
        p.confirmed, p.planned = now, 0
        return self.place(p, CONFIRMED, now)

    def queue_up(self, p: Person, now: datetime) -> str:
        self.line = p.queued = self.line + 1
        return self.place(p, WAITLISTED, now, p.event.starts)

    def end(self, p: Person, state: str, now: datetime) -> str:
        p.event.withdraw(p=p)
        p.state, p.ended = state, now
        return "NoPlaceLeft"

    def arrive(self, p: Person, now: datetime) -> str:
        """A seat; else the waiting list; else, where there is none, the end."""
        if p.event.free_for_newcomer(p.attendance):
            return self.seat(p, now)
        return self.queue_up(p, now) if p.event.waiting_list else self.end(p, "expired", now)

    confirm, move_up, undo_cancel = arrive, seat, seat

    def add(self, e: Event, email: str, wish: str, now: datetime) -> Person:
        self.registrations += 1
        p = Person(id=self.registrations, event=e, email=email, attendance=e.mode(wish), registered=now)
        return e.people.setdefault(p.id, p)

    def register(self, e: Event, email: str, wish: str, key: str, now: datetime) -> str:
        """An opt-in is good for 48 hours, reminded once; the same address hears that it is registered."""
        p = next((p for p in e.who(*ACTIVE) if p.email == email), None) or self.add(e, email, wish, now)
        p.key, p.requests, again = key, p.requests + 1, morning(now + DAY)
        e.tell(p, "optin" if p.state == PENDING else "already", now)
        if p.state == PENDING:
            p.registered, p.attendance, p.expires = now, e.mode(wish), min(now + 2 * DAY, e.starts)
            if p.requests == 1 and again < p.expires and again <= (e.closes or e.starts):
                e.tell(p, "optin_again", now, again)
        return "OptInSent"

    def enter(self, e: Event, email: str, wish: str, now: datetime) -> str:
        """Staff register somebody, who needs no opt-in and perhaps has no address."""
        return self.arrive(self.add(e, email, wish, now), now)

    def accept(self, p: Person, now: datetime) -> str:
        over = p.expires and now >= p.expires and not self.goes_on(p, now)
        return self.offer_ended(p, now) if over else self.seat(p, now)

    def goes_on(self, p: Person, now: datetime) -> bool:
        """An offer holds longer while nobody else waits, and its time begins when its mail leaves."""
        mail = p.event.mails.get(("offer", p.id, str(p.places)))
        unread = mail and mail.state in ("waiting", "claimed", "sending")
        late = mail and mail.sent and mail.sent > mail.due + HOUR
        began = now if unread or not p.event.queue(p.attendance) else mail.sent if late else None
        until = offer_until(began, p.event.starts) if began else None
        p.expires = until if until and until > now else p.expires
        return p.expires > now

    def offer_ended(self, p: Person, now: datetime) -> str:
        """To the end of the line; the seat goes to the next."""
        self.queue_up(p, now)
        self.promote(p.event, now)
        return "TooLate offer_over"

    def promote(self, e: Event, now: datetime) -> list[Person]:
        """Every free seat is offered to the next in line, by day, until three hours and a half before the start."""
        until, offered = offer_until(now, e.starts), []
        for mode in MODES if until and e.stage(now) == "on" else ():
            while e.free(mode) > 0 and (queue := e.queue(mode)):
                self.place(queue[0], OFFERED, now, until)
                offered.append(queue[0])
        return offered

    def cancel(self, p: Person, now: datetime) -> str:
        """The next in line is offered the seat."""
        was, p.sequence = p.state, p.sequence + (p.state == CONFIRMED)
        self.end(p, "cancelled", now)
        if was != PENDING:
            p.event.tell(p, "cancelled", now)
        self.promote(p.event, now)
        return "Cancelled"

    def mute(self, p: Person, kind: str, now: datetime) -> str:
        p.muted = tuple(sorted({*p.muted, kind}))
        return "None"

    def withdraw_person(self, p: Person, now: datetime) -> str:
        p.event.forget(p)  # Somebody else typed this address.
        return "True"

    def expire(self, now: datetime) -> None:
        """Opt-ins, offers and waiting end; who had an offer waits again while the event is to come."""
        for e in self.events.values():
            ending = [p for p in e.who(*WAITING) if p.expires and p.expires <= now]
            for p in ending:
                if p.state != OFFERED or e.stage(now) != "on":
                    self.end(p, "expired", now)
                elif not self.goes_on(p, now):
                    self.offer_ended(p, now)
            if ending:
                self.promote(e, now)

    def erase(self, now: datetime) -> None:
        """What ended goes after a week, everybody else thirty days after the event."""
        for e in self.events.values():
            over = now >= wall(e.ends, 0, 30)
            for p in list(e.people.values()):
                ended = p.state in ("expired", "cancelled") and p.ended and p.ended + 7 * DAY <= now
                if over or ended:
                    e.forget(p)
                if over and not ended and e.life == "published":
                    e.life, e.version = "archived", e.version + 1

    def plan(self, now: datetime) -> None:
        """Reminders for the schedule as it is; none whose time was over when the person came or the event was moved."""
        for e in [e for e in self.events.values() if e.life == "published" and now < e.ends + 7 * DAY]:
            for p in [p for p in e.who(CONFIRMED) if p.planned != e.schedule]:
                if p.planned:
                    e.withdraw(*REMINDERS, p=p)
                for kind, due in self.reminders(e, p):
                    if due >= p.confirmed and (e.schedule == 1 or due >= e.changed):
                        e.tell(p, kind, now, due)
                p.planned = e.schedule

    def reminders(self, e: Event, p: Person) -> Iterator[tuple[str, datetime]]:
        """A week and a day before, two hours before if digital but not at night; thanks on the next working day."""
        yield "remind_7d", rested("Sunday", wall(e.starts, 10, -7), e.starts)
        if e.starts - p.confirmed >= DAY:
            yield "remind_1d", wall(e.starts, 16, -1)
        soon = e.starts - 2 * HOUR
        if p.attendance == "digital" and wall(soon, 8) < e.starts:
            yield "remind_2h", max(soon, wall(soon, 8))
        yield "thanks", next(at for days in (1, 2, 3) if (at := wall(e.ends, 10, days)).weekday() < 5)

    def edit(self, e: Event, now: datetime, **new: Any) -> str:
        """Time and place are told ten minutes later, if they matter to anybody; seats that become free are offered."""
        before, was_held, e.version = copy(e), e.stage(now) == "held", e.version + 1
        vars(e).update(new)
        if e.when_and_where() != before.when_and_where():
            e.withdraw(*REMINDERS)
            self.follow(e, now)
            matters = (e.starts, e.ends) != (before.starts, before.ends) or e.format != "digital"
            if matters and not was_held and e.life == "published":
                self.tell_change(e, before, now + 10 * MINUTE, now)
        self.promote(e, now)
        return "EventFacts"

    def follow(self, e: Event, now: datetime) -> None:
        """Calendars get their next version, and waiting ends at the start."""
        e.schedule, e.changed = e.schedule + 1, now
        for p in e.people.values():
            p.sequence += p.state == CONFIRMED
            until = {PENDING: p.registered + 2 * DAY, OFFERED: p.expires or e.starts}.get(p.state, e.starts)
            p.expires = min(until, e.starts)

    def tell_change(self, e: Event, old: Event, at: datetime, now: datetime, no_date: Collection[Person] = ()) -> None:
        """One mail for all changes since the last that left; to nobody who knows it like this already."""
        knows = dict.fromkeys(no_date, "no date") | {m.person: m.told["before"] for m in e.withdraw("changed")}
        for p in e.who(*INVOLVED):
            knew = knows.get(p, old.when_and_where())
            if knew != e.when_and_where():
                e.tell(p, "changed", now, by_day(at, now, old.starts, e.starts), before=knew)

    def take_up_again(self, e: Event, now: datetime, **new: Any) -> str:
        """A postponed event has a date again: everybody hears it and keeps their place or their place in line."""
        before, e.version = copy(e), e.version + 2
        vars(e).update(new, life="published")
        e.schedule += e.when_and_where() != before.when_and_where()
        self.follow(e, now)
        untold = [m.person for m in e.withdraw("postponed")]
        told = [p for p in e.people.values() if p not in untold]
        for p in told:
            p.places += p.state == CONFIRMED  # Their calendars removed the entry, so they get another one.
        self.tell_change(e, before, now, now, told)
        self.promote(e, now)
        return "EventFacts"

    def call_off(self, e: Event, now: datetime, life: str, kind: str, overtaken: tuple[str, ...]) -> str:
        """Nobody loses a place; nobody waits for a date that is gone."""
        e.life, e.version, e.changed = life, e.version + 1, now
        e.withdraw(*overtaken)
        for p in e.people.values():
            p.sequence += p.state == CONFIRMED
            if p.state in INVOLVED:
                e.tell(p, kind, now, by_day(now, now, e.starts))
            if life == "postponed" and p.state in (WAITLISTED, OFFERED):
                p.state, p.expires = WAITLISTED, None
        return "EventFacts"

    postpone = partialmethod(call_off, life="postponed", kind="postponed", overtaken=OVERTAKEN)
    cancel_event = partialmethod(
        call_off, life="cancelled", kind="cancelled_event", overtaken=(*OVERTAKEN, "optin", "optin_again")
    )

    def switch(self, e: Event, format: str, now: datetime) -> str:
        """Everybody concerned is told at once, by their offer if that is what follows for them."""
        was, e.format, e.switches, e.version, e.changed = e.format, format, e.switches + 1, e.version + 1, now
        moved = [p for p in e.who(*ACTIVE, "cancelled") if p.attendance != e.mode(p.attendance)]
        for p in moved:
            p.attendance = format
        for p in e.who(CONFIRMED):
            p.planned, p.sequence = 0, p.sequence + 1
        offered = self.promote(e, now)
        unsent = e.withdraw(*CHANGES)
        knew = {m.person: m.told["from"] for m in unsent if m.told.get("outcome") == "switched"}
        untold = {m.person for m in unsent if m.told.get("before")}  # Of a new time or place, which comes along.
        for p in [p for p in e.who(*INVOLVED) if p not in offered]:
            outcome = "stays" if knew.get(p, was) == format else "switched"
            e.tell(p, "decision", now, **{"outcome": outcome, "from": knew.get(p, was), "before": p in untold})
            if p in moved and p.state == CONFIRMED and format == "digital" and morning(now + DAY) < e.starts:
                e.tell(p, "decision_again", now, morning(now + DAY))
        return "Switched"
