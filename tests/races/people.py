"""What the processes of a crowd do, by seeded scripts: people sign up, confirm, cancel; organisers change the capacity.

Every request goes into the journal of its process with its answer.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError

from regservice import failures
from regservice.changes import service as changes
from regservice.db import db
from regservice.events import service as events
from regservice.events.service import values_of
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import desk as staff
from regservice.registrations import registering, service, store, waiting_list
from regservice.registrations.addresses import address_key
from regservice.registrations.types import OptInSent, RegistrationRequest
from regservice.registrations.types import RegistrationState as State
from tests.races.crowd import Desk
from tests.races.journal import Asked, Journal

MOST_TURNS = 10


@dataclass(frozen=True, kw_only=True)
class Script:
    """One race: whose event, how long, and the people whom everybody clicks for."""

    seed: str
    event_id: int
    steps: int
    shared: tuple[int, ...] = ()
    most_seats: int = 0
    # Organisers, staff and worker act evenly from the beginning over this time of the shared clock, if there is one.
    begin: datetime | None = None
    lasts: timedelta = timedelta(0)


def asked(journal: Journal, act: str, call: Callable[[], Any], **about: Any) -> Any:
    """Make one request and write down what came of it; a failure is an answer too.

    On a machine that is busy otherwise a turn may not come within the time that the service waits for it, and then the
    page asks to send the same once more; the victim of a deadlock is repeated by the page itself. Both are done here,
    and every such turn is in the journal.
    """
    for _ in range(MOST_TURNS):
        try:
            return _asked_once(journal, act, call, about)
        except OperationalError as error:
            db.session.rollback()
            journal.write(Asked(act=act, answer=f"again: {failures.name_of(error)}", done=False))
    journal.write(Asked(act=act, answer=f"failed: gave up after {MOST_TURNS} turns", done=False))
    return None


def _has_another_turn(error: Exception) -> bool:
    too_long = isinstance(error, OperationalError) and isinstance(error.orig, LockNotAvailable | TimeoutError)
    return too_long or failures.ended_for_another(error)


def _asked_once(journal: Journal, act: str, call: Callable[[], Any], about: dict[str, Any]) -> Any:
    begin = time.perf_counter()
    try:
        answer: Any = call()
        name, done = type(answer).__name__, not getattr(answer, "already", False)
    except Exception as error:
        if _has_another_turn(error):
            raise
        db.session.rollback()
        answer, name, done = None, f"failed: {type(error).__name__}: {error}"[:300], False
    registration = getattr(answer, "registration", None)
    if registration is not None:
        about["registration"] = registration.id
    if isinstance(answer, EventFacts):
        about["version"] = answer.version
    ms = (time.perf_counter() - begin) * 1000
    journal.write(Asked(act=act, answer=name, done=done, ms=ms, **about))
    return answer


def look_at(desk: Desk, event_id: int) -> None:
    """Read the event as its page does, so that each process knows its version before it locks it."""
    events.of_version(event_id, events.get(event_id).version)


def confirm_own(desk: Desk, script: Script) -> None:
    """One person, one button: the last places."""
    with Journal(desk.folder, desk.number) as journal:
        who = script.shared[desk.number]
        asked(journal, "confirm", lambda: service.confirm(who, desk.clock()), registration=who)


def act(desk: Desk, script: Script) -> None:
    """Every sixteenth process is an organiser, one the staff, one the worker; the others are people."""
    role = {0: organise, 1: help_out, 2: work}.get(desk.number % 16, take_part)
    with Journal(desk.folder, desk.number) as journal:
        role(desk, script, journal, random.Random(f"{script.seed}:{desk.number}"))


def take_part(desk: Desk, script: Script, journal: Journal, dice: random.Random) -> None:
    """Sign up under new names, and press every button for oneself and for those whom others press for as well."""
    own: list[int] = []
    for step in range(script.steps):
        deed = dice.choices(["sign_up", "confirm", "cancel", "undo", "accept"], [4, 4, 3, 1, 2])[0]
        if deed == "sign_up":
            own += sign_up(desk, script, journal, f"p{desk.number}x{step}")
        elif deed == "accept":
            offered = service.of_event(script.event_id, (State.OFFERED,))
            db.session.rollback()
            if offered:
                press(desk, journal, deed, dice.choice(offered).id)
        else:
            press(desk, journal, deed, dice.choice(own[-2:] if own and dice.random() < 0.7 else script.shared))


def sign_up(desk: Desk, script: Script, journal: Journal, name: str) -> list[int]:
    """Register under an address of one's own; gives the id as the link in the mail would."""
    email = f"{name}@example.org"
    request = RegistrationRequest(name=name, email=email, language="en", request_key=f"{script.seed}:{name}")
    answer = asked(
        journal,
        "sign_up",
        lambda: registering.register(script.event_id, request, sender=name, now=desk.clock()),
        email=email,
    )
    if not isinstance(answer, OptInSent):
        return []
    return active_of(script.event_id, address_key(email))


