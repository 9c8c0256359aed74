"""The worker's part of the model: what ends by itself, which reminders are due when, and how mails leave: in which
order, when they are tried again, what a crash in between makes of them."""

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.simulation.clock import DAY, HOUR, MINUTE, rested, wall
from tests.simulation.facts import CHANGES, KINDS, REMINDERS, WAITING, Event, Mail, Person
from tests.simulation.model import Model

BATCH, LEASE = 50, 2 * MINUTE


class Worker(Model):
    """Its jobs. The answers of the relay: sent, retry, retry all, rejected, uncertain."""

    def __init__(self) -> None:
        super().__init__()
        self.failures, self.pause = 0, None

    def expire(self, now: datetime) -> None:
        """Opt-ins, offers and waiting end; who had an offer waits again while the event is to come."""
        for e in self.events.values():
            ending = [p for p in e.who(*WAITING) if p.expires and p.expires <= now]
            for p in ending:
                if p.state != "offered" or e.stage(now) != "on":
                    self.end(p, "expired", now)
                elif not self.goes_on(p, now):
                    self.offer_ended(p, now)
            if ending:
                self.promote(e, now)

    def erase(self, now: datetime) -> None:
        """What ended goes after a week, everybody else thirty days after the event."""
        for e in self.events.values():
            over = now >= max(wall(e.ends, 0, 30), wall(e.changed, 0, 365) if e.life == "postponed" else e.ends)
            for p in list(e.people.values()):
                ended = p.state in ("expired", "cancelled") and p.ended and p.ended + 7 * DAY <= now
                if over or ended:
                    e.forget(p)
                if over and not ended and e.life == "published":
                    e.life, e.version = "archived", e.version + 1

    def plan(self, now: datetime) -> None:
        """Reminders for the schedule as it is; none whose time was over when the person came or the event was moved."""
        for e in [e for e in self.events.values() if e.life == "published" and now < e.ends + 7 * DAY]:
            for p in [p for p in e.who("confirmed") if p.planned != e.schedule]:
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
        soon = max(e.starts - 2 * HOUR, wall(e.starts - 2 * HOUR, 8))
        # The mail about a switch says all that a reminder due before it would.
        if p.attendance == "digital" and soon < e.starts and not (e.switches > 1 and e.changed > soon):
            yield "remind_2h", soon
        yield "thanks", next(at for days in (1, 2, 3) if (at := wall(e.ends, 10, days)).weekday() < 5)

    def on_the_way(self) -> list[Mail]:
        return [m for e in self.events.values() for m in e.on_the_way()]

    def leaves(self, m: Mail, now: datetime) -> datetime | None:
        """Asked when it is about to leave: at once, at that time, or not at all any more."""
        kind, _, happening = m.key
        about, states, life, rest, _, useful_until = KINDS[kind]
        p = m.person
        if p is None or p.state not in states or kind in p.muted or p.no_mailbox:
            return None
        e, until = p.event, useful_until(m, p, p.event)
        overtaken = kind in (*REMINDERS, *CHANGES) and happening != about.format(p=p, e=e)
        elsewhere = kind in ("remind_2h", "decision_again") and p.attendance != "digital"
        if overtaken or elsewhere or now >= until or life not in ("any", e.life, e.stage(now)):
            return None
        if kind == "offer" and now >= p.expires:
            return now + MINUTE  # It goes to the next in line, or on.
        at = rested(rest, now, e.starts)
        return now if at >= until else at

    def deliver(self, now: datetime, relay: Callable[[Mail], str], commit: Callable[[], None]) -> None:
        """Hand over what is due, the most urgent first. The process may die at each `commit`, which keeps what was."""
        full = True
        while full and not self.is_paused(now):
            due = [m for m in self.on_the_way() if m.next <= now and m.state != "sending"]
            due = [m for m in due if m.state != "claimed" or m.lease < now]
            batch = sorted(due, key=lambda m: (KINDS[m.key[0]][4], m.next, m.rank))[:BATCH]
            full, last, answer = len(batch) == BATCH, None, ""
            commit()
            for m in batch:
                m.state, m.lease = "claimed", now + LEASE
            for m in [*batch, None]:
                commit()
                if last:
                    self.settle(last, answer, now)
                if m is None or answer == "retry all":
                    break
                last, at = None, self.leaves(m, now)
                if at == now:
                    if self.failures:  # One tries, the others wait for what comes of it.
                        self.pause = now + LEASE
                    m.state, m.attempts, m.lease, m.first = "sending", m.attempts + 1, now + LEASE, m.first or now
                    last, answer = m, relay(m)
                else:
                    m.state, m.next = ("waiting", at) if at else ("skipped", m.next)
            for m in batch:
                m.state = "waiting" if m.state == "claimed" else m.state

    def is_paused(self, now: datetime) -> bool:
        """A relay that takes nothing is left alone; a pause of an hour ahead was made by a clock set back since."""
        return bool(self.failures and self.pause and now < self.pause <= now + 15 * MINUTE)

    def settle(self, m: Mail, answer: str, now: datetime) -> None:
        """What the relay's answer makes of a mail: tried again after 1, 5, 15, then 60 minutes, for 72 hours."""
        self.failures = self.failures + 1 if answer == "retry all" else 0
        if self.failures:
            self.pause = now + (1, 5, 15)[min(self.failures, 3) - 1] * MINUTE
        if answer == "uncertain":
            self.doubt(m, now)
        elif answer == "sent":
            m.state, m.sent = "sent", now
        elif answer == "rejected":
            m.state = "failed"
            if m.person:
                m.person.no_mailbox = True
        else:
            again = now + (1, 5, 15, 60)[min(m.attempts, 4) - 1] * MINUTE
            at = self.leaves(m, again)
            m.state, m.next = ("waiting", at) if at else ("skipped", again)
            if again > m.first + 3 * DAY:
                m.state = "failed"

    def doubt(self, m: Mail, now: datetime) -> None:
        """Nobody knows whether it left: it is sent once more."""
        m.state, m.uncertain, m.next = "uncertain" if m.uncertain else "again", True, now

    def recover(self, now: datetime) -> None:
        """What a dead process was sending."""
        for m in self.on_the_way():
            if m.state == "sending" and m.lease < now:
                self.doubt(m, now)

    def follow_set_back(self, now: datetime) -> None:
        """The clock was set back: what was due stays due, and nothing is waited for longer than it can last."""
        for m in self.on_the_way():
            if m.state in ("claimed", "sending"):
                m.lease = min(m.lease, now + LEASE)
            was_due = m.attempts == 0 and m.due <= m.made and m.made > now
            if m.state != "sending" and m.next > now and (was_due or (m.attempts and m.next > now + HOUR)):
                m.next = now
