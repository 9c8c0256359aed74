"""The sealed trail shows every later change, on real databases."""

import random
import threading
from dataclasses import fields, replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from regservice.audit import chain
from regservice.audit import service as audit
from regservice.audit.models import AuditEntry, AuditHead
from regservice.audit.types import Broken, Holds, StoredEntry
from regservice.backup import restoring
from regservice.backup.writing import write_backup
from regservice.config import Settings
from regservice.db import db, transaction
from tests.audit.mutations import read, unfound, write
from tests.conftest import START

SEED = 20270328
CHANGES = 104


def record(*numbers: int) -> None:
    for number in numbers:
        with transaction():
            audit.record("event.edited", f"event:{number}", actor="organiser:1", now=START, fields=["title", "Stühle"])


@pytest.fixture
def sealed(each_app: Flask) -> Flask:
    """Twelve entries, sealed in two runs, and one that waits."""
    record(*range(1, 6))
    assert audit.seal() == 5
    record(*range(6, 13))
    assert audit.seal() == 7
    record(13)
    return each_app


def holds(sealed: int, unsealed: int = 0) -> bool:
    found = audit.verify()
    assert isinstance(found, Holds), found
    return (found.sealed, found.unsealed) == (sealed, unsealed)


def use_keys(app: Flask, *keys: str) -> None:
    """The service is started with these keys, the present one first."""
    settings: Settings = app.extensions["regservice_settings"]
    app.extensions["regservice_settings"] = replace(settings, secret_key=keys[0], secret_key_fallbacks=keys[1:])


def test_an_empty_trail_holds(each_app: Flask) -> None:
    assert audit.seal() == 0
    assert holds(0)


@pytest.mark.usefixtures("sealed")
def test_an_untouched_trail_holds_and_is_sealed_once() -> None:
    assert holds(12, unsealed=1)
    assert (audit.seal(), audit.seal()) == (1, 0)
    assert holds(13)


@pytest.mark.usefixtures("sealed")
def test_every_change_is_found() -> None:
    assert unfound(SEED, CHANGES) == []
    assert holds(12, unsealed=1)


@pytest.mark.usefixtures("sealed")
def test_the_first_entry_that_does_not_hold_is_named() -> None:
    original = read()
    with transaction() as active:
        active.execute(update(AuditEntry).where(AuditEntry.id == 4).values(actor="organiser:2"))
        active.execute(update(AuditEntry).where(AuditEntry.id == 9).values(actor="organiser:2"))
    found = audit.verify()
    assert isinstance(found, Broken)
    assert found.entry_id == 4
    for gone, named in ((2, 4), (11, 11)):
        trail = read()
        write(replace(original, entries=original.entries[:gone] + original.entries[gone + 1 :]))
        found = audit.verify()
        assert isinstance(found, Broken), trail
        assert found.entry_id == named


def test_an_entry_that_cannot_be_read_is_named(app: Flask) -> None:
    record(*range(1, 10))
    audit.seal()
    with transaction() as active:
        active.connection().exec_driver_sql("UPDATE audit_entry SET details = 'x' WHERE id = 7")
    assert audit.verify() == Broken(entry_id=7, why="it cannot be read")


@pytest.mark.usefixtures("sealed")
def test_nothing_is_sealed_behind_an_end_that_was_changed() -> None:
    with transaction() as active:
        active.execute(update(AuditHead).values(sealed=11))
    record(14)
    assert audit.seal() == 0


def test_an_entry_that_was_committed_late_gets_the_next_number(each_app: Flask) -> None:
    record(1, 2, 3)
    late = read().entries[1]
    write(replace(read(), entries=[row for row in read().entries if row["id"] != late["id"]]))
    assert audit.seal() == 2
    with transaction() as active:
        active.add(AuditEntry(**late))
    assert audit.seal() == 1
    assert holds(3)
    assert [(row["id"], row["number"]) for row in read().entries] == [(1, 1), (3, 2), (2, 3)]


def test_the_seals_cover_every_column(each_app: Flask) -> None:
    columns = {column.name for column in AuditEntry.__table__.columns}
    assert columns == {entry.name for entry in fields(StoredEntry)}
    record(1)
    audit.seal()
    [row] = read().entries
    entry = StoredEntry(**row)
    changes = {"id": 2, "number": 2, "at": START.replace(year=2030), "actor": "x", "verb": "x", "subject": "x"}
    changes |= {"details": {}}
    assert set(changes) == columns - {"seal"}
    right = chain.seal_of(chain.FIRST_SEAL, entry)
    seals = {name: chain.seal_of(chain.FIRST_SEAL, replace(entry, **{name: value})) for name, value in changes.items()}
    assert {name for name, seal in seals.items() if seal == right} == set()
    assert (right, chain.seal_of("", entry) == right) == (row["seal"], False)


OLD, NEW, UNKNOWN = "an-old-key-of-forty-random-characters-01", "a-new-key-of-forty-random-characters-02", "x" * 40


def test_a_new_key_signs_the_end_and_the_old_one_may_go(sealed: Flask) -> None:
    present = sealed.extensions["regservice_settings"].secret_key
    use_keys(sealed, NEW, present)
    assert holds(12, unsealed=1)
    assert audit.seal() == 1
    use_keys(sealed, NEW)
    assert holds(13)


def test_a_new_key_signs_also_when_there_is_nothing_to_seal(sealed: Flask) -> None:
    present = sealed.extensions["regservice_settings"].secret_key
    audit.seal()
    use_keys(sealed, NEW, present)
    assert audit.seal() == 0
    use_keys(sealed, NEW)
    assert holds(13)


def test_without_the_key_nothing_holds_until_the_trail_is_sealed_anew(sealed: Flask) -> None:
    use_keys(sealed, UNKNOWN)
    assert isinstance(audit.verify(), Broken)
    assert audit.seal() == 0
    audit.seal_anew(reason="the key was lost", actor="operator", now=START)
    assert holds(14)
    assert [(entry.verb, entry.details) for entry in audit.history("audit")] == [
        ("audit.sealed_anew", {"reason": "the key was lost"})
    ]


def test_a_backup_keeps_the_seals(sealed: Flask, tmp_path: Path) -> None:
    write_backup(tmp_path / "copy")
    with transaction() as active:
        active.execute(update(AuditEntry).where(AuditEntry.id == 4).values(actor="organiser:2"))
    db.session.remove()
    restoring.restore(tmp_path / "copy", (), START)
    # That the copy was brought back is an entry of its own.
    assert holds(12, unsealed=2)


def test_several_workers_make_one_chain(each_app: Flask) -> None:
    stop = threading.Event()
    chance = random.Random(SEED)

    def keep_sealing() -> None:
        with each_app.app_context():
            while not stop.is_set():
                audit.seal()
            db.session.remove()

    workers = [threading.Thread(target=keep_sealing) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(60):
        record(*range(chance.randint(1, 3)))
        assert isinstance(audit.verify(), Holds), number
    stop.set()
    for worker in workers:
        worker.join(20)
    audit.seal()
    found = audit.verify()
    assert isinstance(found, Holds)
    assert (found.sealed, found.unsealed) == (len(read().entries), 0)
