"""Several workers plan the same reminders at once, each in a process of its own."""

from pathlib import Path

from flask import Flask

from tests.races.crowd import crowd
from tests.races.planning import everybody_plans


def test_reminders_that_several_workers_plan_at_once_are_sent_once(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with crowd(4, database_url, tmp_path) as workers:
        found = everybody_plans(workers, events=6, people=6)
    assert found.heard == found.wanted
    assert sum(found.made) == found.wanted.total() == 108