def active_of(event_id: int, email_key: str) -> list[int]:
    """The active registration of an address, as its owner knows it from the mail."""
    row = store.find_active(event_id, email_key)
    found = [row.id] if row else []
    db.session.rollback()
    return found


def press(desk: Desk, journal: Journal, deed: str, who: int) -> None:
    """One button on a person's page."""
    call = {
        "confirm": service.confirm,
        "cancel": service.cancel,
        "undo": service.undo_cancel,
        "accept": service.accept,
    }[deed]
    asked(journal, deed, lambda: call(who, desk.clock()), registration=who)  # type: ignore[operator]


def keep_pace(desk: Desk, script: Script, share: float) -> None:
    """Wait until the others have come this far, for a few seconds at most."""
    if script.begin is None:
        time.sleep(0.2)
        return
    for _ in range(500):
        if desk.clock.shows() >= script.begin + script.lasts * share:
            return
        time.sleep(0.01)


def organise(desk: Desk, script: Script, journal: Journal, dice: random.Random) -> None:
    """Raise and lower the capacity."""
    for step in range(script.steps // 2):
        keep_pace(desk, script, 2 * step / script.steps)
        seats = dice.randint(1, script.most_seats)
        values = replace(values_of(events.get(script.event_id)), capacity=seats)
        asked(
            journal,
            "edit",
            lambda values=values: changes.edit(script.event_id, values, by="organiser", now=desk.clock()),
            number=seats,
        )


def help_out(desk: Desk, script: Script, journal: Journal, dice: random.Random) -> None:
    """Move people up, out of turn too, and enter people at the counter, with an address and without."""
    for step in range(script.steps):
        keep_pace(desk, script, step / script.steps)
        if dice.random() < 0.3:
            email = f"counter{desk.number}x{step}@example.org" if dice.random() < 0.5 else ""
            request = RegistrationRequest(name="Counter", email=email, language="de")
            call = lambda request=request: staff.enter(script.event_id, request, by="staff", now=desk.clock())  # noqa: E731
            asked(journal, "enter", call)
            continue
        found = service.of_event(script.event_id, (State.OFFERED, State.WAITLISTED))
        db.session.rollback()
        if found:
            who = dice.choice(found).id
            call = lambda who=who: staff.move_up(who, reason="asked", by="staff", now=desk.clock())  # noqa: E731
            asked(journal, "move_up", call, registration=who)


def work(desk: Desk, script: Script, journal: Journal, dice: random.Random) -> None:
    """What the worker does: keep what is due where it can be read, end what ends by itself."""
    for step in range(2 * script.steps):
        keep_pace(desk, script, step / script.steps / 2)
        if dice.random() < 0.8:
            asked(journal, "hold", lambda: outbox.hold(desk.clock()))
        asked(journal, "expire", lambda: waiting_list.expire_due(desk.clock()))
