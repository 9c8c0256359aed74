"""What the story must come to: a pure model of people, seats, messages, calendars and the trail."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.crashes.state import Event, Mail, Person
from tests.crashes.story import (
    DECISION_AT,
    GROUP,
    HALL,
    LENGTH,
    MOVED_BY,
    ORGANISER,
    PARTS,
    SEATS,
    STARTS_AT,
    Accept,
    Act,
    AddReading,
    CallOff,
    Cancel,
    Confirm,
    Decide,
    Join,
    Move,
    Register,
    Switch,
    SwitchGroup,
    Tick,
)

CALENDARS = {"confirmed": "REQUEST", "group": "REQUEST", "decision": "REQUEST", "changed": "REQUEST"}
REMINDERS = ("remind_7d", "remind_1d", "remind_2h", "thanks")
IN_LINE = ("waitlisted", "offered")
# The hours at which reminders are due, in UTC; `thanks` on the Monday after the Friday.
DUE = {"remind_7d": (-7, 9), "remind_1d": (-1, 15), "thanks": (3, 9)}
KEPT_DAYS = 30


@dataclass(kw_only=True)
class Model:
    """Everything as it stands; `apply` is what one act does to it."""

    people: dict[str, Person] = field(default_factory=dict)
    events: dict[str, Event] = field(
        default_factory=lambda: {
            name: Event(starts_at=at, parts=dict.fromkeys(PARTS[name], "onsite")) for name, at in STARTS_AT.items()
        }
    )
    ledger: dict[tuple[str, str, str], Mail] = field(default_factory=dict)
    sent: Counter[str] = field(default_factory=Counter)
    audit: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    switches: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    unsealed: int = 0

    def apply(self, act: Act, now: datetime, *, again: bool = False) -> str:
        """Do it and say what is answered; `again`: it was done before, and whoever asked got no answer."""
        match act:
            case Register(who=who):
                if not again:
                    self._register(who, act.event, now)
                return "OptInSent"
            case Confirm(who=who):
                if not again:
                    self._skip(who, "optin", "optin_again")
                    self._place(who, now) if self._free(self._of(who)) else self._wait(who, now)
                return ("Waitlisted" if self.people[who].state in IN_LINE else "Confirmed") + " already" * again
            case Accept(who=who):
                if not again:
                    self._skip(who, "offer")
                    self._place(who, now)
                return "Confirmed" + " already" * again
            case Cancel(who=who):
                if not again:
                    self._cancel(who, now)
                return "Cancelled" + " already" * again
            case AddReading(event=event):
                self.readings += 1  # A number entered twice stands there twice and counts once.
                self._record("format.reading_added", event)
                return "Reading"
            case Decide(event=event):
                if again:
                    return "NoProposal"
                self._switch(event, self._whole(event, "digital"), now, by="proposal")
                self.events[event].proposal = "decided"
                return "Switched"
            case Switch(event=event, to=to, room=room):
                if again:
                    return "Unchanged" if act.seen is None else "SwitchRefused"
                self.events[event].room = room or self.events[event].room
                self._switch(event, self._whole(event, to), now, by="hand")
                return "Switched"
            case Join(who=who):
                if not again:
                    person = self.people[who]
                    person.in_group, person.sequence = True, person.sequence + 1
                    self._say("group", who, f"{person.confirmations}.{person.sequence}", now)
                    self._record("registration.session_chosen", who)
                return "SessionTaken" + " already" * again
            case SwitchGroup(event=event, to=to):
                if again:
                    return "SwitchRefused"
                self._switch(event, {GROUP: to}, now, by="hand")
                return "Switched"
            case Move(event=event):
                self._record("event.edited", event)
                if not again:
                    self._move(event, now)
                return "EventFacts"
            case CallOff(event=event):
                if not again:
                    self._call_off(event, now)
                return "EventFacts"
            case Tick():
                self._tick(now)
                return ""

    def _register(self, who: str, event: str, now: datetime) -> None:
        self.people[who] = Person(event=event, registered_at=now)
        self._say("optin", who, "1", now)
        self._say("optin_again", who, "1", now + timedelta(hours=24))
        self._record("registration.created", who)

    def _of(self, who: str) -> Event:
        return self.events[self.people[who].event]

    def names(self, event: str, *states: str) -> list[str]:
        """People of an event in these states, in the order in which they registered."""
        return [who for who, person in self.people.items() if person.event == event and person.state in states]

    def _free(self, event: Event) -> bool:
        [name] = [name for name in SEATS if self.events[name] is event]
        return event.format == "digital" or len(self.names(name, "confirmed", "offered")) < SEATS[name]

    def _place(self, who: str, now: datetime) -> None:
        person = self.people[who]
        person.state, person.since = "confirmed", now
        person.confirmations += 1
        self._say("confirmed", who, str(person.confirmations), now)
        self._record("registration.confirmed", who)

    def _wait(self, who: str, now: datetime) -> None:
        person = self.people[who]
        person.state = "waitlisted"
        person.confirmations += 1
        self._say("waitlisted", who, str(person.confirmations), now)
        self._record("registration.waitlisted", who)

    def _offer_seats(self, event: str, now: datetime) -> list[str]:
        offered = []
        # The order of the line is the order in which people registered here.
        for who in self.names(event, "waitlisted"):
            if self._free(self.events[event]):
                person = self.people[who]
                person.state = "offered"
                person.confirmations += 1
                self._skip(who, "waitlisted")
                self._say("offer", who, str(person.confirmations), now)
                self._record("registration.offered", who)
                offered.append(who)
        return offered

    def _cancel(self, who: str, now: datetime) -> None:
        person = self.people[who]
        self._skip(who)
        person.state, person.since = "cancelled", now
        person.sequence += 1
        self._say("cancelled", who, f"{person.confirmations}.{person.sequence}", now)
        self._record("registration.cancelled", who)
        self._offer_seats(person.event, now)

    def _whole(self, name: str, to: str) -> dict[str, str]:
        return dict.fromkeys(self.events[name].parts, to)

    def _parts_of(self, who: str) -> list[str]:
        return [part for part in self._of(who).parts if part != GROUP or self.people[who].in_group]

    def _joins(self, who: str) -> bool:
        """Whether somebody takes part in anything digitally."""
        event, own = self._of(who), self._parts_of(who)
        by_part = event.format == "mixed" and "digital" in [event.parts[part] for part in own]
        return by_part or self.people[who].attendance == "digital"

    def _switch(self, name: str, targets: dict[str, str], now: datetime, *, by: str) -> None:
        event = self.events[name]
        changed = {part for part, to in targets.items() if event.parts[part] != to}
        before, event.version, event.changed_at = event.format, event.version + 1, now
        event.parts |= targets
        to = event.format
        concerned = [who for who in self.names(name, "confirmed", *IN_LINE) if changed & set(self._parts_of(who))]
        seated = [who for who in concerned if self.people[who].state == "confirmed"]
        moved = concerned if to == "digital" else []
        for who in moved:
            self.people[who].attendance = "digital"
        for who in seated:
            self.people[who].sequence += 1
            self.people[who].planned = 0
        offered = self._offer_seats(name, now)
        self._skip_event(name, "decision", "decision_again", "changed", "proposal")
        told = [who for who in concerned if who not in offered]
        for who in told:
            self._say("decision", who, f"v{event.version}", now)
            if who in moved and who in seated:
                # Nobody answers in this story, and everything happens by day.
                self._say("decision_again", who, f"v{event.version}", now + timedelta(hours=24))
        for effect, whom in (
            ("mails", told),
            ("calendar_updates", seated),
            ("reminders_replanned", seated),
            ("offers", offered),
            ("attendance_changed", moved),
        ):
            self.effects.update(f"{name} v{event.version} {effect} {who}" for who in whom)
        self.switches[f"{name} v{event.version} {before} to {to} by {by}"] += 1
        self._record("format.switched", name)

    def _move(self, name: str, now: datetime) -> None:
        event = self.events[name]
        event.starts_at, event.schedule, event.changed_at = event.starts_at + MOVED_BY, event.schedule + 1, now
        self._skip_event(name, *REMINDERS)
        for who in self.names(name, "confirmed"):
            self.people[who].sequence += 1
            self._say("changed", who, str(event.schedule), now + timedelta(minutes=10))

    def _call_off(self, name: str, now: datetime) -> None:
        self.events[name].lifecycle = "cancelled"
        self._record("event.cancelled", name)
        self._skip_event(name, *REMINDERS, "optin", "optin_again", "changed", "decision", "confirmed")
        self._skip_event(name, "decision_again")
        for who in self.names(name, "confirmed"):
            self.people[who].sequence += 1
            self._say("cancelled_event", who, "", now)

    def _tick(self, now: datetime) -> None:
        for who, person in self.people.items():
            if person.state == "pending" and now >= person.registered_at + timedelta(hours=48):
                person.state, person.since = "expired", now
                self._skip(who)
                self._record("registration.expired", who)
        if now >= DECISION_AT and not self.events[HALL].proposal:
            self.events[HALL].proposal = "open"
            self._say("proposal", ORGANISER, "1", now)
            self._record("format.proposed", HALL)
        for name in self.events:
            self._plan(name, now)
        for mail in self.ledger.values():
            if mail.state == "waiting" and mail.due_at <= now:
                mail.state = "sent"
                self.sent[f"{mail.kind} {mail.who}{self._calendar(mail)}"] += 1
        self._erase(now)
        self.unsealed = 0

    def _plan(self, name: str, now: datetime) -> None:
        event = self.events[name]
        if event.lifecycle != "published" or now > event.starts_at + LENGTH:
            return
        for who in self.names(name, "confirmed"):
            person = self.people[who]
            if person.planned == event.schedule:
                continue
            if person.planned:
                self._skip(who, *REMINDERS)
            person.planned = event.schedule
            since = max(person.since, event.changed_at) if event.schedule > 1 else person.since
            for kind, due_at in self._due(event):
                if due_at >= since and (kind != "remind_2h" or self._joins(who)):
                    self._say(kind, who, f"{event.schedule}.{person.confirmations}", due_at)

    def _due(self, event: Event) -> list[tuple[str, datetime]]:
        midnight = event.starts_at.replace(hour=0)
        times = [(kind, midnight + timedelta(days=days, hours=hour)) for kind, (days, hour) in DUE.items()]
        return [*times, ("remind_2h", event.starts_at - timedelta(hours=2))]

    def _calendar(self, mail: Mail) -> str:
        person = self.people.get(mail.who)
        if person is None or (person.state != "confirmed" and mail.kind != "cancelled"):
            return ""
        method = "CANCEL" if mail.kind in ("cancelled", "cancelled_event") else CALENDARS.get(mail.kind)
        return f" {method} {person.confirmations} SEQUENCE {person.sequence}" if method else ""

    def _erase(self, now: datetime) -> None:
        for who, person in list(self.people.items()):
            if person.state in ("cancelled", "expired") and now >= person.since + timedelta(days=7):
                self._forget(who)
        for name, event in self.events.items():
            if not event.erased and now.date() >= event.starts_at.date() + timedelta(days=KEPT_DAYS):
                for who in self.names(name, "confirmed"):
                    self._forget(who)
                event.erased = True
                event.lifecycle = "archived" if event.lifecycle == "published" else event.lifecycle
                self._record("privacy.erased", name)

    def _forget(self, who: str) -> None:
        self._skip(who)
        del self.people[who]
        for mail in self.ledger.values():
            mail.who = "" if mail.who == who else mail.who

    def _say(self, kind: str, who: str, occurrence: str, due_at: datetime) -> None:
        event = self.people[who].event if who in self.people else HALL
        self.ledger.setdefault((kind, who, occurrence), Mail(kind=kind, who=who, event=event, due_at=due_at))

    def _skip(self, who: str, *kinds: str) -> None:
        for mail in self.ledger.values():
            if mail.who == who and mail.state == "waiting" and (not kinds or mail.kind in kinds):
                mail.state = "skipped"

    def _skip_event(self, event: str, *kinds: str) -> None:
        for mail in self.ledger.values():
            if mail.event == event and mail.state == "waiting" and mail.kind in kinds:
                mail.state = "skipped"

    def _record(self, verb: str, subject: str) -> None:
        self.audit[f"{verb} {subject}"] += 1
        self.unsealed += 1
