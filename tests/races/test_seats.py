"""64 processes at the same seats: the fast part of `python -m tests.races`."""

from pathlib import Path

from flask import Flask

from tests.races import seats
from tests.races.crowd import crowd

PEOPLE = 64
SEED = "2026"


def test_every_seat_is_given_once_and_in_the_order_of_the_line(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with crowd(PEOPLE, database_url, tmp_path) as people:
        found = [
            seats.last_places(people, 17, waiting_list=True),
            seats.last_places(people, 50, waiting_list=False),
            seats.everything_at_once(people, seed=SEED, steps=12),
            seats.everything_at_once(people, seed=SEED, steps=8, near=True),
        ]
    assert [race.wrong for race in found] == [[], [], [], []]
    # A story in which nothing happens proves nothing.
    far = found[2].deeds
    happenings = ("created", "waitlisted", "offered", "confirmed", "cancelled", "expired")
    assert [name for name in happenings if not far[f"registration.{name}"]] == []
