"""A person who cancels in the same millisecond in which their reminder is sent."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from flask import Flask
from sqlalchemy import text, update

from regservice.db import db, is_postgresql, session, transaction
from regservice.notices.delivery import LetterPost
from regservice.notices.types import Letter
from regservice.outbox import sending
from regservice.outbox.delivery import NotBefore, Outcome, Sent
from regservice.outbox.models import Message
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations import desk
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.factories import make_event, request_for
from tests.relay.posting import count_of

SECOND = timedelta(seconds=1)
LONGEST_DELAY_S = 0.02
# When the receipts of those who cancelled are due: they must not come between.
AFTERWARDS = timedelta(days=1)
# The database itself notes each reminder that is marked as being sent while its person is cancelled already: on
# PostgreSQL at the moment of the commit, on SQLite, where transactions come one after the other, at once.
WATCH = {
    "sqlite": (
        "CREATE TABLE sent_too_late (message_id INTEGER)",
        """CREATE TRIGGER note_sent_too_late AFTER UPDATE OF state ON message
        WHEN NEW.state = 'sending' AND NEW.kind LIKE 'remind%'
         AND (SELECT state FROM registration WHERE id = NEW.registration_id) = 'cancelled'
        BEGIN INSERT INTO sent_too_late VALUES (NEW.id); END""",
    ),
    "postgresql": (
        "CREATE TABLE sent_too_late (message_id INTEGER)",
        """CREATE FUNCTION note_sent_too_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO sent_too_late SELECT NEW.id FROM registration
        WHERE id = NEW.registration_id AND state = 'cancelled'; RETURN NULL; END $$""",
        """CREATE CONSTRAINT TRIGGER note_sent_too_late AFTER UPDATE OF state ON message
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        WHEN (NEW.state = 'sending' AND NEW.kind LIKE 'remind%') EXECUTE FUNCTION note_sent_too_late()""",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """What came of so many races."""

    races: int
    sent: int
    withdrawn: int
    sent_too_late: int
    undecided: int

    @property
    def kept_promise(self) -> bool:
        """Each reminder was sent before the person cancelled, or not at all; and both were seen to happen."""
        return self.sent_too_late == self.undecided == 0 and self.sent + self.withdrawn == self.races


@dataclass
class _Turn:
    """Says to the person who cancels that their reminder is next."""

    number: int = -1
    # The person whose cancelling has ended: each race begins with both at its start.
    ended: int = -1
    changed: threading.Condition = field(default_factory=threading.Condition)

    def is_now(self, number: int) -> None:
        with self.changed:
            self.number = number
            self.changed.notify_all()

    def wait_for(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.number >= number, timeout=60)

    def has_ended(self, number: int) -> None:
        with self.changed:
            self.ended = number
            self.changed.notify_all()

    def wait_until_ended(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended >= number, timeout=60)


class Moment(StrEnum):
    """At what the person cancels: before the worker takes the reminder, while it asks, or once it is on its way."""

    BEFORE = "before"
    ASKED = "asked"
    SENDING = "sending"


@dataclass(frozen=True, kw_only=True)
class _RacingPost(LetterPost):
    """The real question whether a reminder is wanted; the relay is left out, since it is asked afterwards."""

    meet: Callable[[Moment], None]

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:
        self.meet(Moment.ASKED)
        return super().still_wanted(message, now)

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        self.meet(Moment.SENDING)
        return Sent()


def watch() -> None:
    """Let the database note what must not happen."""
    for statement in WATCH["postgresql" if is_postgresql() else "sqlite"]:
        session().execute(text(statement))
    session().commit()


def race(app: Flask, clock: Clock, count: int, seed: int) -> Cancelled:
    """So many people cancel while their reminders are sent one after the other. Needs an empty database."""
    watch()
    chance = random.Random(seed)
    event = make_event(clock(), capacity=None)
    people = _people_with_a_reminder(event.id, clock, count)
    turn, failures, begin = _Turn(), list[BaseException](), clock()
    moments = [chance.choice(tuple(Moment)) for _ in range(count)]
    delays = [(chance.uniform(0, LONGEST_DELAY_S), chance.uniform(0, LONGEST_DELAY_S)) for _ in range(count)]

    def cancel_each() -> None:
        with app.app_context():
            try:
                for number, person in enumerate(people):
                    turn.wait_for(number)
                    time.sleep(delays[number][0])
                    registrations.cancel(person, begin + AFTERWARDS)
                    turn.has_ended(number)
            except BaseException as failure:
                failures.append(failure)
            finally:
                db.session.remove()

    thread = threading.Thread(target=cancel_each)
    thread.start()
    for number, moment in enumerate(moments):
        turn.wait_until_ended(number - 1)
        clock.set(begin + number * SECOND)

        def meet(now: Moment, number: int = number, moment: Moment = moment) -> None:
            if now is moment:
                turn.is_now(number)
                time.sleep(delays[number][1])

        meet(Moment.BEFORE)
        sending.deliver(_RacingPost(hand_over=_nobody, meet=meet), clock)
        turn.is_now(number)  # Where the worker did not come to this moment.
    thread.join(timeout=120)
    assert (failures, thread.is_alive()) == ([], False)
    reminders = Message.kind == "remind_1d"
    return Cancelled(
        races=count,
        sent=count_of(reminders, Message.state == MessageState.SENT),
        withdrawn=count_of(reminders, Message.state == MessageState.SKIPPED),
        sent_too_late=session().scalar(text("SELECT count(*) FROM sent_too_late")) or 0,
        undecided=count_of(reminders, Message.state.not_in([MessageState.SENT, MessageState.SKIPPED])),
    )


def _nobody(letter: Letter) -> Outcome:
    raise AssertionError("No letter is made in a race.")


def _people_with_a_reminder(event_id: int, clock: Clock, count: int) -> list[int]:
    """People with a place, each with one reminder, a second after that of the one before; nothing else is due."""
    people = []
    for number in range(count):
        entered = desk.enter(event_id, request_for(f"Person {number}"), by="test", now=clock())
        people.append(entered.registration.id)  # type: ignore[union-attr]
    with transaction() as active:
        for number, person in enumerate(people):
            reminder = {"kind": "remind_1d", "occurrence": "1.1", "next_attempt_at": clock() + number * SECOND}
            active.execute(update(Message).where(Message.registration_id == person).values(**reminder))
    return people
