"""Backup, restore, doctor, the list of people and the switch on real databases."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from tests.cli.running import call, environment, started
from tests.databases import Postgres, copy_sqlite, free_port
from tests.test_serve import answers, wait_until

DIALOGUE = "guetersloh-dialogveranstaltung"


@pytest.fixture(scope="module")
def sqlite_demo(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example events, made once for all tests."""
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite3"
    copy_sqlite(migrated_sqlite, path)
    assert call(environment(path.parent, f"sqlite:///{path}"), "demo").returncode == 0
    return path


@pytest.fixture(scope="module")
def postgres_demo(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same on PostgreSQL."""
    with postgres.database() as url:
        assert call(environment(tmp_path_factory.mktemp("demo"), url), "demo").returncode == 0
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A service with the example events."""
    if request.param == "sqlite":
        copy_sqlite(request.getfixturevalue("sqlite_demo"), tmp_path / "test.sqlite3")
        yield environment(tmp_path, f"sqlite:///{tmp_path / 'test.sqlite3'}", PORT=str(free_port()))
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database(template=request.getfixturevalue("postgres_demo")) as url:
        yield environment(tmp_path, url, PORT=str(free_port()))


def people(environ: dict[str, str], slug: str = DIALOGUE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call(environ, "attendees", slug, "--format", "json").stdout)
    return found


def test_a_backup_brings_back_what_was(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    before = people(environ)
    assert len(before) == 6
    assert call(environ, "backup", str(file)).returncode == 0
    assert file.stat().st_mode & 0o077 == 0
    again = call(environ, "backup", str(file))
    assert (again.returncode, again.stderr) == (1, f"{file} is there already: choose another name.\n")
    assert call(environ, "format", DIALOGUE, "digital", "--reason", "x").returncode == 0
    refused = call(environ, "restore", str(file))
    assert (refused.returncode, refused.stderr[:12]) == (1, "The database")
    assert call(environ, "restore", str(file), "--replace").returncode == 0
    assert people(environ) == before
    assert {person["attendance"] for person in people(environ)} == {"onsite"}


def test_people_as_json_have_the_members_of_the_api_with_answers_under_their_keys(environ: dict[str, str]) -> None:
    [first, *_] = people(environ)
    assert set(first) == {
        "status",
        "name",
        "email",
        "language",
        "attendance",
        "wish",
        "code",
        "registered_at",
        "joined_at",
        "format",
        "format_version",
        "answers",
    }
    assert datetime.fromisoformat(first["registered_at"]).tzinfo is not None
    assert isinstance(first["answers"], dict)


def test_nobody_else_can_read_the_database_of_a_new_installation(tmp_path: Path) -> None:
    assert call(environment(tmp_path), "migrate").returncode == 0
    files = sorted(tmp_path.glob("regservice.sqlite3*"))
    assert files != []
    assert [file.name for file in files if file.stat().st_mode & 0o077 and file.suffix != ".lock"] == []


def test_the_audit_trail_is_verified(environ: dict[str, str]) -> None:
    before = call(environ, "verify-audit")
    assert (before.returncode, before.stdout.splitlines()[0]) == (0, "0 entries, all seals hold")
    assert "not sealed yet, the oldest of" in before.stdout.splitlines()[2]
    assert call(environ, "tick").returncode == 0
    well = call(environ, "verify-audit")
    assert (well.returncode, len(well.stdout.splitlines()), well.stdout[0] != "0") == (0, 2, True)
    engine = create_engine(environ["REGSERVICE_DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'nobody' WHERE id = 3")
    engine.dispose()
    changed = call(environ, "verify-audit")
    assert (changed.returncode, changed.stdout) == (1, "")
    assert changed.stderr.startswith("The audit trail was changed: entry 3 is the first that does not hold: ")
    assert len(changed.stderr.splitlines()) == 1


def test_a_trail_whose_key_was_lost_is_sealed_anew(environ: dict[str, str]) -> None:
    assert call(environ, "tick").returncode == 0
    environ["REGSERVICE_SECRET_KEY"] = "another-key-of-many-random-signs-0123456789"
    assert call(environ, "verify-audit").returncode == 1
    assert call(environ, "seal-audit-anew").returncode == 2
    assert call(environ, "seal-audit-anew", "--reason", "the machine was lost").returncode == 0
    assert call(environ, "verify-audit").returncode == 0


def test_nothing_is_restored_under_a_running_worker(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    with started(environ, "serve") as process:
        wait_until(lambda: answers(environ, "/readyz"))
        assert call(environ, "backup", str(file)).returncode == 0
        refused = call(environ, "restore", str(file), "--replace")
        assert (refused.returncode, refused.stderr[:20]) == (1, "A worker is running:")
        well = call(environ, "doctor")
        assert (well.returncode, [line[:5] for line in well.stdout.splitlines()]) == (0, ["ok   "] * 10)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert call(environ, "restore", str(file), "--replace").returncode == 0


def test_what_is_no_backup_changes_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    text, empty = tmp_path / "text", tmp_path / "empty.sqlite3"
    text.write_text("no backup")
    with sqlite3.connect(empty) as other:
        other.execute("CREATE TABLE something (id INTEGER)")
    for file in (text, empty):
        refused = call(environ, "restore", str(file), "--replace")
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert len(people(environ)) == 6


def test_the_list_leaves_out_who_never_confirmed(environ: dict[str, str], tmp_path: Path) -> None:
    table = call(environ, "attendees", DIALOGUE, "--format", "csv").stdout
    assert table.startswith('\ufeff"code";"name";"email";"language";"status";"attendance";"registered_at";')
    assert "Uta Vergesslich" not in table
    assert "Wilhelm Ohnepost" in table
    file = tmp_path / "list.xlsx"
    assert call(environ, "attendees", DIALOGUE, "--format", "xlsx", "--output", str(file)).stdout == ""
    assert (file.read_bytes()[:2], file.stat().st_mode & 0o077) == (b"PK", 0)
    assert call(environ, "attendees", "nowhere", "--format", "csv").returncode == 1


def test_a_switch_by_command(environ: dict[str, str]) -> None:
    command = ["format", DIALOGUE, "digital", "--reason", "Inzidenz"]
    preview = json.loads(call(environ, *command, "--dry-run").stdout)
    first = json.loads(call(environ, *command).stdout)
    assert first == {"changed": True, "version": 2, "effects": preview["effects"]}
    assert json.loads(call(environ, *command).stdout) == {"changed": False, "version": 2}
    refused = call(environ, "format", "goeppingen-auftakt", "digital", "--reason", "x")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "A digital format needs the address of its room: add --join-url URL.\n"


def test_the_doctor_says_what_to_do(tmp_path: Path) -> None:
    secret = tmp_path / "secret_key"
    environ = environment(tmp_path, REGSERVICE_MAIL_SERVER="127.0.0.1", REGSERVICE_MAIL_PORT=str(free_port()))
    environ["REGSERVICE_MAIL_DEFAULT_SENDER"] = "events@example.org"
    secret.write_text("x" * 40)
    secret.chmod(0o644)
    done = call(environ, "doctor")
    assert done.returncode == 1
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong == ["secrets:", "database:", "worker:", "relay:"]
    assert f"chmod 600 {secret}" in done.stdout
    assert "python -m regservice migrate" in done.stdout
