"""A copy brought back elsewhere: the same rows, nobody mailed twice, and who was deleted stays deleted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import text

from regservice import schema
from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.audit import service as audit
from regservice.audit.types import Holds
from regservice.backup.types import BackupRefused
from regservice.backup.writing import write_backup
from regservice.changes import service as changes
from regservice.config import current_settings
from regservice.db import db, is_postgresql
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.privacy import service as privacy
from regservice.registrations import service as registrations
from regservice.registrations.links import derive_token
from tests.conftest import Clock
from tests.databases import Postgres, copy_sqlite
from tests.disk.old_rows import old_rows
from tests.disk.places import Place, make_schema
from tests.disk.rows import COUNTED_ON, differences, every_row
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.faulty_relay import FaultyRelay

# The reminder of the day before leaves at 16:00 in Berlin.
BEFORE_THE_REMINDER = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)


@pytest.fixture
def relay() -> Iterator[FaultyRelay]:
    with FaultyRelay() as relay:
        yield relay


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def places(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, relay: FaultyRelay
) -> Iterator[tuple[Place, Place]]:
    """One where people register, and another one elsewhere."""
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    if request.param == "sqlite":
        made = []
        for folder in (here, elsewhere):
            folder.mkdir()
            copy_sqlite(request.getfixturevalue("migrated_sqlite"), folder / "x.sqlite3")
            made.append(Place(folder, f"sqlite:///{folder / 'x.sqlite3'}", clock, relay))
        yield made[0], made[1]
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as first, server.database() as second:
        yield Place(here, first, clock, relay), Place(elsewhere, second, clock, relay)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


def test_elsewhere_is_row_by_row_what_was_here(places: tuple[Place, Place], copy: Path, clock: Clock) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock(), capacity=2)
        for name in ("Ada", "Berta", "Carla"):
            confirm(event, name, clock())
        notices.plan_due(clock())
        here.deliver()
        audit.seal()
        write_backup(copy)
        rows = every_row(blind_to=COUNTED_ON)
    with elsewhere.open():
        make_event(clock(), title="Another evening")
        restored = elsewhere.restore(copy)
        found = every_row(blind_to=COUNTED_ON)
        # The seals came along, and go on behind them.
        before, sealed, after = audit.verify(), audit.seal(), audit.verify()
    assert restored.doubted == 0
    assert isinstance(before, Holds)
    assert isinstance(after, Holds)
    assert (before.sealed > 0, sealed, after.sealed) == (True, 1, before.sealed + 1)
    trail = len(rows["audit_entry"])
    assert differences({**rows, "audit_entry": []}, {**found, "audit_entry": []}) == 0
    assert (len(found["audit_entry"]), set(rows["audit_entry"]) <= set(found["audit_entry"])) == (trail + 1, True)


def test_what_may_have_left_since_is_listed_and_not_sent_again_by_itself(
    places: tuple[Place, Place], copy: Path, clock: Clock, relay: FaultyRelay
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock(), capacity=5)
        confirm(event, "Ada", clock())
        notices.plan_due(clock())
        clock.set(BEFORE_THE_REMINDER)
        here.deliver()
        # Confirmed so late that the copy holds no plan for her yet.
        confirm(event, "Berta", clock())
        register(event, "Carla", clock())
        write_backup(copy)
        notices.plan_due(clock())
        clock.advance(hours=2)
        here.deliver()
    sent = Counter(_message_ids(relay))
    assert set(sent.values()) == {1}
    with elsewhere.open():
        restored = elsewhere.restore(copy)
        clock.advance(minutes=10)
        assert elsewhere.deliver() == 0
        assert Counter(_message_ids(relay)) == sent
        listed = [message for message in outbox.ledger(event.id, limit=100) if message.uncertain]
        kinds = Counter(message.kind for message in listed)
        assert restored.doubted == len(listed) == outbox.count_doubted(event.id)
        assert kinds == {"optin": 1, "confirmed": 1, "remind_1d": 2}
        assert outbox.send_doubted_again(event.id, clock()) == restored.doubted
        again = elsewhere.deliver()
        assert again > 0
        assert elsewhere.deliver() == 0
        assert outbox.count_doubted() == 0
    twice = {message for message, count in Counter(_message_ids(relay)).items() if count > 1}
    assert twice <= {message.message_id for message in listed}


def _message_ids(relay: FaultyRelay) -> list[str]:
    return [str(message_from_bytes(mail.content)["Message-ID"]) for mail in relay.stored]


def test_who_was_deleted_stays_deleted_and_the_seat_goes_to_the_next(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock(), capacity=1)
        ada, berta = confirm(event, "Ada", clock()), confirm(event, "Berta", clock())
        carla = register(event, "Carla", clock())
        write_backup(copy)
        registrations.cancel(ada.id, clock(), by="person")
        registrations.withdraw(carla.id, clock())
        clock.advance(days=8)
        privacy.erase_due(clock())
        assert registrations.find(ada.id) is None
    erased = here.folder / "erased.list"
    assert erased.stat().st_mode & 0o077 == 0
    with elsewhere.open():
        first = elsewhere.restore(copy)
        assert (first.list_was_there, first.erased_again, registrations.find(ada.id) is None) == (False, 0, False)
        second = elsewhere.restore(copy, erased)
        assert (second.list_was_there, second.erased_again) == (True, 2)
        assert [registrations.find(person.id) for person in (ada, carla)] == [None, None]
        found = registrations.find(berta.id)
        assert found is not None
        assert found.state == "offered"
        assert [message.recipient for message in outbox.ledger(event.id) if message.recipient.startswith("ada")] == []
        # The list went along: the next copy from here is cleaned without being told.
        assert elsewhere.restore(copy).erased_again == 2


def test_who_asked_again_before_they_were_deleted_stays_deleted(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock())
        ada = register(event, "Ada", clock())
        write_backup(copy)
        clock.advance(hours=2)
        register(event, "Ada", clock())
        assert registrations.withdraw(ada.id, clock())
    with elsewhere.open():
        assert elsewhere.restore(copy, here.folder / "erased.list").erased_again == 1
        assert registrations.find(ada.id) is None


def test_a_list_of_an_earlier_version_counts_and_a_number_alone_does_not(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock())
        ada, ben, cem = (register(event, name, clock()) for name in ("Ada", "Ben", "Cem"))
        write_backup(copy)
    lines = (
        f"{ada.id} {ada.registered_at.isoformat()}",
        f"{ben.id} {ada.code}",
        f"{ben.id} {(ben.registered_at + timedelta(seconds=1)).isoformat()}",
        f"{cem.id}",
        f"{cem.id} {cem.code[:5]}",
        f"{cem.id} ",
    )
    erased = elsewhere.folder / "other.list"
    erased.write_text("\n".join(lines), encoding="ascii")
    with elsewhere.open():
        assert elsewhere.restore(copy, erased).erased_again == 1
        assert [registrations.find(person.id) is None for person in (ada, ben, cem)] == [True, False, False]


def test_an_old_link_never_opens_the_page_of_somebody_new(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock(), capacity=9)
        write_backup(copy)
        lost = register(event, "Ada", clock())
        token = registrations.personal_token(lost)
    with elsewhere.open():
        elsewhere.restore(copy)
        new = register(event, "Berta", clock())
        assert new.id > lost.id
        assert registrations.personal_token(new) != token


def test_an_old_link_to_decide_never_opens_the_proposal_of_another_event(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        office = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
        assert isinstance(office, OrganiserFacts)
        asked, other = make_event(clock(), title="Asked"), make_event(clock(), title="Other")
        write_backup(copy)
        lost = _proposed(asked, clock)
    with elsewhere.open():
        elsewhere.restore(copy)
        new = _proposed(other, clock)
        keys = [
            derive_token(current_settings().secret_key, each, office.id, purpose="proposal") for each in (lost, new)
        ]
        found = [formats.find_proposal_by_link(key, clock()) for key in keys]
    assert [each and each.proposal.event_id for each in found] == [None, other.id]


def _proposed(event: EventFacts, clock: Clock) -> int:
    """The number of what a rule of an event proposed."""
    clock.advance(hours=1)
    rule = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=clock() + timedelta(hours=1))
    assert isinstance(formats.save_rule(event.id, rule, by="test", now=clock()), FormatRule)
    clock.advance(hours=1)
    formats.decide_due(clock())
    proposal = formats.find_open_proposal(event.id)
    assert proposal is not None
    return proposal.id


def test_what_was_shown_and_sent_since_never_counts_as_newer(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        event = make_event(clock(), capacity=9)
        ada = confirm(event, "Ada", clock())
        write_backup(copy)
        for hour in (1, 2):
            moved = replace(events.values_of(event), starts_at=STARTS_AT + timedelta(hours=hour))
            changes.edit(event.id, moved, by="test", now=clock())
        lost, lost_entry = events.get(event.id), registrations.find(ada.id)
    with elsewhere.open():
        elsewhere.restore(copy)
        moved = replace(events.values_of(event), starts_at=STARTS_AT - timedelta(hours=1))
        changes.edit(event.id, moved, by="test", now=clock())
        now, entry = events.get(event.id), registrations.find(ada.id)
        assert lost_entry is not None
        assert entry is not None
        assert now.version > lost.version
        assert now.calendar_sequence > lost.calendar_sequence
        assert entry.calendar_sequence > lost_entry.calendar_sequence


def test_a_copy_of_the_first_schema_is_brought_up_to_date(
    places: tuple[Place, Place], copy: Path, clock: Clock
) -> None:
    here, elsewhere = places
    with here.open():
        make_schema("0001")
        with db.engine.begin() as connection:
            for statement in old_rows(postgresql=is_postgresql()):
                connection.execute(text(statement))
        db.engine.dispose()
        write_backup(copy)
    with elsewhere.open():
        make_event(clock(), title="Another evening")
        restored = elsewhere.restore(copy)
        assert schema.is_current()
        assert restored.doubted == 1
        found = registrations.find(1)
        assert found is not None
        assert (found.name, found.state) == ("Ada Old", "confirmed")
        register(make_event(clock(), title="A new evening"), "Berta", clock())


def test_what_cannot_be_used_changes_nothing(places: tuple[Place, Place], tmp_path: Path, clock: Clock) -> None:
    here, elsewhere = places
    copies = {name: tmp_path / name for name in ("whole", "newer", "half", "holed", "empty", "text")}
    with here.open():
        confirm(make_event(clock()), "Ada", clock())
        write_backup(copies["whole"])
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        write_backup(copies["newer"])
    whole = copies.pop("whole").read_bytes()
    copies["half"].write_bytes(whole[: len(whole) // 2])
    copies["holed"].write_bytes(whole[:8192] + bytes(4096) + whole[12288:])
    copies["empty"].write_bytes(b"")
    copies["text"].write_bytes(b"no backup" * 1000)
    with elsewhere.open():
        make_event(clock(), title="Another evening")
        rows = every_row()
        for name, copy in copies.items():
            with pytest.raises(BackupRefused) as refused:
                elsewhere.restore(copy)
            assert ("newer version" in str(refused.value)) == (name == "newer")
            assert differences(rows, every_row()) == 0, name
    assert [path.name for path in elsewhere.folder.iterdir() if "restoring" in path.name] == []
