"""Everything that somebody with the database but without the secret key can do to the audit trail, by chance."""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from regservice.audit import chain
from regservice.audit import service as audit
from regservice.audit.models import AuditEntry, AuditHead
from regservice.audit.types import Broken, StoredEntry
from regservice.db import db, session, transaction

Row = dict[str, Any]


@dataclass
class Trail:
    """The two tables as plain rows; entries in the order of their numbers, the last one is not sealed yet."""

    entries: list[Row]
    heads: list[Row]

    @property
    def sealed(self) -> list[Row]:
        return [row for row in self.entries if row["number"] is not None]


def read() -> Trail:
    """What the database holds."""
    entries = session().execute(select(AuditEntry.__table__).order_by(AuditEntry.number, AuditEntry.id)).mappings()
    heads = session().execute(select(AuditHead.__table__)).mappings()
    rows = [dict(row) for row in entries]
    return Trail(sorted(rows, key=lambda row: row["number"] or len(rows) + 1), [dict(row) for row in heads])


def write(trail: Trail) -> None:
    """Make the database hold this instead."""
    with transaction() as active:
        for table, rows in ((AuditEntry.__table__, trail.entries), (AuditHead.__table__, trail.heads)):
            active.execute(delete(table))
            if rows:
                active.execute(insert(table), rows)


def seal_of(row: Row, previous: str) -> str:
    """A seal that is right, as everybody can compute it."""
    return chain.seal_of(previous, StoredEntry(**row))


def seal_again(trail: Trail, begin: int) -> None:
    """Compute the chain anew from an entry on."""
    sealed = trail.sealed
    previous = sealed[begin - 1]["seal"] if begin else chain.FIRST_SEAL
    for row in sealed[begin:]:
        row["seal"] = previous = seal_of(row, previous)
    trail.heads[0]["last_seal"] = previous


def change(chance: random.Random, row: Row, column: str) -> None:
    """Another value of one column."""
    match column:
        case "id" | "number":
            row[column] += chance.choice([1000, 5000])
        case "at":
            row[column] += timedelta(microseconds=chance.choice([-1, 1, 10**9]))
        case "details":
            row[column] = chance.choice([{}, {**row[column], "fields": ["capacity"]}, {**row[column], "more": None}])
        case "seal":
            row[column] = chance.choice([None, chain.FIRST_SEAL, row[column][:-1] + "x", ""])
        case _:
            row[column] = chance.choice([row[column] + " ", "", row[column][:-1], "operator:9"])


COVERED = ("id", "at", "actor", "verb", "subject", "details", "number", "seal")


def altered(chance: random.Random, trail: Trail) -> None:
    change(chance, chance.choice(trail.sealed), chance.choice(COVERED))


def altered_and_sealed_alone(chance: random.Random, trail: Trail) -> None:
    at = chance.randrange(len(trail.sealed))
    row = trail.sealed[at]
    change(chance, row, chance.choice(COVERED[1:6]))
    row["seal"] = seal_of(row, trail.sealed[at - 1]["seal"] if at else chain.FIRST_SEAL)


def altered_and_all_sealed_again(chance: random.Random, trail: Trail) -> None:
    at = chance.randrange(len(trail.sealed))
    change(chance, trail.sealed[at], chance.choice(COVERED[1:6]))
    seal_again(trail, at)


def removed_inside(chance: random.Random, trail: Trail) -> None:
    trail.entries.remove(trail.sealed[chance.randrange(len(trail.sealed) - 1)])


def removed_inside_and_all_sealed_again(chance: random.Random, trail: Trail) -> None:
    at = chance.randrange(len(trail.sealed) - 1)
    trail.entries.remove(trail.sealed[at])
    for row in trail.sealed[at:]:
        row["number"] -= 1
    trail.heads[0]["sealed"] -= 1
    seal_again(trail, at)


def cut_off(chance: random.Random, trail: Trail) -> None:
    for row in trail.sealed[-chance.randint(1, len(trail.sealed)) :]:
        trail.entries.remove(row)


def cut_off_and_counted_again(chance: random.Random, trail: Trail) -> None:
    for row in trail.sealed[-chance.randint(1, len(trail.sealed) - 1) :]:
        trail.entries.remove(row)
    trail.heads[0] |= {"sealed": len(trail.sealed), "last_seal": trail.sealed[-1]["seal"]}


def swapped(chance: random.Random, trail: Trail) -> None:
    one, other = chance.sample(trail.sealed, 2)
    columns = chance.choice([COVERED[1:6], ("id",), ("number",), ("seal",), ("number", "seal"), ("id", "at")])
    for column in columns:
        one[column], other[column] = other[column], one[column]


def inserted(chance: random.Random, trail: Trail) -> None:
    at = chance.randrange(len(trail.sealed))
    forged = deepcopy(trail.sealed[at]) | {"id": 9000, "actor": "organiser:9"}
    for row in trail.sealed[at:]:
        row["number"] += 1
    forged["seal"] = seal_of(forged, trail.sealed[at - 1]["seal"] if at else chain.FIRST_SEAL)
    trail.entries.append(forged)
    if chance.random() < 0.5:
        trail.heads[0]["sealed"] += 1


def appended_with_a_seal(chance: random.Random, trail: Trail) -> None:
    last = trail.sealed[-1]
    forged = deepcopy(last) | {"id": 9000, "actor": "organiser:9", "number": last["number"] + 1}
    forged["seal"] = seal_of(forged, last["seal"])
    trail.entries.append(forged)
    if chance.random() < 0.5:
        trail.heads[0] |= {"sealed": forged["number"], "last_seal": forged["seal"]}


def unsealed(chance: random.Random, trail: Trail) -> None:
    chance.choice(trail.sealed).update(number=None, seal=None)


def head_altered(chance: random.Random, trail: Trail) -> None:
    [head] = trail.heads
    column = chance.choice(["sealed", "last_seal", "signature", "all"])
    if column == "all":
        trail.heads.clear()
    else:
        head[column] = head[column] + chance.choice([-1, 1]) if column == "sealed" else chain.FIRST_SEAL


def head_signed_with_another_key(chance: random.Random, trail: Trail) -> None:
    altered_and_all_sealed_again(chance, trail)
    [head] = trail.heads
    head["signature"] = chain.signature_of(str(chance.random()), head["sealed"], head["last_seal"])


MUTATIONS: tuple[Callable[[random.Random, Trail], None], ...] = (
    altered,
    altered_and_sealed_alone,
    altered_and_all_sealed_again,
    removed_inside,
    removed_inside_and_all_sealed_again,
    cut_off,
    cut_off_and_counted_again,
    swapped,
    inserted,
    appended_with_a_seal,
    unsealed,
    head_altered,
    head_signed_with_another_key,
)


def unfound(seed: int, count: int) -> list[str]:
    """Make so many changes, one at a time, to the trail of the database; those that nobody would notice."""
    chance = random.Random(seed)
    original = read()
    missed = []
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        trail = deepcopy(original)
        while trail == original:  # Some values are changed to what they are.
            mutation(chance, trail)
        write(trail)
        if not isinstance(audit.verify(), Broken):
            missed.append(f"{number}: {mutation.__name__}")
        db.session.remove()
    write(original)
    return missed
