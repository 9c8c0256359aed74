"""The rules once more: what each action does, what it must answer, and which mails follow.

Written from the description of the domain in `people`, `ledger` and here; nothing of the service is imported.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from tests.simulation.facts import (
    ACTIVE,
    DAY,
    INVOLVED,
    MINUTE,
    OVERTAKEN,
    REMINDERS,
    Event,
    Person,
    attendance_in,
    by_day_unless_near,
    morning,
)
from tests.simulation.people import People


class Model(People):
    """What organisers do. Every action takes the instant at which it happens and returns the answer to it."""

    def edit(self, e: Event, now: datetime, **new: Any) -> str:
        """Time and place are told to everybody; seats that become free are offered."""
        if new.get("starts", e.starts) != e.starts and new["starts"] <= now:
            return "EditRefused"
        before, was_held = Event(**vars(e)), e.is_held(now)
        vars(e).update(new)
        e.version += 1
        if e.when_and_where != before.when_and_where:
            e.schedule, e.changed = e.schedule + 1, now
            self.withdraw(e, *REMINDERS)
            self.follow_start(e, before)
            self.advance(e)
            moved = (e.starts, e.ends) != (before.starts, before.ends) or e.format != "digital"
            if not was_held and e.life == "published" and moved:
                self.tell_change(e, before, now + 10 * MINUTE, now)
        self.promote(e, now)
        return "EventFacts"

    def advance(self, e: Event) -> None:
        """Calendars get their next version."""
        for p in e.people.values():
            p.sequence += p.state == "confirmed"

    def follow_start(self, e: Event, before: Event) -> None:
        for p in e.people.values() if e.starts != before.starts or before.life == "postponed" else ():
            if p.state == "waitlisted":
                p.expires = e.starts
            elif p.state == "pending":
                p.expires = min(p.registered + 2 * DAY, e.starts)
            elif p.state == "offered" and p.expires:
                p.expires = min(p.expires, e.starts)

    def tell_change(
        self, e: Event, before: Event, earliest: datetime, now: datetime, know_no_date: Collection[Person] = ()
    ) -> None:
        """One mail for all changes since the last that left; to nobody who knows it like this already."""
        knows: dict[Person | None, Any] = dict.fromkeys(know_no_date)
        knows |= {m.person: m.told for m in self.withdraw(e, "changed")}
        due = by_day_unless_near(earliest, now, before.starts, e.starts)
        for p in e.people.values():
            knew = knows.get(p, before.when_and_where)
            if p.state in INVOLVED and knew != e.when_and_where:
                self.tell(p, "changed", e.schedule, now, due, knew)

    def postpone(self, e: Event, now: datetime) -> str:
        return self.call_off(e, "postponed", "postponed", now)

    def cancel_event(self, e: Event, now: datetime) -> str:
        return self.call_off(e, "cancelled", "cancelled_event", now)

    def call_off(self, e: Event, life: str, kind: str, now: datetime) -> str:
        if e.life == life:
            return "EventFacts"
        if e.life not in ("published", "postponed")[: 1 + (life == "cancelled")] or e.is_held(now):
            return f"ChangeRefused {'held' if e.is_held(now) else e.life}"
        if life == "cancelled":
            self.withdraw(e, "optin", "optin_again")
        e.life, e.version, e.changed = life, e.version + 1, now
        self.advance(e)
        self.withdraw(e, *OVERTAKEN)
        for p in e.people.values():
            if p.state in INVOLVED:
                self.tell(p, kind, e.version, now, by_day_unless_near(now, now, e.starts))
            if life == "postponed" and p.state in ("waitlisted", "offered"):
                p.state, p.expires = "waitlisted", None
        return "EventFacts"

    def take_up_again(self, e: Event, now: datetime, **new: Any) -> str:
        """A postponed event has a date again: everybody hears it and keeps their place or their place in line."""
        if e.life != "postponed":
            return f"ChangeRefused {e.life}"
        if new["starts"] <= now:
            return "EditRefused"
        before = Event(**vars(e))
        vars(e).update(new)
        e.life, e.version, e.changed = "published", e.version + 2, now
        e.schedule += 1 + (e.when_and_where != before.when_and_where)
        self.follow_start(e, before)
        self.advance(e)
        untold = {m.person for m in self.withdraw(e, "postponed")}
        for p in e.people.values():
            p.confirmations += p.state == "confirmed" and p not in untold
        self.tell_change(e, before, now, now, {p for p in e.people.values() if p not in untold})
        self.promote(e, now)
        return "EventFacts"

    def switch(self, e: Event, format: str, now: datetime) -> str:
        """Everybody concerned is told at once, by their offer if that is what follows for them."""
        if e.format == format:
            return "Unchanged"
        if not e.is_on(now):
            return f"SwitchRefused {'held' if e.is_held(now) else 'started' if e.life == 'published' else e.life}"
        if e.without_seat(format) > max(e.without_seat(e.format), 0):
            return "SwitchRefused too_many_for_room"
        was, e.format, e.switches, e.version, e.changed = e.format, format, e.switches + 1, e.version + 1, now
        moved = set()
        for p in e.people.values():
            if p.state in (*ACTIVE, "cancelled"):
                moved |= {p} if p.attendance != attendance_in(format, p.attendance) else set()
                p.attendance = attendance_in(format, p.attendance)
            p.planned *= p.state != "confirmed"
        self.advance(e)
        offered = self.promote(e, now)
        unsent = self.withdraw(e, "decision", "decision_again", "changed")
        for p in [p for p in e.people.values() if p.state in INVOLVED and p not in offered]:
            mails = {m.key[0]: m.told for m in unsent if m.person is p}
            heard = mails["decision"]["from"] if mails.get("decision", {}).get("outcome") == "switched" else was
            outcome = "stays" if heard == format else "switched"
            told = {"outcome": outcome, "from": heard, "version": e.switches}
            if "before" in mails.get("decision", {}) or "changed" in mails:
                told["before"] = True  # A new time that was not told yet comes along.
            self.tell(p, "decision", f"v{e.switches}", now, told=told)
            # Who takes part digitally from now on is asked once more, as nobody answers here.
            if p in moved and p.state == "confirmed" and p.attendance == "digital" and morning(now + DAY) < e.starts:
                self.tell(p, "decision_again", f"v{e.switches}", now, morning(now + DAY), {"version": e.switches})
        return "Switched"
