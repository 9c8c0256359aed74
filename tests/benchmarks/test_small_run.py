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
        "- 100 people with 15 columns as csv",
        "- 100 people with 15 columns as xlsx",
        "kept 1000 people with 34 columns as csv",
        "kept 1000 people with 34 columns as xlsx",
        "kept 10000 people with 15 columns as csv",
        "kept 10000 people with 15 columns as xlsx",
        "kept 10000 people as csv",
        "kept 10000 people as xlsx",
    ),
    "mails": ("- the first of 100 reminders", "- 100 of 100 reminders"),
    "growth": (
        "- 10 events, 10000 registrations, 50000 messages",
        "kept event page",
        "kept calendar",
        "kept whole registration",
        "kept /readyz",
        *(f"kept job {job.name} with nothing to do" for job in JOBS if job.every_s <= 60),
        "kept claim and delivery of a mail that is due",
    ),
}
# The others take no other way on PostgreSQL, and `make bench` measures them there.
RUNS = (
    *((part, "sqlite") for part in LINES),
    *(pytest.param(part, "postgres", marks=pytest.mark.postgres) for part in ("pages", "growth")),
)


def small_run(part: str, database: str) -> tuple[int, list[str]]:
    """The status, and the verdict and text of each line."""
    command = [sys.executable, "-m", "benchmarks", "--small", "--only", part, "--database", database]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, [re.sub(r" +(\w+:)? *", " ", line, count=1) for line in done.stdout.splitlines()]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("part", "database"), RUNS)
def test_a_small_run_says_every_line_and_keeps_what_is_steady(part: str, database: str) -> None:
    status, said = small_run(part, database)
    assert [line[: len(start)] for line, start in zip(said, LINES[part], strict=True)] == list(LINES[part])
    assert status == 0
