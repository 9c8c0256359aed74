"""More requests than threads: they wait where any process can take them, and each is answered, also at the end."""

import fcntl
import signal
import time
from collections import Counter
from pathlib import Path
from threading import Thread

from flask import Flask

from regservice.db import db
from regservice.webserver import THREADS
from tests.cli.running import environment, started
from tests.databases import free_port
from tests.races.browsers import post_registration
from tests.races.web import coming_event
from tests.test_serve import answers, wait_until

PEOPLE = 40
# Linux lists a connection that no process has taken yet without an inode.
NOT_TAKEN = "0"


def connections(port: str) -> Counter[bool]:
    """Connections to a port, by whether a process has taken them from the kernel."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    own = [row for row in rows if int(row[1].rpartition(":")[2], 16) == int(port) and row[3] == "01"]
    return Counter(row[9] != NOT_TAKEN for row in own)


def test_a_busy_process_leaves_connections_to_others_and_takes_all_of_them_before_it_ends(
    app: Flask, tmp_path: Path
) -> None:
    event, statuses = coming_event(None), []
    path = str(db.engine.url.database)
    db.session.remove()
    environ = environment(tmp_path, f"sqlite:///{path}", PORT=str(port := free_port()), REGSERVICE_REHEARSAL="1")

    def sign_up(number: int) -> None:
        email = f"busy{number}@example.org"
        statuses.append(post_registration(f"http://127.0.0.1:{port}", event.slug, email, email))

    people = [Thread(target=sign_up, args=(number,)) for number in range(PEOPLE)]
    with started(environ, "web") as process, open(f"{path}.lock", "w") as lock:
        wait_until(lambda: answers(environ))
        fcntl.flock(lock, fcntl.LOCK_EX)  # Nobody can write, so whoever has a thread keeps it.
        for person in people:
            person.start()
        wait_until(lambda: connections(environ["PORT"]).total() == PEOPLE)
        wait_until(lambda: connections(environ["PORT"])[True] >= 2 * THREADS)
        time.sleep(0.3)
        assert connections(environ["PORT"])[True] <= 3 * THREADS
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: connections(environ["PORT"])[True] == PEOPLE, seconds=5)
        fcntl.flock(lock, fcntl.LOCK_UN)
        for person in people:
            person.join(30)
        assert process.wait(20) == 0
    assert statuses == [202] * PEOPLE
