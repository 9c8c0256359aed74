"""What happens next: chosen from the model's state by a seed, so that a story can be told again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.simulation.clock import BERLIN, DAY, HOUR, MINUTE, SECOND
from tests.simulation.driver import Action, Simulation
from tests.simulation.facts import Event, Person

MUTABLE = ("remind_7d", "remind_1d", "remind_2h", "thanks")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How many events go on at once, how many people each may have, how far ahead it is announced, in days."""

    events: int = 6
    people: int = 14
    ahead: float = 16
    # How much time passes in a step, and how often organisers change something, against a small town's story.
    tempo: float = 1
    changes: float = 1
    # How often somebody wants a place, against a small town's story.
    demand: float = 1


class Story:
    """The next step and its instant, again and again."""

    def __init__(self, simulation: Simulation, seed: int, scale: Scale) -> None:
        self.scale = scale
        # What happens next is mostly about this event: the last hours before a start are when places are scarce.
        self.close_to: Event | None = None
        self.simulation, self.random, self.made = simulation, Random(seed), 0
        self.model = simulation.model
        self.choices: dict[Callable[[], Action | None], float] = {
            self.register: 18 * scale.demand,
            self.deliver: 9, self.expire: 4, self.plan: 4, self.recover: 1, self.erase: 0.7,
            self.tick: 1.5, self.confirm: 16, self.accept: 6, self.cancel: 8, self.undo: 4,
            self.enter: 5 * scale.demand,
            self.move_up: 2, self.mute: 1, self.withdraw: 1, self.relay: 1, self.take_up_again: 2,
        } | {
            choice: weight * scale.changes
            for choice, weight in (
                (self.seats, 5), (self.move, 3), (self.place, 1), (self.deadline, 1), (self.switch, 3),
                (self.postpone, 0.7), (self.cancel_event, 0.3),
            )
        }  # fmt: skip

    def step(self) -> None:
        """One step at the next instant."""
        now = self.instant()
        if now < self.simulation.now:
            self.simulation.do(Action("follow_set_back"), now)
            return
        self.retire(now)
        if sum(event.starts > now for event in self.model.events.values()) < self.scale.events:
            self.simulation.do(self.new_event(now), now)
            return
        self.now = now
        action = None
        while action is None:
            action = self.random.choices(list(self.choices), list(self.choices.values()))[0]()
        self.simulation.do(action, now)

    def instant(self) -> datetime:
        """Mostly a little later; sometimes the very moment of something, days later, or an hour back."""
        now, luck = self.simulation.now, self.random.random()
        if luck < 0.02 * self.scale.tempo:
            soon = [e for e in self.model.events.values() if e.starts > now and e.queue("onsite")]
            self.close_to = min(soon, key=lambda e: e.starts, default=None)
            return max(now, self.close_to.starts - 3 * HOUR) if self.close_to else now
        if luck < 0.10 and self.close_to and now > self.close_to.starts:
            self.close_to = None
        if self.close_to:
            return now + timedelta(seconds=self.random.uniform(0.001, 600))
        if luck < 0.80 or self.random.random() > self.scale.tempo:
            return now + timedelta(seconds=self.random.uniform(0.001, 900 * self.scale.tempo))
        if luck < 0.86:
            return now + timedelta(hours=self.random.uniform(0.2, 6))
        if luck < 0.97:
            moments = [at for at in self.moments() if at > now + SECOND]
            return min(moments, default=now + MINUTE) + timedelta(microseconds=self.random.choice((-1, 0, 1)))
        if luck < 0.978:
            return now + timedelta(days=self.random.uniform(0.5, 3))
        if luck < 0.979:
            return now + timedelta(days=self.random.uniform(3, 30))
        return now - HOUR if luck > 0.998 else now + timedelta(minutes=self.random.choice((1, 2, 30)))

    def moments(self) -> list[datetime]:
        """When something becomes due or ends by itself."""
        found = [m.next for m in self.model.on_the_way() if m.state == "waiting"]
        found += [m.lease for m in self.model.on_the_way() if m.lease and m.state in ("claimed", "sending")]
        for event in self.model.events.values():
            found += [event.starts, event.starts - 3 * HOUR, event.ends, event.closes or event.starts]
            found += [p.expires for p in event.people.values() if p.expires]
            found += [p.ended + 30 * MINUTE for p in event.people.values() if p.ended]
        return found

    def retire(self, now: datetime) -> None:
        """What is long over is not looked at any more."""
        for event in list(self.model.events.values()):
            if now > event.ends + 33 * DAY and not event.people and not event.on_the_way():
                self.simulation.retire(event)

    def new_event(self, now: datetime) -> Action:
        self.made += 1
        starts = self.time(now)
        values = {
            "slug": f"event-{self.made}",
            "starts": starts,
            "ends": starts + self.random.choice((HOUR, 3 * HOUR, 26 * HOUR)),
            "place": "Hall 1",
            "capacity": self.random.choice((None, 1, 2, 3, 5, self.scale.people)),
            "digital_capacity": self.random.choice((None, None, 1, 4)),
            "waiting_list": self.random.random() < 0.8,
            "closes": starts - self.random.choice((2 * HOUR, 2 * DAY)) if self.random.random() < 0.4 else None,
            "format": self.random.choice(("onsite", "onsite", "hybrid")),
        }
        return Action("make_event", values=tuple(values.items()))

    def time(self, now: datetime) -> datetime:
        """A quarter of an hour in the next weeks, by Berlin's clock."""
        local = (now + timedelta(days=self.random.uniform(0.3, self.scale.ahead))).astimezone(BERLIN)
        local = local.replace(minute=self.random.choice((0, 15, 30, 45)), second=0, microsecond=0, fold=0)
        return local.astimezone(now.tzinfo)

    def event(self, *lives: str) -> Event | None:
        near = [self.close_to] * 9 if self.close_to else []
        found = [event for event in [*self.model.events.values(), *near] if not lives or event.life in lives]
        return self.random.choice(found) if found else None

    def person(self, *states: str) -> Person | None:
        """Mostly somebody in one of these states, now and then anybody."""
        events = [self.close_to] if self.close_to else self.model.events.values()
        everybody = [p for event in events for p in event.people.values()]
        found = [p for p in everybody if p.state in states] if self.random.random() < 0.95 else everybody
        return self.random.choice(found) if found else None

    def crash(self) -> int:
        return 1 if self.random.random() < 0.04 else 0

    def about(self, name: str, person: Person | None, **values: Any) -> Action | None:
        if person is None:
            return None
        return Action(name, person=person.id, values=tuple(values.items()), crash=self.crash())

    def of(self, name: str, event: Event | None, **values: Any) -> Action | None:
        if event is None:
            return None
        return Action(name, event=event.id, values=tuple(values.items()), crash=self.crash())

    def address(self) -> str:
        return f"p{self.random.randrange(self.scale.people * 2)}@example.org"

    def wish(self) -> str:
        return self.random.choice(("onsite", "onsite", "digital"))

    def register(self) -> Action | None:
        event = self.event("published")
        if event and len(event.people) > self.scale.people:
            return None
        key = self.random.choice(("", "", f"form-{self.random.randrange(60)}"))
        return self.of("register", event, email=self.address(), wish=self.wish(), key=key)

    def enter(self) -> Action | None:
        event = self.event("published")
        if event and len(event.people) > self.scale.people:
            return None
        return self.of("enter", event, email=self.random.choice(("", self.address())), wish=self.wish())

    def confirm(self) -> Action | None:
        return self.about("confirm", self.person("pending"))

    def accept(self) -> Action | None:
        return self.about("accept", self.person("offered"))

    def cancel(self) -> Action | None:
        return self.about("cancel", self.person("confirmed", "confirmed", "waitlisted", "offered", "pending"))

    def undo(self) -> Action | None:
        return self.about("undo_cancel", self.person("cancelled"))

    def move_up(self) -> Action | None:
        return self.about("move_up", self.person("waitlisted", "offered"))

    def mute(self) -> Action | None:
        return self.about("mute", self.person("confirmed"), kind=self.random.choice(MUTABLE))

    def withdraw(self) -> Action | None:
        return self.about("withdraw_person", self.person("pending"))

    def seats(self) -> Action | None:
        what = self.random.choice(("capacity", "capacity", "digital_capacity", "waiting_list"))
        values = (True, False) if what == "waiting_list" else (None, 1, 2, 3, 5, 8)
        return self.of("edit", self.event("published"), **{what: self.random.choice(values)})

    def move(self) -> Action | None:
        event = self.event("published")
        if event is None:
            return None
        starts = self.time(self.now)
        return self.of("edit", event, starts=starts, ends=starts + (event.ends - event.starts), closes=None)

    def place(self) -> Action | None:
        return self.of("edit", self.event("published"), place=self.random.choice(("Hall 1", "Hall 2")))

    def deadline(self) -> Action | None:
        event = self.event("published")
        return self.of("edit", event, closes=event.starts - self.random.choice((HOUR, DAY))) if event else None

    def postpone(self) -> Action | None:
        return self.of("postpone", self.event())

    def cancel_event(self) -> Action | None:
        return self.of("cancel_event", self.event())

    def take_up_again(self) -> Action | None:
        event = self.event("postponed")
        if event is None:
            return None
        starts = event.starts if self.random.random() < 0.2 else self.time(self.now)
        return self.of("take_up_again", event, starts=starts, ends=starts + (event.ends - event.starts), closes=None)

    def switch(self) -> Action | None:
        format = self.random.choice(("onsite", "digital", "hybrid"))
        return self.of("switch", self.event("published"), format=format, emergency=self.random.random() < 0.5)

    def relay(self) -> Action | None:
        down = self.simulation.world.relay.down
        return Action("relay", values=(("down", not down),)) if not down or self.random.random() < 0.9 else None

    def job(self, name: str) -> Action:
        return Action(name, crash=self.random.randint(1, 9) if self.random.random() < 0.06 else 0)

    def tick(self) -> Action:
        return self.job("tick")

    def deliver(self) -> Action:
        return self.job("deliver")

    def expire(self) -> Action:
        return self.job("expire")

    def plan(self) -> Action:
        return self.job("plan")

    def recover(self) -> Action:
        return self.job("recover")

    def erase(self) -> Action:
        return self.job("erase")
