"""A disk that is full or read-only: a clear refusal, nothing half-written, and well again by itself."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.running import call
from tests.disk.invariants import broken
from tests.disk.service import Service, serving, wait_for
from tests.disk.small_disk import SmallDisk, needs_root, small_disk
from tests.faulty_relay import Fault

pytestmark = [needs_root, pytest.mark.xdist_group("serve")]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("full") / "disk", 24) as disk:
        yield disk


@pytest.fixture(scope="module")
def service(disk: SmallDisk) -> Iterator[Service]:
    with serving(disk.folder) as service:
        yield service


def states(database: Path) -> Counter[tuple[str, str, bool]]:
    """How many sign-up messages stand in each state, and whether they were ever uncertain."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT kind, state, uncertain FROM message WHERE kind IN ('optin', 'confirmed')")
        return Counter((kind, state, bool(uncertain)) for kind, state, uncertain in rows)


def test_registrations_are_refused_with_a_page_and_go_on_when_there_is_room(service: Service, disk: SmallDisk) -> None:
    assert service.register("Ada First").status == 200
    wait_for(lambda: service.mails_to("Ada First"))
    disk.fill()
    # The log already reserved on the disk may hold a few more; then nothing is taken.
    answers = [service.register(f"Person {number}") for number in range(8)]
    assert {answer.status for answer in answers} <= {200, 503}
    taken = [answer for answer in answers if answer.status == 200]
    refused = answers[-1]
    assert refused.status == 503
    assert "<h1>Not available at the moment</h1>" in refused.text
    assert "Please wait a minute, go back and send it once more." in refused.text
    assert service.ask("GET", f"/events/{service.event}").status == 200
    status, ready = service.ready()
    assert (status, "disk" in ready["status"]) == (503, True)
    doctor = call(service.environ, "doctor")
    assert doctor.returncode == 1
    assert [line for line in doctor.stdout.splitlines() if line.startswith("WRONG disk: ")]
    disk.heal()
    assert service.register("Berta After").status == 200
    wait_for(lambda: service.mails_to("Berta After"))
    assert service.confirm("Berta After").status == 200
    wait_for(lambda: len(service.mails_to("Berta After")) == 2)
    assert broken(service.database) == []
    wait_for(
        lambda: (
            states(service.database)
            == Counter({("optin", "sent", False): 2 + len(taken), ("confirmed", "sent", False): 1})
        )
    )
    wait_for(lambda: service.ready()[0] == 200)


def test_a_mail_that_left_is_known_once_there_is_room_again(service: Service, disk: SmallDisk) -> None:
    """The disk fills up while the relay takes a message: its mark cannot be written for some seconds."""

    first = len(service.relay.stored) + 1

    def filled_at_the_second(number: int) -> Fault | None:
        if number == first + 1:
            disk.fill()
        return None

    service.relay.plan = filled_at_the_second
    people = ["Ada One", "Berta Two", "Carla Three"]
    for person in people:
        assert service.register(person).status in {200, 503}
    wait_for(lambda: len(service.relay.stored) == first + 1)
    tried = log_of(service).count("job deliver failed")
    assert service.register("Dora Four").status == 503
    time.sleep(2)  # Two rounds of the worker.
    assert len(service.relay.stored) == first + 1
    disk.heal()
    assert service.register("Emma Five").status == 200
    wait_for(lambda: service.mails_to("Emma Five"))
    assert Counter(mail.recipient for mail in service.relay.stored[first - 1 :]).most_common(1)[0][1] == 1
    # Before its lease of two minutes ends: the worker has kept what it knew.
    wait_for(lambda: {state for _, state, _ in states(service.database)} == {"sent"})
    assert {uncertain for _, _, uncertain in states(service.database)} == {False}
    assert log_of(service).count("job deliver failed") <= tried + 2
    assert broken(service.database) == []


def log_of(service: Service) -> str:
    return (service.instance / "service.log").read_text(errors="replace")
