"""The table of races: each runs whole on one database and says in one line what was done and what was found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.races import clicks, seats, switches
from tests.races.crowd import crowd

PEOPLE = 64


@dataclass(frozen=True, kw_only=True)
class Place:
    """A fresh database and a folder for journals and logs."""

    database: str
    url: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Line:
    """What came of it, with denominators, and every broken promise."""

    text: str
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One race of the table; `run` takes the place, the seed and the share of the whole."""

    name: str
    run: Callable[[Place, int, float], Line]


def last_places(place: Place, _seed: int, share: float) -> Line:
    """Every capacity from 1 to 50, with a waiting list and without."""
    found, races = seats.Found(), 0
    with crowd(PEOPLE, place.url, place.folder) as people:
        for capacity in range(1, 51, max(1, round(1 / share))):
            for waiting_list in (True, False):
                found = found.add(seats.last_places(people, capacity, waiting_list=waiting_list))
                races += 1
    given = found.deeds["registration.confirmed"]
    text = f"{len(found.wrong)} wrong in {races} races of {PEOPLE} processes for 1 to 50 places: {given} given"
    return Line(text=text, wrong=found.wrong)


def moving_seats(place: Place, seed: int, share: float) -> Line:
    """People, organisers, staff and worker at once, while offers are made and near the start."""
    found, races = seats.Found(), max(1, round(40 * share))
    with crowd(PEOPLE, place.url, place.folder) as people:
        for race in range(races):
            for near in (False, True):
                found = found.add(seats.everything_at_once(people, seed=f"{seed}:{race}", steps=16, near=near))
    happened = ", ".join(f"{number} {verb.partition('.')[2]}" for verb, number in found.deeds.most_common())
    requests = sum(found.answers.values())
    text = f"{len(found.wrong)} wrong in {2 * races} races, {requests} requests from {PEOPLE} processes: {happened}"
    return Line(text=text, wrong=found.wrong)


def double_clicks(place: Place, _seed: int, share: float) -> Line:
    """Every click of two processes on the same forms and buttons."""
    pairs = max(2, round(10_000 * share))
    with crowd(2, place.url, place.folder) as both:
        found = clicks.double_clicks(both, pairs)
    text = (
        f"{len(found.wrong)} wrong in {pairs} double sign-ups, each confirmed and cancelled twice: 1 row, 1 mail each"
    )
    return Line(text=text, wrong=found.wrong)


def one_person(place: Place, seed: int, share: float) -> Line:
    """Three people, each in four spellings, from all processes at once."""
    found, races = seats.Found(), max(1, round(50 * share))
    with crowd(PEOPLE, place.url, place.folder) as processes:
        for race in range(races):
            found = found.add(clicks.one_person(processes, f"{seed}:{race}"))
    sent = found.answers["sign_up OptInSent"]
    text = f"{len(found.wrong)} wrong in {sent} sign-ups of {3 * races} people in 4 spellings each: 1 place each"
    return Line(text=text, wrong=found.wrong)


def switching(place: Place, seed: int, share: float) -> Line:
    """Fourteen people confirm or cancel while one switches and one delivers, again and again."""
    found, races = seats.Found(), max(1, round(10_000 / 14 * share))
    with crowd(16, place.url, place.folder) as processes:
        for race in range(races):
            found = found.add(switches.switch_while_people_move(processes, f"{seed}:{race}"))
    text = f"{len(found.wrong)} missed or doubled in {14 * races} races of a person with a switch, {races} switches"
    return Line(text=text, wrong=found.wrong)


def deciding(place: Place, _seed: int, share: float) -> Line:
    """Eight who switch by hand, and organisers with the rule, at the same moment."""
    found, races = seats.Found(), max(1, round(200 * share))
    with crowd(8, place.url, place.folder) as processes:
        for _ in range(races):
            found = found.add(switches.two_switch(processes)).add(switches.rule_and_staff(processes))
    text = f"{len(found.wrong)} wrong in {races} switches by 8 at once and {races} decisions of 6 and the rule: 1 wins"
    return Line(text=text, wrong=found.wrong)


FIGURES = (
    Figure(name="double-clicks", run=double_clicks),
    Figure(name="one-person", run=one_person),
    Figure(name="last-places", run=last_places),
    Figure(name="moving-seats", run=moving_seats),
    Figure(name="switching", run=switching),
    Figure(name="deciding", run=deciding),
)
