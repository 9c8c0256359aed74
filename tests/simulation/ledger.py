"""The ledger of the model: which mails are made, when each leaves, and what a crash in between makes of them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.simulation.facts import (
    DAY,
    HOUR,
    KINDS,
    MINUTE,
    ON_ITS_WAY,
    REMINDERS,
    Event,
    Mail,
    Person,
    attendance_in,
    day_of,
    rested,
    wall,
)

BATCH, LEASE = 50, 2 * MINUTE


class Ledger:
    """What is said to whom. The answers of the relay: sent, retry, retry all, rejected, uncertain."""

    def __init__(self) -> None:
        self.events: dict[int, Event] = {}
        self.people: dict[int, Person] = {}
        self.mails: dict[tuple[str, int, str], Mail] = {}
        self.open: list[Mail] = []
        self.registrations = self.queued = self.failures = 0
        self.pause: datetime | None = None

    def tell(
        self, p: Person, kind: str, happening: object, now: datetime, due: datetime | None = None, told: Any = None
    ) -> None:
        """Each happening is told once, and only to who has an address."""
        key = (kind, p.id, str(happening))
        if p.email and key not in self.mails:
            due = due or now
            mail = Mail(key=key, person=p, recipient=p.email, made=now, due=due, next=due, told=told)
            self.mails[key] = mail
            self.open.append(mail)
            p.event.mails.append(mail)

    def withdraw(self, e: Event, *kinds: str, p: Person | None = None) -> list[Mail]:
        """What did not leave yet stays here: of these kinds or of all, to one person or to everybody."""
        taken = [m for m in e.mails if m.state in ("waiting", "claimed") or (m.state == "uncertain" and m.again)]
        taken = [m for m in taken if p in (None, m.person)]
        taken = [m for m in taken if not kinds or m.key[0] in kinds]
        for m in taken:
            m.state = "skipped"
        return taken

    def forget(self, p: Person) -> None:
        """The person's data goes; the ledger keeps that there were mails."""
        self.withdraw(p.event, p=p)
        for m in p.event.mails:
            if m.person is p:
                m.person, m.recipient = None, ""
        del self.people[p.id], p.event.people[p.id]

    def plan(self, now: datetime) -> None:
        """Reminders of everybody with a seat, for the schedule as it is; what was planned for another one goes."""
        for e in self.events.values():
            if e.life != "published" or now >= e.ends + 7 * DAY:
                continue
            for p in e.people.values():
                if p.state == "confirmed" and p.planned != e.schedule:
                    if p.planned:
                        self.withdraw(e, *REMINDERS, p=p)
                    p.planned = e.schedule
                    for kind, due in self.reminders(e, p):
                        self.tell(p, kind, f"{e.schedule}.{p.confirmations}", now, due)

    def reminders(self, e: Event, p: Person) -> list[tuple[str, datetime]]:
        """By the wall clock; none whose time was over when the person came or the event was moved."""
        assert p.confirmed
        first, after = day_of(e.starts), day_of(e.ends) + DAY
        while after.weekday() > 4:
            after += DAY
        soon = e.starts - 2 * HOUR
        due = {"remind_7d": rested("remind_7d", wall(first - 7 * DAY, 10), e.starts), "thanks": wall(after, 10)}
        if e.starts - p.confirmed >= DAY:
            due["remind_1d"] = wall(first - DAY, 16)
        if attendance_in(e.format, p.attendance) == "digital" and max(soon, wall(day_of(soon), 8)) < e.starts:
            due["remind_2h"] = max(soon, wall(day_of(soon), 8))
        since = max(p.confirmed, e.changed) if e.schedule > 1 else p.confirmed
        return [(kind, at) for kind, at in due.items() if at >= since]

    def useful_until(self, m: Mail, p: Person) -> datetime | None:
        """From when on it would only confuse."""
        e = p.event
        late = {"remind_7d": min(m.due + 3 * DAY, e.starts), "remind_1d": e.starts - 3 * HOUR, "remind_2h": e.starts}
        late |= {"waitlisted": e.starts, "offer": e.starts, "decision_again": e.starts, "thanks": m.due + 7 * DAY}
        if m.key[0] in ("optin", "optin_again"):
            return p.expires
        if m.key[0] == "cancelled_event" and m.due >= e.ends:
            return None  # It was postponed before, so its old date says nothing.
        return None if m.key[0] == "cancelled" else late.get(m.key[0], e.ends)

    def wanted(self, m: Mail, now: datetime) -> bool | datetime:
        """Asked when it is about to leave: yes, no, or not before then."""
        p, kind = m.person, m.key[0]
        if p is None or p.state not in KINDS[kind][0] or kind in p.muted or p.no_mailbox:
            return False
        e = p.event
        off = {"postponed": "postponed", "cancelled_event": "cancelled"}
        if kind in off:
            right = e.life == off[kind]
        elif kind == "thanks":
            right = e.is_held(now)
        else:
            right = e.life == "published" or kind == "cancelled"
        if kind in REMINDERS:
            right &= m.key[2] == f"{e.schedule}.{p.confirmations}"
        if kind in ("remind_2h", "decision_again"):
            right &= attendance_in(e.format, p.attendance) == "digital"
        right &= kind != "changed" or m.key[2] == str(e.schedule)
        right &= kind not in ("decision", "decision_again") or m.told["version"] == e.switches
        until, at = self.useful_until(m, p), rested(kind, now, e.starts)
        if not right or (until and now >= until):
            return False
        if kind == "offer" and p.expires and now >= p.expires:
            return now + MINUTE  # It goes to the next in line, or on.
        return True if at == now or (until and at >= until) else at

    def deliver(self, now: datetime, relay: Callable[[Mail], str], commits: float = float("inf")) -> list[Mail]:
        """Hand over what is due, the most urgent first. The process dies at the commit after so many."""
        handed: list[Mail] = []
        more = True
        while more and not self.is_paused(now):
            self.open = [m for m in self.open if m.state in ON_ITS_WAY or (m.again and m.state == "uncertain")]
            due = [m for m in self.open if m.next <= now and m.state != "sending"]
            due = [m for m in due if m.state != "claimed" or (m.lease and m.lease < now)]
            batch = sorted(due, key=lambda m: (KINDS[m.key[0]][2], m.next, m.rank))[:BATCH]
            more = len(batch) == BATCH
            if (commits := commits - 1) < 0:
                return handed
            for m in batch:
                m.state, m.lease = "claimed", now + LEASE
            last, answer = None, ""
            for m in batch:
                if (commits := commits - 1) < 0:
                    return handed
                self.settle(last, answer, now)
                last, wanted = None, self.wanted(m, now)
                if wanted is not True:
                    m.state, m.next = ("waiting", wanted) if wanted else ("skipped", m.next)
                    continue
                if self.failures:  # One tries, the others wait for what comes of it.
                    self.pause = now + LEASE
                m.state, m.attempts, m.lease, m.first = "sending", m.attempts + 1, now + LEASE, m.first or now
                handed.append(m)
                last, answer = m, relay(m)
                if answer == "retry all":
                    more = False
                    break
            if (commits := commits - 1) < 0:
                return handed
            self.settle(last, answer, now)
            for m in batch:
                m.state = "waiting" if m.state == "claimed" else m.state
        return handed

    def is_paused(self, now: datetime) -> bool:
        """A relay that takes nothing is left alone; a pause of an hour ahead was made by a clock set back since."""
        return bool(self.failures and self.pause and now < self.pause <= now + 15 * MINUTE)

    def settle(self, m: Mail | None, answer: str, now: datetime) -> None:
        """What the relay's answer makes of a mail: tried again after 1, 5, 15, then 60 minutes, for 72 hours."""
        if m is None:
            return
        if answer == "retry all":
            self.failures += 1
            self.pause = now + (1, 5, 15)[min(self.failures, 3) - 1] * MINUTE
        else:
            self.failures = 0
        if answer.startswith("retry"):
            again = now + (1, 5, 15, 60)[min(m.attempts, 4) - 1] * MINUTE
            wanted = self.wanted(m, again)
            m.state, m.next = "waiting" if wanted else "skipped", again if isinstance(wanted, bool) else wanted
            if m.first and again > m.first + 3 * DAY:
                m.state = "failed"
        elif answer == "uncertain":
            m.state, m.again, m.uncertain, m.next = "uncertain", not m.uncertain, True, now
        elif answer == "rejected":
            m.state = "failed"
            if m.person:
                m.person.no_mailbox = True
        else:
            m.state, m.sent = "sent", now

    def recover(self, now: datetime) -> None:
        """Nobody knows whether what a dead process was sending left: it is sent once more."""
        for m in self.open:
            if m.state == "sending" and m.lease and m.lease < now:
                m.state, m.again, m.uncertain, m.next = "uncertain", not m.uncertain, True, now

    def follow_set_back(self, now: datetime) -> None:
        """The clock was set back: what was due stays due, and nothing is waited for longer than it can last."""
        for m in self.open:
            if m.lease and m.state in ("claimed", "sending"):
                m.lease = min(m.lease, now + LEASE)
            was_due = m.attempts == 0 and m.due <= m.made and m.made > now
            if m.state != "sending" and m.next > now and (was_due or (m.attempts and m.next > now + HOUR)):
                m.next = now
