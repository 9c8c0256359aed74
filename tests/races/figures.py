"""The table of races: each runs whole on one database and says in one line what was done and what was found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from os import getloadavg

from tests.races import clicks, kills, seats, switches, switching_back, web
from tests.races.crowd import crowd
from tests.races.place import Place
from tests.servers import web_server

PEOPLE = 64
# Also the last of 200 people who press at the same moment has an answer by then.
ANSWERED_WITHIN_S = 2.0


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
    again = sum(number for answer, number in found.answers.items() if "again" in answer)
    text = (
        f"{len(found.wrong)} wrong in {races} races of {PEOPLE} processes for 1 to 50 places: {given} given, "
        f"{again} asked to send again"
    )
    return Line(text=text, wrong=found.wrong)


def moving_seats(place: Place, seed: int, share: float) -> Line:
    """People, organisers, staff and worker at once, while offers are made and near the start."""
    found, races = seats.Found(), 0
    with crowd(PEOPLE, place.url, place.folder) as people:
        while races < 40 * share or _moved_up(found) < 10_000 * share:
            for near in (False, True):
                found = found.add(seats.everything_at_once(people, seed=f"{seed}:{races}", steps=16, near=near))
            races += 1
    happened = ", ".join(f"{number} {verb.partition('.')[2]}" for verb, number in found.deeds.most_common())
    requests = sum(found.answers.values())
    again = sum(number for answer, number in found.answers.items() if "again" in answer)
    text = (
        f"{len(found.wrong)} wrong in {2 * races} races, {requests} requests from {PEOPLE} processes, "
        f"{again} asked to send again: {happened}"
    )
    return Line(text=text, wrong=found.wrong)


def _moved_up(found: seats.Found) -> int:
    """How many seats were offered by the service or given by staff to people who waited."""
    return found.deeds["registration.offered"] + found.deeds["registration.moved_up"]


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
    found, races = seats.Found(), max(1, ceil(10_000 / 14 * share))
    with crowd(16, place.url, place.folder) as processes:
        for race in range(races):
            found = found.add(switches.switch_while_people_move(processes, f"{seed}:{race}"))
    text = f"{len(found.wrong)} missed or doubled in {14 * races} races of a person with a switch, {races} switches"
    return Line(text=text, wrong=found.wrong)


def going_back(place: Place, seed: int, share: float) -> Line:
    """Fourteen people come, leave or had left while one switches back to a room of eight and one delivers."""
    found, races = seats.Found(), max(1, ceil(10_000 / 14 * share))
    with crowd(16, place.url, place.folder) as processes:
        for race in range(races):
            found = found.add(switching_back.switch_back_while_people_move(processes, f"{seed}:{race}"))
    done, refused = found.answers["switch Switched"], found.answers["switch SwitchRefused"]
    text = (
        f"{len(found.wrong)} oversold, missed or doubled in {races} switches back to a room of "
        f"{switching_back.SEATS}: {done} done, {refused} refused for too many people"
    )
    return Line(text=text, wrong=found.wrong)


def deciding(place: Place, _seed: int, share: float) -> Line:
    """Eight who switch by hand, and organisers with the rule, at the same moment."""
    found, races = seats.Found(), max(1, round(200 * share))
    with crowd(8, place.url, place.folder) as processes:
        for _ in range(races):
            found = found.add(switches.two_switch(processes)).add(switches.rule_and_staff(processes))
    text = f"{len(found.wrong)} wrong in {races} switches by 8 at once and {races} decisions of 6 and the rule: 1 wins"
    return Line(text=text, wrong=found.wrong)


def rush(place: Place, _seed: int, share: float) -> Line:
    """200 people for 50 places, through the web server; the slowest answer of all runs."""
    runs, wrong, waited = max(1, round(5 * share)), [], []
    with web_server(place.folder, place.url, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2") as base:
        for _ in range(runs):
            found = web.rush(base, 200, 50, waiting_list=True)
            waited.append(f"{found.waited[-1]:.2f} s ({found.server_cpu_s:.1f} s of CPU, load {getloadavg()[0]:.0f})")
            wrong += wrong_in_rush(found)
    text = f"{len(wrong)} wrong in {runs} runs of 200 people for 50 places; the last answer after {', '.join(waited)}"
    return Line(text=text, wrong=wrong)


def wrong_in_rush(found: web.Rush) -> list[str]:
    """What was promised to 200 people for 50 places and not kept."""
    wrong = []
    if found.states != {"confirmed": 50, "waitlisted": 150} or found.statuses != {200: 200}:
        wrong.append(f"{dict(found.states)}, {dict(found.statuses)}")
    late = sum(seconds > ANSWERED_WITHIN_S for seconds in found.waited)
    if late:
        last = max(found.waited)
        wrong.append(f"{late} of 200 answers after more than {ANSWERED_WITHIN_S:.0f} s, the last after {last:.2f} s")
    return wrong


def over_http(place: Place, seed: int, share: float) -> Line:
    """Pages read and buttons pressed by 64 processes, through the web server, while organisers and worker act."""
    found, races = seats.Found(), 0
    with (
        web_server(place.folder, place.url, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2") as base,
        crowd(PEOPLE, place.url, place.folder) as people,
    ):
        while sum(found.answers.values()) < 25_000 * share:
            found = found.add(web.everything_at_once(people, base, seed=f"{seed}:{races}", steps=24))
            races += 1
    requests = sum(found.answers.values())
    text = f"{len(found.wrong)} wrong in {requests} requests of {PEOPLE} processes, {races} races"
    return Line(text=text, wrong=found.wrong)


def reads_and_writes(place: Place, seed: int, share: float) -> Line:
    """16 processes reading and writing without a pause: nobody hears of a locked or serialised database."""
    found, races = seats.Found(), 0
    with (
        web_server(place.folder, place.url, REGSERVICE_REHEARSAL="1", WEB_CONCURRENCY="2") as base,
        crowd(16, place.url, place.folder) as people,
    ):
        while sum(found.answers.values()) < 100_000 * share:
            found = found.add(web.everything_at_once(people, base, seed=f"{seed}:{races}", steps=100))
            races += 1
    requests = sum(found.answers.values())
    failed = sum(number for answer, number in found.answers.items() if "failed" in answer)
    text = f"{failed} failed and {len(found.wrong)} wrong of {requests} reads and writes of 16 processes"
    return Line(text=text, wrong=found.wrong)


def killed(place: Place, seed: int, share: float) -> Line:
    """The web server killed under sign-ups, 30 times."""
    times = max(1, round(30 * share))
    found = kills.sign_ups_under_kills(place, kills=times, seed=str(seed))
    text = (
        f"{len(found.wrong)} lost or doubled of {found.acknowledged} acknowledged sign-ups over {times} kills, "
        f"{found.broken_off} requests broken off"
    )
    return Line(text=text, wrong=found.wrong)


FIGURES = (
    Figure(name="rush", run=rush),
    Figure(name="killed", run=killed),
    Figure(name="double-clicks", run=double_clicks),
    Figure(name="one-person", run=one_person),
    Figure(name="last-places", run=last_places),
    Figure(name="moving-seats", run=moving_seats),
    Figure(name="switching", run=switching),
    Figure(name="going-back", run=going_back),
    Figure(name="deciding", run=deciding),
    Figure(name="over-http", run=over_http),
    Figure(name="reads-and-writes", run=reads_and_writes),
)
