"""Lists and copies on a full or read-only disk: whole under their name, or not there, and one line that says why."""

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts
from regservice.app import create_app
from regservice.clock import utc_now
from regservice.config import load_settings
from regservice.db import db
from tests.cli.running import call
from tests.conftest import OutsideClient
from tests.disk.invariants import broken
from tests.disk.people import add_people
from tests.disk.service import prepared
from tests.disk.small_disk import SmallDisk, needs_root, small_disk
from tests.forms import fill_in, forms_in

pytestmark = needs_root
PEOPLE = 400


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 8) as disk:
        yield disk


@pytest.mark.parametrize(
    "command",
    [
        ["attendees", "dialogue-evening", "--format", "csv", "--output"],
        ["attendees", "dialogue-evening", "--format", "xlsx", "--output"],
        ["backup"],
    ],
    ids=["csv", "xlsx", "backup"],
)
def test_a_file_is_whole_or_not_there(disk: SmallDisk, tmp_path: Path, command: list[str]) -> None:
    environ, _ = prepared(tmp_path / "instance")
    add_people(tmp_path / "instance" / "regservice.sqlite3", PEOPLE)
    file = disk.folder / "file"
    disk.fill(leave=8192)
    refused = call(environ, *command, str(file))
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1), refused.stderr
    assert refused.stderr.startswith(f"{file} cannot be written")
    assert sorted(path.name for path in disk.folder.iterdir()) == ["filler"]
    disk.heal()
    assert call(environ, *command, str(file)).returncode == 0
    assert (file.stat().st_size > 8192, file.stat().st_mode & 0o777) == (True, 0o600)


def test_commands_on_a_full_disk_refuse_in_one_line(disk: SmallDisk) -> None:
    environ, slug = prepared(disk.folder)
    disk.fill()
    for command in ("demo", f"format {slug} digital --reason x --join-url https://room.example.org", "tick"):
        refused = call(environ, *command.split())
        assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1), refused.stderr
        assert "disk" in refused.stderr
        assert "full" in refused.stderr
    disk.heal()
    assert call(environ, "demo").returncode == 0
    assert broken(disk.folder / "regservice.sqlite3") == []


# The package that writes tables leaves closing its temporary files to Python when there is no room.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_table_without_room_for_temporary_files_is_refused(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ, slug = prepared(tmp_path / "instance")
    add_people(tmp_path / "instance" / "regservice.sqlite3", PEOPLE)
    file = tmp_path / "list.xlsx"
    command = ["attendees", slug, "--format", "xlsx", "--output", str(file)]
    for leave in (0, 8192, 65_536):
        disk.fill(leave=leave)
        with monkeypatch.context() as patched:
            patched.setattr(tempfile, "tempdir", str(disk.folder))
            refused = call(environ, *command)
        assert (refused.returncode, len(refused.stderr.splitlines()), file.exists()) == (1, 1, False), refused
        assert "No space left on device" in refused.stderr
        assert [path.name for path in disk.folder.iterdir()] == ["filler"]
        # Here, where the warning is expected, and not in whatever test comes next.
        gc.collect()
        disk.heal()
    assert call(environ, *command).returncode == 0


def test_a_read_only_disk_is_named_and_left_as_it_is(disk: SmallDisk, tmp_path: Path) -> None:
    environ, slug = prepared(disk.folder)
    add_people(disk.folder / "regservice.sqlite3", 3)
    app = create_app(load_settings(environ))
    client = app.test_client()
    form = f"/events/{slug}/register"
    values: dict[str, str | list[str]] = {"name": "Ada", "email": "ada@example.org", "language": "de", "consent": "1"}
    with disk.read_only():
        for command in (["demo"], ["serve"], ["tick"], ["backup", str(tmp_path / "copy")]):
            refused = call(environ, *command)
            assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (1, "", 1), refused.stderr
            assert "cannot be written" in refused.stderr
        doctor = call(environ, "doctor")
        assert (doctor.returncode, "Traceback" in doctor.stderr) == (1, False)
        assert [line for line in doctor.stdout.splitlines() if line.startswith("WRONG disk: ")]
        assert client.get("/readyz").status_code == 503
        with app.app_context():
            db.engine.dispose()
    assert fill_in(client, form, values).status_code == 200
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    assert broken(disk.folder / "regservice.sqlite3") == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_list_over_the_web_is_refused_with_a_page_while_the_disk_is_full(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    environ, slug = prepared(disk.folder)
    add_people(disk.folder / "regservice.sqlite3", PEOPLE)
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    app = create_app(load_settings(environ))
    with app.app_context():
        organiser = accounts.add_organiser("kim@example.org", "Kim", by="test", now=utc_now())
        assert isinstance(organiser, OrganiserFacts)
        token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=utc_now())
        app.test_client_class = OutsideClient
        client = app.test_client()
        assert fill_in(client, f"/organise/link/{token}", {}).status_code == 302
        shown = client.get(f"/organise/events/{slug}/attendees").text
        form = next(hidden for action, hidden in forms_in(shown) if action.endswith("/export"))
        # Without any room taking it out cannot be recorded; with a little the table has none for itself.
        for leave in (0, 65_536):
            disk.fill(leave=leave)
            refused = client.post(f"/organise/events/{slug}/export", data=form | {"format": format})
            if leave == 0 or format == "xlsx":
                assert (refused.status_code, "Traceback" in refused.text) == (503, False)
                assert "<h1>" in refused.text
            gc.collect()
            disk.heal()
        answer = client.post(f"/organise/events/{slug}/export", data=form | {"format": format})
        assert (answer.status_code, len(answer.data) > 8192) == (200, True)
        db.session.remove()
        db.engine.dispose()
    assert broken(disk.folder / "regservice.sqlite3") == []
