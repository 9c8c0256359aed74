"""The sealed trail shows every later change, on real databases."""

import pytest
from flask import Flask
from sqlalchemy import delete, update

from regservice.audit import service as audit
from regservice.audit.models import AuditEntry
from regservice.db import transaction
from tests.conftest import Clock


@pytest.fixture
def sealed(each_app: Flask, clock: Clock) -> None:
    """Three entries, sealed in two runs."""
    for number in (1, 2, 3):
        with transaction():
            audit.record("event.edited", f"event:{number}", actor="organiser:1", now=clock(), fields=["title"])
        if number != 1:
            audit.seal()


@pytest.mark.usefixtures("sealed")
def test_an_untouched_trail_holds_and_is_sealed_once() -> None:
    assert audit.first_broken_seal() is None
    assert audit.seal() == 0


@pytest.mark.usefixtures("sealed")
def test_a_changed_entry_shows() -> None:
    with transaction() as active:
        active.execute(update(AuditEntry).where(AuditEntry.id == 2).values(actor="organiser:2"))
    assert audit.first_broken_seal() == 2


@pytest.mark.usefixtures("sealed")
def test_a_removed_entry_shows_at_the_next_one() -> None:
    with transaction() as active:
        active.execute(delete(AuditEntry).where(AuditEntry.id == 1))
    assert audit.first_broken_seal() == 2
