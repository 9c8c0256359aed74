"""The zone of the machine changes nothing, and a machine without zone data is refused."""

import json
from pathlib import Path

from tests.time.machines import NO_SYSTEM_DATA, live, prepare, without_zone_data

# Of the zones that `python -m tests.time` goes through the farthest, and the one of the machine's own file.
ZONES = ("Pacific/Kiritimati", None)


def test_machines_of_different_zones_say_the_same(tmp_path: Path, sqlite_url: str) -> None:
    prepare(tmp_path, sqlite_url)
    template = Path(sqlite_url.removeprefix("sqlite:///"))
    machines = [live(tmp_path, template, zone) for zone in ZONES]
    # The package tzdata is among what the service runs on, so that the machine's own data may be missing.
    machines.append(live(tmp_path, template, "UTC", **NO_SYSTEM_DATA))
    assert [machine.returncode for machine in machines] == [0] * 3, [machine.complained for machine in machines]
    assert len({machine.said for machine in machines}) == 1
    story = json.loads(machines[0].said)
    sent = [(kind, at) for kind, _, state, _, at, *_ in story["ledger"] if state == "sent"]
    assert sorted(set(sent)) == [
        ("confirmed", "2027-10-11T01:00:00+00:00"),
        ("remind_1d", "2027-10-30T14:00:00+00:00"),
        ("remind_2h", "2027-10-31T08:00:00+00:00"),
        ("remind_7d", "2027-10-25T06:00:00+00:00"),
        ("thanks", "2027-11-01T09:00:00+00:00"),
    ]
    assert len(sent) == len(story["letters"]) == 10


def test_without_zone_data_the_start_is_refused_in_one_line(tmp_path: Path) -> None:
    done = without_zone_data(tmp_path, "tick")
    said = "there is no time zone data for Europe/Berlin: run `make setup`, which installs tzdata\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
