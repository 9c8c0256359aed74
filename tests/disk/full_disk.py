"""A disk that fills up again and again under a running service."""

import random
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from tests.disk.invariants import broken
from tests.disk.service import Service, wait_for
from tests.disk.small_disk import SmallDisk
from tests.faulty_relay import Fault, Plan, healthy


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What many full disks did."""

    rounds: int
    taken: int
    refused: int
    other_answers: int
    not_refused_when_full: int
    lost: int
    doubled: int
    uncertain: int
    # Came twice and is not listed as uncertain.
    unlisted: int
    faults: list[str]


def fill_and_heal(service: Service, disk: SmallDisk, *, rounds: int, chance: random.Random) -> Filled:
    """In each round the disk fills up at some moment of a mail or between two, some people register, and there is room.

    Whoever was told that it worked must have got exactly one mail in the end.
    """
    taken: list[str] = []
    answers: Counter[int] = Counter()
    not_refused = 0
    for number in range(rounds):
        at = len(service.relay.stored) + chance.randint(1, 3)
        service.relay.plan = _filling(disk, at)
        for person in range(3):
            _register(service, f"Early {number} {person}", taken, answers)
        disk.fill()
        # What the log has room for may still be taken; the last one must be refused.
        late = [_register(service, f"Late {number} {person}", taken, answers) for person in range(6)]
        not_refused += late[-1] != 503
        service.relay.plan = healthy
        disk.heal()
        wait_for(lambda number=number: _register(service, f"After {number}", taken, answers) == 200)  # type: ignore[misc]
    # Sooner than after a lease of two minutes: what was claimed when the disk was full is given back before.
    wait_for(lambda: set(taken) <= {mail.recipient for mail in service.relay.stored})
    got = Counter(mail.recipient for mail in service.relay.stored)
    with closing(sqlite3.connect(service.database)) as connection:
        uncertain = [address for (address,) in connection.execute("SELECT recipient FROM message WHERE uncertain")]
    return Filled(
        rounds=rounds,
        taken=answers[200],
        refused=answers[503],
        other_answers=sum(answers.values()) - answers[200] - answers[503],
        not_refused_when_full=not_refused,
        lost=len(set(taken) - set(got)),
        doubled=sum(count - 1 for count in got.values()),
        uncertain=len(uncertain),
        unlisted=len({address for address, count in got.items() if count > 1} - set(uncertain)),
        faults=broken(service.database),
    )


def _filling(disk: SmallDisk, at: int) -> Plan:
    def plan(number: int) -> Fault | None:
        if number == at:
            disk.fill()
        return None

    return plan


def _register(service: Service, name: str, taken: list[str], answers: Counter[int]) -> int:
    status = service.register(name).status
    answers[status] += 1
    if status == 200:
        taken.append(f"{name.lower().replace(' ', '.')}@example.org")
    return status
