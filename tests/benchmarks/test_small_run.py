"""A small run of each part: every line is there, and what counts alike on every machine is kept."""

import re
import subprocess
import sys

import pytest

from regservice.config import PROJECT_ROOT
from regservice.jobs import JOBS

LINES = {
    "pages": (
        "- a bare view",
        "kept event page, read for the first time",
        "kept event page",
        "kept what the event page loads",
        "- calendar",
        "kept whole registration",
    ),
    "start": ("- the first page",),
    "exports": (
        "kept 1000 people with 34 columns as csv",
        "kept 1000 people with 34 columns as xlsx",
        "kept 4000 people with 34 columns as csv",
        "kept 4000 people with 34 columns as xlsx",
        "kept 4000 people as csv",
        "kept 4000 people as xlsx",
    ),
    "mails": ("- the first of 30 reminders", "- 30 of 30 reminders"),
    "growth": (
        "- 10 events, 2000 registrations, 5000 messages",
        "kept event page",
        "kept calendar",
        "kept whole registration",
        "kept /readyz",
        *(f"kept job {job.name} with nothing to do" for job in JOBS if job.every_s <= 60),
        "kept claim and delivery of a mail that is due",
    ),
}
# Together, since a process of its own for each takes longer than most of them.
RUNS = (
    ("sqlite", tuple(LINES)),
    # The others take no other way on PostgreSQL, and `make bench` measures them there.
    pytest.param("postgres", ("pages", "growth"), marks=pytest.mark.postgres),
)


def small_run(parts: tuple[str, ...], database: str) -> tuple[int, list[str]]:
    """The status, and the verdict and text of each line."""
    command = [sys.executable, "-m", "benchmarks", "--small", "--only", *parts, "--database", database]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [re.sub(r" +(\w+:)? *", " ", line, count=1) for line in done.stdout.splitlines()]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("database", "parts"), RUNS)
def test_a_small_run_says_every_line_and_keeps_what_is_steady(database: str, parts: tuple[str, ...]) -> None:
    status, said = small_run(parts, database)
    wanted = [line for part in parts for line in LINES[part]]
    assert [line[: len(start)] for line, start in zip(said, wanted, strict=True)] == wanted
    assert status == 0
