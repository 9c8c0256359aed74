"""The races through the real web server with several processes, while organisers, staff and worker act beside it."""

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from regservice.clock import utc_now
from regservice.db import db
from regservice.events.types import EventFacts
from regservice.registrations import service
from regservice.registrations.types import RegistrationState as State
from tests.factories import make_event, register
from tests.forms import forms_in
from tests.races import browsers, checker, history, journal, people
from tests.races.browsers import at_once, get, post
from tests.races.crowd import Crowd, Desk
from tests.races.journal import Journal
from tests.races.people import Script
from tests.races.seats import Found

IN_A_MONTH, LASTS = timedelta(days=30), timedelta(hours=3)


def coming_event(capacity: int | None, *, waiting_list: bool = True) -> EventFacts:
    """An event a month from now, by the real clock, which the web server reads."""
    starts_at = utc_now() + IN_A_MONTH
    return make_event(
        utc_now(), capacity=capacity, waiting_list=waiting_list, starts_at=starts_at, ends_at=starts_at + LASTS
    )


@dataclass(frozen=True, kw_only=True)
class Rush:
    """Everybody presses confirm at the same moment: who got what, and how long each waited in seconds.

    `server_cpu_s` is what the server's processes worked for it together, whatever else the machine does.
    """

    states: Counter[State]
    statuses: Counter[int]
    waited: Sequence[float]
    server_cpu_s: float


def rush(base: str, number: int, capacity: int, *, waiting_list: bool) -> Rush:
    """So many people for so many places; their pages with the button are open already."""
    event = coming_event(capacity, waiting_list=waiting_list)
    found = [register(event, f"Person {who}", utc_now()) for who in range(number)]
    links = [f"/r/{service.personal_token(person)}/confirm" for person in found]
    forms = [forms_in(get(base, link))[0][1] for link in links]
    db.session.rollback()

    def press(who: int) -> tuple[int, float]:
        begin = time.perf_counter()
        status, _ = post(base, links[who], forms[who])
        return status, time.perf_counter() - begin

    worked = cpu_of_children_s()
    answers: list[tuple[int, float]] = at_once([lambda n=n: press(n) for n in range(number)])  # type: ignore[misc,assignment]
    worked = cpu_of_children_s() - worked
    db.session.rollback()
    states = Counter(person.state for person in service.of_event(event.id, tuple(State)))
    return Rush(
        states=states,
        statuses=Counter(status for status, _ in answers),
        waited=sorted(seconds for _, seconds in answers),
        server_cpu_s=worked,
    )


def cpu_of_children_s() -> float:
    """Seconds of CPU of every process below this one, from Linux' own count; 0 where there is none."""
    own: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            number = int(path.parent.name)
            children.setdefault(int(fields[1]), []).append(number)
            own[number] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    below, found = list(children.get(os.getpid(), [])), 0.0
    while below:
        number = below.pop()
        found += own[number]
        below += children.get(number, [])
    return found


@dataclass(frozen=True, kw_only=True)
class Visit(Script):
    """A race through the web server."""

    base: str
    slug: str


def everything_at_once(crowd: Crowd, base: str, *, seed: str, steps: int) -> Found:
    """People read pages and press buttons in the browser; the others act as in the race without a server."""
    dice = random.Random(seed)
    most = dice.randint(2, 30)
    capacity = dice.randint(1, most)
    event = coming_event(capacity)
    own = tuple(register(event, f"Own {number}", utc_now(), language="en").id for number in range(crowd.size * 2))
    crowd.clock.set(utc_now(), timedelta(milliseconds=1))
    visit = Visit(seed=seed, event_id=event.id, steps=steps, shared=own, most_seats=most, base=base, slug=event.slug)
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(_act, [(visit,)] * crowd.size)
    lines = list(journal.read(crowd.folder))
    happened = history.of_event(event.id, capacity)
    return Found(
        wrong=checker.violations_over_http(happened, lines),
        answers=Counter(f"{line.act} {line.answer}" for line in lines),
        deeds=Counter(deed.verb for deed in happened.deeds),
    )


def _act(desk: Desk, visit: Visit) -> None:
    dice = random.Random(f"{visit.seed}:{desk.number}")
    roles = {0: people.organise, 1: people.help_out, 2: people.work}
    with Journal(desk.folder, desk.number) as lines:
        role = roles.get(desk.number % 16)
        if role is not None:
            role(desk, replace(visit, steps=max(2, visit.steps // 4)), lines, dice)
            return
        _visit(desk, visit, lines, dice)


def _visit(desk: Desk, visit: Visit, lines: Journal, dice: random.Random) -> None:
    own = list(visit.shared[2 * desk.number : 2 * desk.number + 2])
    pages = ("/", f"/events/{visit.slug}", f"/events/{visit.slug}/register", f"/events/{visit.slug}/calendar.ics")
    for step in range(visit.steps):
        deed = dice.choices(["read", "sign_up", "confirm", "cancel", "undo", "accept"], [8, 2, 4, 5, 1, 3])[0]
        if deed == "read":
            browsers.read(lines, visit.base, dice.choice(pages))
        elif deed == "sign_up":
            own += browsers.sign_up(lines, visit.base, visit.slug, visit.event_id, f"w{desk.number}x{step}@example.org")
        else:
            browsers.press(lines, visit.base, deed, dice.choice(own[-3:]))
