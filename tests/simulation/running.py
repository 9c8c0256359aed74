"""Telling a story from its seed on a database of its own."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.databases import migrate
from tests.memory import folder_in_memory
from tests.simulation.clock import DAY
from tests.simulation.driver import Difference, Simulation
from tests.simulation.story import Scale, Story

# A Tuesday noon, three weeks before the clocks are set back.
YEAR = Scale(events=33, people=140, ahead=60, tempo=0.02, changes=0.05)
# Three of four steps are sign-ups: most come too late, again, or to a place that is taken.
RUSH = Scale(people=30, demand=9)
SCALES = {"town": Scale(), "year": YEAR, "rush": RUSH}
# What a year of a town is at least.
EVENTS_A_YEAR, PEOPLE_A_YEAR = 200, 20_000
BEGIN = datetime(2026, 10, 6, 10, 0, tzinfo=UTC)


@dataclass(kw_only=True)
class Told:
    """What became of a story."""

    seed: int
    steps: int
    letters: int
    crashes: int
    events: int
    people: int
    sign_ups: int
    until: datetime
    difference: str
    memory: tuple[float, float, float]
    # Whether somebody ended it before its time.
    stopped: bool
    year: bool

    @property
    def wrong(self) -> str:
        """What the story does not show, in words; empty when it was told to its end without a difference."""
        if self.year and not self.stopped and (self.events < EVENTS_A_YEAR or self.people < PEOPLE_A_YEAR):
            return f"a year is at least {EVENTS_A_YEAR} events and {PEOPLE_A_YEAR} people: take another seed"
        return self.difference or ("stopped before its end" if self.stopped else "")

    def line(self, seconds: float) -> str:
        """The figures with their denominators."""
        return (
            f"{int(bool(self.difference))} differences of {self.steps} steps (seed {self.seed}): {self.events} events, "
            f"{self.sign_ups} sign-ups, {self.people} people, {self.letters} letters, {self.crashes} crashes, "
            f"until {self.until:%Y-%m-%d}; "
            f"{seconds:.0f} s of the processor, {self.steps / seconds:.0f} steps/s; memory at the begin, at a tenth, "
            f"at the end: {' '.join(f'{size:.0f}' for size in self.memory)} MB"
        )


def memory_mb() -> float:
    """What this process holds in memory, where the system says so."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20 if pages.exists() else 0


def run(seed: int, steps: int, template: Path | None = None, scale: str = "town") -> Told:
    """Tell a story of so many steps, or `year`: as many as a year with about 200 events and 20,000 people has."""
    year, stopped = scale == "year", False
    with tempfile.TemporaryDirectory(prefix="regservice-simulation-", dir=folder_in_memory()) as folder:
        path = Path(folder) / "simulation.sqlite3"
        if template:
            shutil.copy(template, path)
        else:
            migrate(f"sqlite:///{path}", Path(folder))
        again = f"--seed {seed} --steps {steps} --scale {scale}"
        simulation = Simulation(path, seed, BEGIN, f"python -m tests.simulation {again}")
        story, difference = Story(simulation, seed, SCALES[scale]), ""
        begun, at_a_tenth = memory_mb(), 0.0
        try:
            while simulation.now < BEGIN + 365 * DAY if year else simulation.steps < steps:
                story.step()
                a_tenth = simulation.now > BEGIN + 36 * DAY if year else simulation.steps * 10 >= steps
                at_a_tenth = at_a_tenth or (memory_mb() if a_tenth else 0)
        except Difference as found:
            difference = str(found)
        except KeyboardInterrupt:
            stopped = True  # Whoever stops a story still reads how far it came.
        finally:
            simulation.close()
    return Told(
        seed=seed,
        steps=simulation.steps,
        letters=simulation.letters,
        crashes=simulation.crashes,
        events=story.made,
        people=simulation.model.registrations,
        sign_ups=simulation.sign_ups,
        until=simulation.now,
        difference=difference,
        memory=(begun, at_a_tenth, memory_mb()),
        stopped=stopped,
        year=year,
    )
