"""Twenty of the copies that `python -m tests.disk` takes by the hundred."""

import random
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from regservice.db import db
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.disk.power_cut import series
from tests.disk.writers import GAPS, torn
from tests.factories import confirm, make_event

COPIES, SEED = 20, 11


def test_what_a_power_cut_leaves_opens_and_holds_every_acknowledged_step(tmp_path: Path) -> None:
    copies = list(series(COPIES, random.Random(SEED), tmp_path))
    assert [copy.faults for copy in copies] == [[]] * COPIES
    assert sum(copy.is_torn for copy in copies) > COPIES / 2


def test_an_entry_that_the_trail_lost_is_seen(app: Flask, clock: Clock) -> None:
    person = confirm(make_event(clock()), "Ada", clock(), email="w0.1@example.org")
    registrations.cancel(person.id, clock())
    with db.engine.begin() as connection:
        assert torn(connection) == []
        connection.execute(text("UPDATE audit_entry SET subject = 'registration:9' WHERE verb LIKE 'registration.%'"))
        assert torn(connection) == list(GAPS)
