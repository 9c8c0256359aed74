"""Going digital while people come and go, and while others decide as well."""

from pathlib import Path

from flask import Flask

from tests.races import rules, switches, switching_back
from tests.races.crowd import crowd


def test_everyone_hears_once_that_it_is_digital_whoever_comes_meanwhile(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with crowd(16, database_url, tmp_path) as processes:
        found = [switches.switch_while_people_move(processes, f"{race}") for race in range(5)]
    assert [race.wrong for race in found] == [[]] * 5
    assert [race.answers["switch Switched"] for race in found] == [1] * 5


def test_of_many_who_decide_at_once_one_does(service: Flask, database_url: str, tmp_path: Path) -> None:
    with crowd(8, database_url, tmp_path) as processes:
        found = [race(processes) for race in (switches.two_switch, switches.rule_and_staff) for _ in range(3)]
    assert [race.wrong for race in found] == [[]] * 6


def test_of_several_who_save_a_rule_and_its_decision_one_wins(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    races = (rules.several_save, rules.saved_while_read, rules.saved_while_decided)
    with crowd(8, database_url, tmp_path) as processes:
        found = [race(processes) for race in races for _ in range(3)]
    assert [race.wrong for race in found] == [[]] * 9


def test_no_seat_is_given_twice_when_it_goes_back_on_site_while_people_move(
    service: Flask, database_url: str, tmp_path: Path
) -> None:
    with crowd(16, database_url, tmp_path) as processes:
        found = [switching_back.switch_back_while_people_move(processes, f"{race}") for race in range(5)]
    assert [race.wrong for race in found] == [[]] * 5
    assert [race.answers["switch Switched"] + race.answers["switch SwitchRefused"] for race in found] == [1] * 5
