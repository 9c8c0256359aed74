"""The rules once more, from the description of the domain. Each action returns its answer; refusals: `refusals`."""

from copy import copy
from datetime import datetime
from functools import partialmethod
from typing import Any

from tests.simulation.clock import DAY, HOUR, MINUTE, by_day, morning, offer_until
from tests.simulation.facts import ACTIVE, CHANGES, HERE, INVOLVED, MODES, OVERTAKEN, REMINDERS, SAID_OF, Event, Person


class Model:
    """What people, staff and organisers do; what time does stands in `worker`."""

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.registrations = self.line = 0

    def place(self, p: Person, state: str, now: datetime, expires: datetime | None = None) -> str:
        """Another place; what was said of the one before stays here."""
        for kind in SAID_OF.get(p.state, ()):
            p.event.withdraw(kind, p=p)
        p.state, p.expires, p.places = state, expires, p.places + 1
        kind, due = ("offer", morning(now)) if state == "offered" else (state, now)
        p.event.tell(p, kind, now, due)
        return state.capitalize()

    def seat(self, p: Person, now: datetime) -> str:
        p.confirmed, p.planned = now, 0
        return self.place(p, "confirmed", now)

    def queue_up(self, p: Person, now: datetime) -> str:
        self.line = p.queued = self.line + 1
        return self.place(p, "waitlisted", now, p.event.starts)

    def end(self, p: Person, state: str, now: datetime) -> str:
        p.event.withdraw(p=p)
        p.state, p.ended = state, now
        return "NoPlaceLeft"

    def arrive(self, p: Person, now: datetime) -> str:
        """A seat; else the waiting list; else, where there is none, the end."""
        if p.event.free_for_newcomer(p.attendance):
            return self.seat(p, now)
        return self.queue_up(p, now) if p.event.waiting_list else self.end(p, "expired", now)

    confirm, undo_cancel = arrive, seat

    def move_up(self, p: Person, now: datetime) -> str:
        p.event.withdraw("waitlisted", "offer", p=p)
        return self.seat(p, now)

    def add(self, e: Event, email: str, wish: str, now: datetime) -> Person:
        self.registrations += 1
        p = Person(id=self.registrations, event=e, email=email, attendance=e.mode(wish), registered=now)
        return e.people.setdefault(p.id, p)

    def register(self, e: Event, email: str, wish: str, key: str, now: datetime) -> str:
        """An opt-in is good for 48 hours, reminded once; the same address hears that it is registered."""
        p = next((p for p in e.who(*ACTIVE) if p.email == email), None) or self.add(e, email, wish, now)
        p.key, p.requests, again = key, p.requests + 1, morning(now + DAY)
        e.tell(p, "optin" if p.state == "pending" else "already", now)
        if p.state == "pending":
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
                self.place(queue[0], "offered", now, until)
                offered.append(queue[0])
        return offered

    def cancel(self, p: Person, now: datetime) -> str:
        """The next in line is offered the seat."""
        was, p.sequence = p.state, p.sequence + (p.state == "confirmed")
        self.end(p, "cancelled", now)
        if was != "pending":
            p.event.tell(p, "cancelled", now)
        self.promote(p.event, now)
        return "Cancelled"

    def mute(self, p: Person, kind: str, now: datetime) -> str:
        p.muted = tuple(sorted({*p.muted, kind}))
        return "None"

    def withdraw_person(self, p: Person, now: datetime) -> str:
        p.event.forget(p)  # Somebody else typed this address.
        return "True"

    def edit(self, e: Event, now: datetime, **new: Any) -> str:
        """Time and place are told ten minutes later, if they matter to anybody; seats that become free are offered."""
        before, was_held, e.version = copy(e), e.stage(now) == "held", e.version + 1
        vars(e).update(new)
        if e.when_and_where() != before.when_and_where():
            e.withdraw(*REMINDERS)
            e.follow(now)
            matters = (e.starts, e.ends) != (before.starts, before.ends) or e.format != "digital"
            if not was_held and e.life == "published":
                # Else only those hear who wait for the mail about a change before.
                self.tell_change(e, before if matters else copy(e), now + 10 * MINUTE, now)
        self.promote(e, now)
        return "EventFacts"

    def tell_change(
        self, e: Event, old: Event, at: datetime, now: datetime, no_date: list[Person] | None = None
    ) -> None:
        """One mail for all changes since the last that left; to nobody who knows it like this already.

        After a time without a date, who has a place is asked whether it suits them, and as nobody answers here, again.
        """
        knows = dict.fromkeys(no_date or (), "no date") | {m.person: m.told["before"] for m in e.withdraw("changed")}
        hear = {m.person for m in e.mails.values() if m.key[0] == "new_date" and m.state in HERE[:2]}
        at = by_day(at, now, old.starts, e.starts)
        for p in [p for p in e.who(*INVOLVED) if p not in hear]:
            knew = knows.get(p, old.when_and_where())
            asks = no_date is not None and p.state == "confirmed"
            if knew != e.when_and_where():
                e.tell(p, "new_date" if asks else "changed", now, at, before=knew)
                if asks and morning(at + 3 * DAY) <= e.starts - DAY:
                    e.tell(p, "new_date_again", now, morning(at + 3 * DAY))

    def take_up_again(self, e: Event, now: datetime, **new: Any) -> str:
        """A postponed event has a date again: everybody hears it and keeps their place or their place in line."""
        before, e.version = copy(e), e.version + 2
        vars(e).update(new, life="published")
        e.schedule += e.when_and_where() != before.when_and_where()
        e.follow(now)
        untold = [m.person for m in e.withdraw("postponed")]
        told = [p for p in e.people.values() if p not in untold]
        for p in told:
            p.places += p.state == "confirmed"  # Their calendars removed the entry, so they get another one.
        self.tell_change(e, before, now, now, told)
        self.promote(e, now)
        return "EventFacts"

    def call_off(self, e: Event, now: datetime, life: str, kind: str, overtaken: tuple[str, ...]) -> str:
        """Nobody loses a place; nobody waits for a date that is gone."""
        e.life, e.version, e.changed = life, e.version + 1, now
        e.withdraw(*overtaken)
        for p in e.people.values():
            p.sequence += p.state == "confirmed"
            if p.state in INVOLVED:
                e.tell(p, kind, now, by_day(now, now, e.starts))
            if life == "postponed" and p.state in ("waitlisted", "offered"):
                p.state, p.expires = "waitlisted", None
        return "EventFacts"

    postpone = partialmethod(call_off, life="postponed", kind="postponed", overtaken=OVERTAKEN)
    cancel_event = partialmethod(
        call_off, life="cancelled", kind="cancelled_event", overtaken=(*OVERTAKEN, "optin", "optin_again")
    )

    def switch(self, e: Event, format: str, now: datetime, emergency: bool = False) -> str:
        """Everybody concerned is told at once, by their offer if that follows; once it runs, who waited is not."""
        e.went_back |= e.format == "digital" and e.switches > 1
        was, e.format, e.switches, e.version, e.changed = e.format, format, e.switches + 1, e.version + 1, now
        moved = [p for p in e.who(*ACTIVE, "cancelled") if p.attendance != e.mode(p.attendance)]
        for p in moved:
            p.attendance = format
        for p in e.who("confirmed"):
            p.planned, p.sequence = 0, p.sequence + 1
        offered = self.promote(e, now)
        unsent = e.withdraw(*CHANGES)
        knew = {m.person: m.told["from"] for m in unsent if m.told.get("outcome") == "switched"}
        untold = {m.person for m in unsent if m.told.get("before")}  # Of a new time or place, which comes along.
        for p in [p for p in e.who(*(INVOLVED if e.stage(now) == "on" else ("confirmed",))) if p not in offered]:
            outcome = "stays" if knew.get(p, was) == format else "switched"
            e.tell(p, "decision", now, **{"outcome": outcome, "from": knew.get(p, was), "before": p in untold})
            if p in moved and p.state == "confirmed" and format == "digital" and morning(now + DAY) < e.starts:
                e.tell(p, "decision_again", now, morning(now + DAY))
        return "Switched"
