"""The rules of places: registering, confirming, waiting, offers, cancelling, and what ends by itself."""

from datetime import datetime

from tests.simulation.facts import (
    ACTIVE,
    DAY,
    HOUR,
    MINUTE,
    ON_ITS_WAY,
    SECOND,
    Event,
    Person,
    attendance_in,
    day_of,
    morning,
    offer_until,
)
from tests.simulation.ledger import Ledger


class People(Ledger):
    """What people and staff do with a place, and what time does to it."""

    def register(self, e: Event, email: str, wish: str, key: str, now: datetime) -> str:
        """Asks for an opt-in. The same form again changes nothing; the same address hears that it is registered."""
        same = [p for p in e.people.values() if p.key == key != "" and p.state in ACTIVE and p.registered > now - DAY]
        if same:
            return "OptInSent" if same[-1].email == email else "KeyReused"
        wish = attendance_in(e.format, wish)
        if e.life != "published":
            return "NotOffered"
        if now >= e.starts or (e.closes and now >= e.closes + SECOND):
            return "Closed"
        if not e.free(wish) and not e.waiting_list:
            return "Full"
        p = next((p for p in e.people.values() if p.email == email and p.state in ACTIVE), None)
        p = p or self.add(e, email, wish, now)
        p.key, p.requests = key, p.requests + 1
        if p.state != "pending":
            self.tell(p, "already", p.requests, now)
            return "OptInSent"
        p.registered, p.attendance, p.expires = now, wish, min(now + 2 * DAY, e.starts)
        self.tell(p, "optin", p.requests, now)
        again = morning(now + DAY)
        if p.requests == 1 and again < p.expires and again <= (e.closes or e.starts):
            self.tell(p, "optin_again", 1, now, again)
        return "OptInSent"

    def add(self, e: Event, email: str, attendance: str, now: datetime) -> Person:
        self.registrations += 1
        p = Person(id=self.registrations, event=e, email=email, attendance=attendance, registered=now)
        self.people[p.id] = e.people[p.id] = p
        return p

    def enter(self, e: Event, email: str, wish: str, now: datetime) -> str:
        """Staff register somebody, who needs no opt-in and perhaps has no address."""
        wish = attendance_in(e.format, wish)
        if not e.is_on(now):
            return "TooLate started"
        if email and any(p.email == email and p.state in ACTIVE for p in e.people.values()):
            return "AlreadyRegistered"
        if not self.seat_for_newcomer(e, wish) and not e.waiting_list:
            return "Full"
        return self.seat_or_queue(self.add(e, email, wish, now), now)

    def seat_for_newcomer(self, e: Event, attendance: str) -> bool:
        """Who waits is served first."""
        free = e.free(attendance)
        return free == float("inf") or (free > 0 and not e.queue(attendance))

    def seat_or_queue(self, p: Person, now: datetime) -> str:
        return self.seat(p, now) if self.seat_for_newcomer(p.event, p.attendance) else self.join(p, now)

    def seat(self, p: Person, now: datetime) -> str:
        p.state, p.confirmed, p.confirmations = "confirmed", now, p.confirmations + 1
        self.tell(p, "confirmed", p.confirmations, now)
        return "Confirmed"

    def join(self, p: Person, now: datetime) -> str:
        self.queued += 1
        p.state, p.queued, p.confirmations, p.expires = "waitlisted", self.queued, p.confirmations + 1, p.event.starts
        self.tell(p, "waitlisted", p.confirmations, now)
        return "Waitlisted"

    def as_it_stands(self, p: Person) -> str:
        names = {
            "confirmed": "Confirmed",
            "waitlisted": "Waitlisted",
            "offered": "Waitlisted",
            "cancelled": "Cancelled",
        }
        return f"{names[p.state]} already" if p.state in names else "TooLate link_expired"

    def too_late(self, e: Event) -> str:
        return "TooLate started" if e.life == "published" else "EventOff"

    def confirm(self, p: Person, now: datetime) -> str:
        """Within 48 hours, before the start: a seat, else the waiting list, else the end."""
        if p.state != "pending":
            return self.as_it_stands(p)
        if not p.event.is_on(now):
            return self.too_late(p.event)
        if p.expires and now >= p.expires:
            return "TooLate link_expired"
        self.withdraw(p.event, "optin", "optin_again", p=p)
        if self.seat_for_newcomer(p.event, p.attendance) or p.event.waiting_list:
            return self.seat_or_queue(p, now)
        p.state, p.ended = "expired", now
        return "NoPlaceLeft"

    def accept(self, p: Person, now: datetime) -> str:
        if p.state != "offered":
            return self.as_it_stands(p)
        if not p.event.is_on(now):
            return self.too_late(p.event)
        if p.expires and now >= p.expires and not self.goes_on(p, now):
            self.offer_ended(p, now)
            return "TooLate offer_over"
        self.withdraw(p.event, "offer", p=p)
        return self.seat(p, now)

    def goes_on(self, p: Person, now: datetime) -> bool:
        """An offer holds longer while nobody else waits, and its time begins when its mail leaves."""
        mail = [m for m in p.event.mails if m.person is p and m.key[0] == "offer"][-1:]
        began = now if not p.event.queue(p.attendance) or (mail and mail[0].state in ON_ITS_WAY) else None
        if mail and not began and mail[0].sent and mail[0].sent > mail[0].due + HOUR:
            began = mail[0].sent
        until = offer_until(began, p.event.starts) if began else None
        if until is None or until <= now:
            return False
        p.expires = until
        return True

    def offer_ended(self, p: Person, now: datetime) -> None:
        """To the end of the line; the seat goes to the next."""
        self.withdraw(p.event, "offer", p=p)
        self.join(p, now)
        self.promote(p.event, now)

    def promote(self, e: Event, now: datetime) -> list[Person]:
        """Every free seat is offered to the next in line, by day, until three hours and a half before the start."""
        offered: list[Person] = []
        until = offer_until(now, e.starts)
        if until is None or not e.is_on(now):
            return offered
        for attendance in ("onsite", "digital"):
            while e.free(attendance) and (queue := e.queue(attendance)):
                p = queue[0]
                p.state, p.expires, p.confirmations = "offered", until, p.confirmations + 1
                self.withdraw(e, "waitlisted", p=p)
                self.tell(p, "offer", p.confirmations, now, morning(now))
                offered.append(p)
        return offered

    def cancel(self, p: Person, now: datetime) -> str:
        """Until the start; the next in line is offered the seat."""
        if p.state == "cancelled":
            return "Cancelled already"
        if p.state not in ACTIVE or (now >= p.event.starts and p.event.life != "postponed"):
            return "TooLate started"
        self.withdraw(p.event, p=p)
        p.sequence += p.state == "confirmed"
        if p.state != "pending":
            self.tell(p, "cancelled", f"{p.confirmations}.{p.sequence}", now)
        p.state, p.ended, p.expires = "cancelled", now, None
        self.promote(p.event, now)
        return "Cancelled"

    def undo_cancel(self, p: Person, now: datetime) -> str:
        """Within half an hour, while the seat is free."""
        if p.state != "cancelled":
            return self.as_it_stands(p)
        if not p.confirmed or not p.ended or now > p.ended + 30 * MINUTE or not p.event.is_on(now):
            return "TooLate undo_over"
        if p.email and any(o.email == p.email and o.state in ACTIVE for o in p.event.people.values()):
            return "TooLate registered_again"
        if not self.seat_for_newcomer(p.event, p.attendance):
            return "NoPlaceLeft"
        p.ended, p.planned = None, 0
        return self.seat(p, now)

    def move_up(self, p: Person, now: datetime) -> str:
        """Staff give a waiting person a seat out of turn."""
        if p.state not in ("waitlisted", "offered") or not p.event.is_on(now):
            return "TooLate started" if now >= p.event.starts else "TooLate not_waiting"
        if p.state == "waitlisted" and not p.event.free(p.attendance):
            return "Full"
        self.withdraw(p.event, "waitlisted", "offer", p=p)
        return self.seat(p, now)

    def mute(self, p: Person, kind: str, now: datetime) -> str:
        p.muted = tuple(sorted({*p.muted, kind}))
        return "None"

    def withdraw_person(self, p: Person, now: datetime) -> str:
        """Somebody else typed this address."""
        if p.state != "pending":
            return "False"
        self.forget(p)
        return "True"

    def expire(self, now: datetime) -> None:
        """Opt-ins, offers and waiting end; who had an offer waits again while the event is to come."""
        for e in self.events.values():
            ending = [p for p in e.people.values() if p.state in ACTIVE and p.expires and p.expires <= now]
            for p in [p for p in ending if p.state != "confirmed"]:
                if p.state == "offered" and e.is_on(now):
                    if not self.goes_on(p, now):
                        self.offer_ended(p, now)
                else:
                    p.state, p.ended, p.expires = "expired", now, None
                    self.withdraw(e, p=p)
            if ending:
                self.promote(e, now)

    def erase(self, now: datetime) -> None:
        """What ended goes after a week, everybody else thirty days after the event."""
        for e in self.events.values():
            over = day_of(now) >= day_of(e.ends) + 30 * DAY
            for p in list(e.people.values()):
                ended = p.state in ("expired", "cancelled") and p.ended and p.ended + 7 * DAY <= now
                if over or ended:
                    self.forget(p)
                if over and not ended and e.life == "published":
                    e.life, e.version = "archived", e.version + 1
