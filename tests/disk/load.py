"""Copies made while four processes write, each brought back in another database and held against the journals."""

import time
from dataclasses import dataclass
from pathlib import Path

from regservice.backup.writing import write_backup
from regservice.db import db
from tests.disk.places import Place
from tests.disk.writers import Writers, missing, torn


@dataclass(frozen=True, kw_only=True)
class Moved:
    """How one copy under load came out in another place."""

    faults: list[str]
    people: int
    backup_s: float
    restore_s: float


def move(here: Place, elsewhere: Place, writers: Writers, file: Path) -> Moved:
    """Copy here, bring it back elsewhere, and say what is not of the instant of the copy."""
    before = writers.acknowledged()
    begun = time.monotonic()
    with here.open():
        write_backup(file)
    backup_s = time.monotonic() - begun
    with elsewhere.open():
        begun = time.monotonic()
        elsewhere.restore(file)
        restore_s = time.monotonic() - begun
        with db.engine.connect() as connection:
            faults = torn(connection)
            lost = missing(connection, before)
            people = connection.exec_driver_sql("SELECT count(*) FROM registration").scalar_one()
    if lost:
        faults.append(f"{lost} acknowledged steps are missing")
    return Moved(faults=faults, people=people, backup_s=backup_s, restore_s=restore_s)
