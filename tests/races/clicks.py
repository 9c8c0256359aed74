"""The same click twice, and the same person in many spellings: one registration, one mail."""

import random
from collections import Counter
from datetime import timedelta

from regservice.db import db
from regservice.registrations import registering, service
from regservice.registrations.addresses import address_key, parse_address
from regservice.registrations.types import RegistrationRequest
from regservice.registrations.types import RegistrationState as State
from tests.factories import make_event
from tests.races import checker, history, journal, people
from tests.races.crowd import Crowd, Desk
from tests.races.journal import Journal
from tests.races.people import Script, asked
from tests.races.seats import BEGIN, FAR, NEAR, Found

# One mailbox each, as people and programs write it.
SPELLINGS = (
    (
        "ada.lovelace@example.org",
        "Ada.Lovelace@Example.ORG",
        "ADA.LOVELACE+summer@example.org",
        " ada.lovelace@example.org ",
    ),
    (
        "adalovelace@gmail.com",
        "ada.lovelace@gmail.com",
        "A.D.A.lovelace+town@googlemail.com",
        "AdaLovelace@GMAIL.com",
    ),
    # An umlaut as one sign and as two, and the domain as relays write it.
    (
        "ada@b\u00fccher.example",
        "ada@bu\u0308cher.example",
        "ADA@B\u00dcCHER.example",
        "ada@xn--bcher-kva.example",
    ),
)


def double_clicks(crowd: Crowd, pairs: int) -> Found:
    """Two processes send the same forms at the same moments, and both press confirm, then cancel."""
    event = make_event(BEGIN, capacity=None, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR)
    script = Script(seed="pair", event_id=event.id, steps=pairs)
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(_click, [(script,)] * crowd.size)
    lines = list(journal.read(crowd.folder))
    happened = history.of_event(event.id, None)
    wrong = checker.violations(happened, lines)
    if Counter(happened.states.values()) != {State.CANCELLED: pairs}:
        wrong.append(f"of {pairs} pairs: {Counter(happened.states.values())}")
    return Found(wrong=wrong, answers=Counter(f"{line.act} {line.answer}" for line in lines))


def _click(desk: Desk, script: Script) -> None:
    with Journal(desk.folder, desk.number) as lines:
        for number in range(script.steps):
            desk.meet()
            who = people.sign_up(desk, script, lines, f"pair{number}")
            for button in ("confirm", "cancel"):
                desk.meet()
                for own in who:
                    people.press(desk, lines, button, own)


def one_person(crowd: Crowd, seed: str) -> Found:
    """Everybody is the same three people, each time in another spelling; each has one registration and one place."""
    event = make_event(BEGIN, capacity=50, starts_at=BEGIN + FAR, ends_at=BEGIN + FAR + NEAR)
    crowd.clock.set(BEGIN, timedelta(seconds=1))
    journal.begin_anew(crowd.folder)
    db.session.remove()
    crowd.run(_sign_up_and_confirm, [(Script(seed=seed, event_id=event.id, steps=1),)] * crowd.size)
    lines = list(journal.read(crowd.folder))
    states = Counter(person.state for person in service.of_event(event.id, tuple(State)))
    wrong = [f"{line.act} {line.answer}" for line in lines if line.answer not in {"OptInSent", "Confirmed"}]
    if states != {State.CONFIRMED: len(SPELLINGS)}:
        wrong.append(f"{len(SPELLINGS)} people in many spellings: {states}")
    return Found(wrong=wrong, answers=Counter(f"{line.act} {line.answer}" for line in lines))


def _sign_up_and_confirm(desk: Desk, script: Script) -> None:
    dice = random.Random(f"{script.seed}:{desk.number}")
    with Journal(desk.folder, desk.number) as lines:
        for spellings in dice.sample(SPELLINGS, len(SPELLINGS)):
            email = parse_address(dice.choice(spellings))
            assert email is not None
            request = RegistrationRequest(name="Ada", email=email, language="de", request_key=f"{desk.number}:{email}")
            send = lambda request=request: registering.register(  # noqa: E731
                script.event_id, request, sender="x", now=desk.clock()
            )
            asked(lines, "sign_up", send, email=email)
            for who in people.active_of(script.event_id, address_key(email)):
                people.press(desk, lines, "confirm", who)
