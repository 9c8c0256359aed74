"""Telling a story from its seed on a database of its own."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.databases import migrate
from tests.simulation.driver import Difference, Simulation
from tests.simulation.story import Story

# A Tuesday noon, three weeks before the clocks are set back.
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
    until: datetime
    difference: str

    def line(self, seconds: float) -> str:
        """The figures with their denominators."""
        return (
            f"{int(bool(self.difference))} differences of {self.steps} steps (seed {self.seed}): {self.events} events, "
            f"{self.people} people, {self.letters} letters, {self.crashes} crashes, until {self.until:%Y-%m-%d}; "
            f"{seconds:.0f} s, {self.steps / seconds:.0f} steps/s"
        )


def memory_folder() -> str | None:
    """Where files live in memory, if there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(seed: int, steps: int, template: Path | None = None) -> Told:
    """Tell a story of so many steps."""
    with tempfile.TemporaryDirectory(prefix="regservice-simulation-", dir=memory_folder()) as folder:
        path = Path(folder) / "simulation.sqlite3"
        if template:
            shutil.copy(template, path)
        else:
            migrate(f"sqlite:///{path}", Path(folder))
        simulation = Simulation(path, seed, BEGIN, f"python -m tests.simulation --seed {seed} --steps {steps}")
        story, difference = Story(simulation, seed), ""
        try:
            while simulation.steps < steps:
                story.step()
        except Difference as found:
            difference = str(found)
        finally:
            simulation.close()
    return Told(
        seed=seed,
        steps=simulation.steps,
        letters=simulation.letters,
        crashes=simulation.crashes,
        events=story.made,
        people=simulation.model.registrations,
        until=simulation.now,
        difference=difference,
    )
