"""`python -m tests.relay [--seed N] [--size SHARE] [PART …]`: mail through a relay that fails, at its whole size."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from flask import Flask
from flask_mail import Mail

from regservice.registrations import desk
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.factories import make_event, request_for
from tests.faulty_relay import Fault, FaultyRelay
from tests.relay import cancelling, hanging, hostile, masses, pacing, profiles
from tests.relay.posting import Databases, application, databases, sender_to

Run = Callable[[Databases, str], tuple[bool, str]]


def plans(each: Databases, kind: str) -> tuple[bool, str]:
    """Each of the nine faults for 72 hours, but for the drop, whose long letters take their time: one hour."""
    right = []
    for profile in profiles.PROFILES:
        clock = Clock()
        wiring = Wiring(now=clock)
        with opened(each, kind, wiring), profiles.relay_with(profile, wiring):
            event = make_event(clock())
            entered = desk.enter(event.id, request_for("Ada"), by="test", now=clock())
            hours = 1 if profile.fault is Fault.DROP_IN_DATA else 72
            person = entered.registration.id  # type: ignore[union-attr]
            tries = profiles.tries_until_the_end(wiring, clock, person, hours)
            waits = profile.state is profiles.WAITING
            right.append(tries == (profiles.planned_tries(hours) if waits else [0]))
    return all(right), f"{sum(right)} of {len(right)} faults tried as planned, over 72 hours (the drop in DATA: one)"


@contextmanager
def opened(each: Databases, kind: str, wiring: Wiring) -> Iterator[Flask]:
    """The service on a fresh database of this kind."""
    with each.fresh(kind) as (url, folder), application(url, folder, wiring) as app:
        yield app


def parts(size: float, seed: int) -> dict[str, Run]:
    """What is run on each database, by name."""

    def many(whole: int) -> int:
        return max(10, int(whole * size))

    def drops(each: Databases, kind: str) -> tuple[bool, str]:
        clock = Clock()
        with opened(each, kind, Wiring(now=clock)):
            figures = masses.accept_then_drop(many(10_000), clock)
        return figures.kept_promise, str(figures)

    def poison(each: Databases, kind: str) -> tuple[bool, str]:
        clock = Clock()
        with opened(each, kind, Wiring(now=clock)):
            figures = masses.poisoned(many(10_000), clock)
        return figures.kept_promise, str(figures)

    def races(each: Databases, kind: str) -> tuple[bool, str]:
        clock = Clock()
        with opened(each, kind, Wiring(now=clock)) as app:
            figures = cancelling.race(app, clock, many(10_000), seed)
        return figures.kept_promise, str(figures)

    def pace(each: Databases, kind: str) -> tuple[bool, str]:
        with each.fresh(kind) as (url, folder):
            seconds = max(10, 65 * size)
            figures = pacing.through_processes(url, folder, workers=3, per_minute=120, seconds=seconds)
        return figures.kept_promise, str(figures)

    def hang(each: Databases, kind: str) -> tuple[bool, str]:
        with each.fresh(kind) as (url, folder):
            figures = hanging.hang(url, folder)
        return figures.kept_promise, str(figures)

    return {"plans": plans, "drops": drops, "poison": poison, "races": races, "pace": pace, "hang": hang}


def texts(count: int, seed: int) -> tuple[bool, str]:
    """Hostile letters; no database is asked."""
    app = Flask("tests.relay")
    Mail(app)
    with app.app_context(), FaultyRelay() as relay, sender_to(relay, timeout_s=10) as sender:
        figures = hostile.send_hostile(count, seed, sender, relay)
    return figures.kept_promise, str(figures)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.relay")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--size", type=float, default=1.0, help="a share of the whole, such as 0.1")
    parser.add_argument("part", nargs="*", help="plans, drops, poison, races, pace, hang, texts; all unless told")
    options = parser.parse_args(arguments)
    known = parts(options.size, options.seed)
    chosen = options.part or [*known, "texts"]
    broken = 0
    print(f"again: python -m tests.relay --seed {options.seed} --size {options.size} {' '.join(options.part)}".rstrip())
    with databases() as each:
        for name in chosen:
            if name == "texts":
                broken += report(name, "-", lambda: texts(max(10, int(5_000 * options.size)), options.seed))
                continue
            for kind in Databases.kinds:
                broken += report(name, kind, partial(known[name], each, kind))
    return 1 if broken else 0


def report(name: str, database: str, run: Callable[[], tuple[bool, str]]) -> bool:
    """Print what came of one part; True when a promise was broken."""
    begin = time.monotonic()
    kept, figures = run()
    print(
        f"{'kept' if kept else 'BROKEN':6}  {name:7} {database:10} {time.monotonic() - begin:5.0f} s  {figures}",
        flush=True,
    )
    return not kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
