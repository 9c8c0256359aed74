"""Double clicks and many spellings, from several processes at once."""

from pathlib import Path

from flask import Flask

from tests.races import clicks
from tests.races.crowd import crowd


def test_of_two_clicks_one_counts_and_one_mail_leaves(service: Flask, database_url: str, tmp_path: Path) -> None:
    with crowd(2, database_url, tmp_path) as both:
        found = clicks.double_clicks(both, 40)
    assert found.wrong == []
    assert found.answers == {"sign_up OptInSent": 80, "confirm Confirmed": 80, "cancel Cancelled": 80}


def test_one_person_in_many_spellings_has_one_place(service: Flask, database_url: str, tmp_path: Path) -> None:
    with crowd(16, database_url, tmp_path) as processes:
        found = clicks.one_person(processes, "2026")
    assert found.wrong == []
    assert found.answers == {"sign_up OptInSent": 48, "confirm Confirmed": 48}
