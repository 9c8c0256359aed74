"""Back into a room with few seats while people come and go: no seat is given twice, and everyone knows where it is."""

from collections import Counter
from datetime import timedelta

from regservice.db import db
from regservice.events import service as events
from regservice.events.types import Format
from regservice.registrations import service as registrations
from regservice.registrations.types import SEATED, Attendance, CancelCause
from regservice.registrations.types import RegistrationState as State
from tests.factories import confirm, make_event, register
from tests.races import history, journal, people
from tests.races.crowd import Crowd, Desk
from tests.races.journal import Journal
from tests.races.people import Script
from tests.races.seats import BEGIN, FAR, NEAR, Found
from tests.races.switches import ROOM, deliver, press_switch, told_wrongly

SEATS = 8
HERE, LEFT, LEAVING = 5, 6, 2


def switch_back_while_people_move(crowd: Crowd, seed: str) -> Found:
    """One switches back, one delivers, two leave and all others confirm, for fewer seats than there are people.

    More than the room holds had left because of the format: they are offered the seats that are free at that moment.
    """
    event = make_event(
        BEGIN, capacity=SEATS, format=Format.DIGITAL, join_url=ROOM, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR
    )
    for number in range(LEFT):
        gone = confirm(event, f"Gone {number}", BEGIN, language="en")
        registrations.cancel(gone.id, BEGIN, cause=CancelCause.FORMAT)
    here = [confirm(event, f"Here {number}", BEGIN, language="en").id for number in range(HERE)]
    coming = [register(event, f"Coming {n}", BEGIN, language="en").id for n in range(crowd.size - 2 - LEAVING)]
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    journal.begin_anew(crowd.folder)
    db.session.remove()
    script = Script(seed=seed, event_id=event.id, steps=1, shared=(*here[:LEAVING], *coming))
    crowd.run(_move, [(script,)] * crowd.size)
    lines = list(journal.read(crowd.folder))
    with Journal(crowd.folder, crowd.size) as last:
        deliver(last, crowd.clock)
    letters = [line for line in journal.read(crowd.folder) if line.act == "letter"]
    answers = Counter(f"{line.act} {line.answer}" for line in lines)
    wrong = [f"{line.act} {line.answer}" for line in lines if line.answer.startswith("failed")]
    happened = history.of_event(event.id, None)
    if answers["switch Switched"]:
        wrong += told_wrongly(happened, letters, to=Format.ONSITE) + _seated_wrongly(event.id, happened)
    elif events.get(event.id).format is not Format.DIGITAL or any(line.answer == "decision" for line in letters):
        wrong.append("a switch that was refused changed or told something")
    return Found(wrong=wrong, answers=answers)


def _move(desk: Desk, script: Script) -> None:
    with Journal(desk.folder, desk.number) as lines:
        if desk.number == 0:
            press_switch(desk, lines, script.event_id, Format.ONSITE)
        elif desk.number == 1:
            deliver(lines, desk.clock)
        else:
            place = desk.number - 2
            people.press(desk, lines, "cancel" if place < LEAVING else "confirm", script.shared[place])


def _seated_wrongly(event_id: int, happened: history.History) -> list[str]:
    """More people than seats, somebody who is still seated digitally, or an offer that is not told once."""
    seated = registrations.of_event(event_id, tuple(SEATED))
    on_site = [person for person in seated if person.attendance is Attendance.ONSITE]
    wrong = [] if len(on_site) == len(seated) <= SEATS else [f"{len(on_site)} of {len(seated)} for {SEATS} seats"]
    offers = [happened.messages[person.id, "offer"] for person in seated if person.state is State.OFFERED]
    if set(offers) - {1}:
        wrong.append(f"offers are told {offers} times")
    return wrong
