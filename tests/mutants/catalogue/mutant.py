"""What a mutant is, and the tests that several of them must turn red."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one file, in which `old` stands exactly once."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Mutant(Change):
    """A guard taken out; `tests` are pytest's arguments, red without it.

    Where one guard covers for another, `also` takes that out as well.
    """

    name: str
    guard: str
    tests: tuple[str, ...]
    also: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that is changed at once."""
        return (self, *self.also)


SEATS = "tests/races/test_seats.py::test_every_seat_is_given_once_and_in_the_order_of_the_line"
SEATS_ON_SQLITE, SEATS_ON_POSTGRESQL = (f"{SEATS}[sqlite]",), (f"{SEATS}[postgres]",)

SWITCHING_BACK = (
    "tests/races/test_switches.py::test_no_seat_is_given_twice_when_it_goes_back_on_site_while_people_move[sqlite]",
)

CRASHES = ("tests/crashes/test_crash_points.py::test_nothing_is_lost_or_doubled_wherever_the_process_ends",)

FEEDS = "tests/formats/feeds"

SIMULATION = ("tests/simulation/test_simulation.py",)
