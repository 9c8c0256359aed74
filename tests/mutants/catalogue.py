"""The guards, how each is taken out, and which tests must then turn red."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one file. `old` stands there exactly once; `tests` are pytest's arguments, red with `new`."""

    name: str
    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        name="deferred-begin",
        guard="a writing transaction on SQLite begins with BEGIN IMMEDIATE",
        file="regservice/db.py",
        old='"BEGIN IMMEDIATE" if writes else "BEGIN"',
        new='"BEGIN"',
        tests=("tests/test_db.py",),
    ),
    Mutant(
        name="no-dedupe-key",
        guard="the same message is written once",
        file="regservice/outbox/store.py",
        old='statement.on_conflict_do_nothing(index_elements=["dedupe_key"])',
        new='statement.values([{**value, "dedupe_key": str(id(value))} for value in values[start : start + CHUNK]])',
        tests=("tests/outbox/test_service.py",),
    ),
)
