"""Commands as processes: what they print, how they refuse, and their exit status."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from flask import Flask

from regservice.clock import utc_now
from regservice.db import session
from regservice.events import service as events
from regservice.events.types import Format
from regservice.formats import service as formats
from regservice.registrations import service as registrations
from tests.cli.running import call, environment, run, run_anew
from tests.conftest import Clock
from tests.factories import confirm, make_event

RUNNING = """
slug: abend
title: Dialogabend
status: published
starts_at: {begun}
ends_at: {over}
venue: {{name: Rathaus, city: Musterstadt}}
contact: {{email: amt@example.org}}
join_url: https://room.example.org/x
"""


@pytest.fixture
def environ(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, sqlite_url)


def test_help_lists_every_command(environ: dict[str, str]) -> None:
    done = run_anew(environ, "--help")
    listed = {line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()}
    wanted = {"serve", "web", "worker", "tick", "migrate", "demo", "organiser", "token", "event"}
    assert (done.returncode, wanted - listed) == (0, set())


@pytest.mark.parametrize("command", [["tick"], ["demo"], ["serve"], ["web"], ["worker"], ["event", "export", "x"]])
def test_an_unmigrated_database_is_refused_in_one_line(tmp_path: Path, command: list[str]) -> None:
    done = run(environment(tmp_path), *command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("The database is not at the newest schema: run `python -m regservice migrate`.\n")
    assert "Traceback" not in done.stderr


def test_bad_settings_are_refused_in_one_line(tmp_path: Path) -> None:
    done = run_anew(environment(tmp_path, REGSERVICE_TIMZONE="x", PORT="none"), "tick")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "REGSERVICE_TIMZONE is not a setting" in done.stderr
    assert "PORT" in done.stderr


def test_an_unreachable_database_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run(environment(tmp_path, "postgresql://nobody@127.0.0.1:1/none"), "tick")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("The database cannot be reached")
    assert "Traceback" not in done.stderr


def test_wrong_usage_ends_with_two(environ: dict[str, str]) -> None:
    assert run(environ, "no-such-command").returncode == 2
    assert run(environ, "token", "create").returncode == 2


def test_migrate_makes_the_tables_and_a_second_call_changes_nothing(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    assert [run(environ, "migrate").returncode for _ in range(2)] == [0, 0]
    assert run(environ, "tick").returncode == 0


def test_tick_prints_a_count_for_each_job(environ: dict[str, str]) -> None:
    done = run(environ, "tick")
    counts = json.loads(done.stdout)
    assert done.returncode == 0
    assert counts["deliver"] == 0
    assert set(map(type, counts.values())) == {int}


@pytest.mark.parametrize(
    ("rehearsal", "at", "status"),
    [
        ("0", "2026-11-18T16:00:00+01:00", 1),
        ("1", "2026-11-18T16:00:00+01:00", 0),
        ("1", "2026-11-18T15:00:00Z", 0),
        ("1", "2026-11-18T16:00:00", 2),
        ("1", "tomorrow", 2),
    ],
)
def test_tick_at_another_time_is_for_rehearsals(environ: dict[str, str], rehearsal: str, at: str, status: int) -> None:
    assert call(environ | {"REGSERVICE_REHEARSAL": rehearsal}, "tick", "--at", at).returncode == status


def test_accounts_and_tokens(environ: dict[str, str]) -> None:
    add = ["organiser", "add", "olga@example.org", "--name", "Olga", "--password-stdin"]
    short = call(environ, *add, text="short\n")
    assert (short.returncode, short.stderr) == (1, "The password is too short: use at least 12 characters.\n")
    assert call(environ, *add, text="correct horse battery\n").returncode == 0
    again = call(environ, *add, text="correct horse battery\n")
    assert (again.returncode, again.stderr) == (1, "There is an account with this address already.\n")
    password = ["organiser", "password", "olga@example.org", "--password-stdin"]
    assert call(environ, *password, text="another horse battery\n").returncode == 0
    assert call(environ, "organiser", "password", "x@example.org", "--password-stdin", text="a\n").returncode == 1
    token = call(environ, "token", "create", "intranet", "--organiser", "olga@example.org")
    assert (token.returncode, token.stdout[:3], len(token.stdout.split())) == (0, "rs_", 1)


def test_an_account_needs_a_mail_address(environ: dict[str, str]) -> None:
    done = call(environ, "organiser", "add", "olga", "--name", "Olga")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The mail address holds characters that are not allowed.\n"


def test_the_demo_is_loaded_once(environ: dict[str, str]) -> None:
    assert call(environ, "demo").stdout == "7 example events loaded.\n"
    assert call(environ, "demo").stdout == "The example events are there already.\n"


def test_a_switch_needs_a_reason_that_is_more_than_blanks(environ: dict[str, str]) -> None:
    done = call(environ, "format", "abend", "digital", "--reason", " ")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Everyone concerned reads the reason: give one with --reason TEXT.\n"


def test_a_begun_event_is_switched_in_an_emergency_alone(environ: dict[str, str]) -> None:
    # It began long ago and goes on for weeks, as no clock of this test is set.
    begun = (utc_now() - timedelta(days=1)).isoformat(timespec="seconds")
    over = (utc_now() + timedelta(days=20)).isoformat(timespec="seconds")
    call(environ, "event", "import", "-", text=RUNNING.format(begun=begun, over=over))
    command = ("format", "abend", "digital", "--reason", "Fire")
    refused = call(environ, *command)
    assert (refused.returncode, refused.stderr) == (1, "The event has begun: in an emergency add --emergency.\n")
    done = call(environ, *command, "--emergency")
    assert (done.returncode, json.loads(done.stdout)["call_list"]) == (0, [])
    back = call(environ, "format", "abend", "onsite", "--reason", "Fire", "--emergency")
    assert (back.returncode, back.stderr) == (
        1,
        "The event has begun: it can become digital or hybrid, not on site.\n",
    )


def test_an_event_goes_back_on_site_once(environ: dict[str, str]) -> None:
    begins = (utc_now() + timedelta(days=19)).isoformat(timespec="seconds")
    over = (utc_now() + timedelta(days=20)).isoformat(timespec="seconds")
    call(environ, "event", "import", "-", text=RUNNING.format(begun=begins, over=over))
    for format in ("digital", "onsite", "digital"):
        assert call(environ, "format", "abend", format, "--reason", "Flu").returncode == 0
    again = call(environ, "format", "abend", "hybrid", "--reason", "Flu")
    assert (again.returncode, again.stdout, again.stderr) == (
        1,
        "",
        "It went back on site once already, and does so only once. Leave it digital, or postpone it.\n",
    )


def test_back_on_site_with_fewer_places_by_question_and_draw(environ: dict[str, str], app: Flask, clock: Clock) -> None:
    # The commands read the real time, which has to be after all of this.
    clock.set(utc_now() - timedelta(hours=1))
    begins = clock() + timedelta(days=19)
    times = {"starts_at": begins, "ends_at": begins + timedelta(hours=3)}
    event = make_event(clock(), capacity=1, digital_capacity=None, **times)
    early = confirm(event, "Ada", clock())
    clock.advance(minutes=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url="https://x.example.org", by="t", now=clock())
    clock.advance(minutes=1)
    late = confirm(events.get(event.id), "Ben", clock())
    session().rollback()
    small = call(environ, "format", event.slug, "onsite", "--reason", "Calm")
    assert (small.returncode, small.stdout, small.stderr) == (
        1,
        "",
        "1 of the people would have no seat. Raise the capacity, switch to hybrid, ask who would stay digital "
        "(`stay-digital`), or draw lots (`return`).\n",
    )
    asked = call(environ, "stay-digital", event.slug)
    assert (asked.returncode, json.loads(asked.stdout)) == (0, {"mailed": 2, "to_call": 0})
    lottery = ("return", event.slug, "lottery", "--reason", "Calm")
    seen = json.loads(call(environ, *lottery, "--dry-run").stdout)
    assert ([line["number"] for line in seen["drew"]], seen["without"]) == ([late.id], seen["drew"])
    wrong = [
        call(environ, *lottery, "--seen", "another"),
        call(environ, *lottery, "--confirm-by", (clock() + timedelta(hours=47)).isoformat()),
        call(environ, *lottery, "--confirm-by", "2026-11-18 16:00"),
    ]
    assert [(done.returncode, done.stdout) for done in wrong] == [(1, ""), (1, ""), (2, "")]
    assert [done.stderr for done in wrong[:2]] == [
        "Other people would stay digital than in that dry run: look again.\n",
        "People need at least 48 hours to confirm: choose a later --confirm-by.\n",
    ]
    until = (clock() + timedelta(hours=49)).isoformat()
    done = call(environ, *lottery, "--seen", seen["seen"], "--confirm-by", until)
    assert (done.returncode, json.loads(done.stdout)["effects"]) == (0, seen["effects"])
    session().rollback()
    found = registrations.with_ids([early.id, late.id])
    assert {person.id: person.answer_by is not None for person in found} == {early.id: True, late.id: False}
    again = call(environ, *lottery)
    assert (again.returncode, again.stderr) == (
        1,
        "Nothing of this event is digital: there is nothing to bring back on site.\n",
    )


def test_a_switch_may_name_sessions_by_title_or_position(environ: dict[str, str]) -> None:
    sessions = "sessions: [{title: Talk}, {title: Group, kind: group}, {title: End}]"
    call(environ, "event", "import", "-", text=f"slug: abend\ntitle: Dialogabend\n{sessions}\n")
    switch = ("format", "abend", "digital", "--reason", "Flu")
    done = call(environ, *switch, "--session", "Group", "--session", "3")
    assert (done.returncode, json.loads(done.stdout)["changed"]) == (0, True)
    exported = yaml.safe_load(call(environ, "event", "export", "abend").stdout)
    assert [part["format"] for part in exported["sessions"]] == ["onsite", "digital", "digital"]
    unknown = call(environ, *switch, "--session", "Lunch")
    assert (unknown.returncode, unknown.stderr) == (1, "The event has no such session.\n")


def test_a_list_that_cannot_be_written_is_refused_in_one_line(environ: dict[str, str], tmp_path: Path) -> None:
    call(environ, "event", "import", "-", text="slug: abend\ntitle: Dialogabend\n")
    file = tmp_path / "missing" / "people.csv"
    done = call(environ, "attendees", "abend", "--format", "csv", "--output", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{file} cannot be written: No such file or directory.\n"


def test_an_event_goes_in_and_out(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "event.yaml"
    file.write_text("slug: abend\ntitle: Dialogabend\nstarts_at: 2027-03-05T18:00\n", encoding="utf-8")
    assert call(environ, "event", "import", str(file)).stdout == "abend created\n"
    exported = call(environ, "event", "export", "abend")
    assert yaml.safe_load(exported.stdout)["starts_at"] == "2027-03-05T18:00:00+01:00"
    file.write_text(exported.stdout, encoding="utf-8")
    assert call(environ, "event", "import", str(file)).stdout == "abend updated\n"
    assert call(environ, "event", "export", "abend").stdout == exported.stdout


def test_a_wrong_event_is_refused_with_the_names_of_its_members(environ: dict[str, str]) -> None:
    done = call(environ, "event", "import", "-", text="titel: x\ncapacity: many\n")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    for name in ("titel: ", "title: ", "capacity: "):
        assert name in done.stderr
    assert call(environ, "event", "export", "nowhere").stderr == "There is no event nowhere.\n"
