"""What a mutant is, and the tests that several of them must turn red."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one file. `old` stands there exactly once; `tests` are pytest's arguments, red with `new`."""

    name: str
    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SEATS = "tests/races/test_seats.py::test_every_seat_is_given_once_and_in_the_order_of_the_line"
SEATS_ON_SQLITE, SEATS_ON_POSTGRESQL = (f"{SEATS}[sqlite]",), (f"{SEATS}[postgres]",)

SWITCHING_BACK = (
    "tests/races/test_switches.py::test_no_seat_is_given_twice_when_it_goes_back_on_site_while_people_move[sqlite]",
)

CRASHES = ("tests/crashes/test_crash_points.py::test_nothing_is_lost_or_doubled_wherever_the_process_ends",)

FEEDS = "tests/formats/feeds"

SIMULATION = ("tests/simulation/test_simulation.py",)
