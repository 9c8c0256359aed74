"""`python -m tests.time.shifted_clock FILE COMMAND …`: a command on a machine whose clock is off by FILE's seconds.

The number is read again at every look at the clock, so that a test sets the clock of a running process by writing it.
The monotonic clock, by which threads wait, goes on, as it does on a machine whose time is set.
"""

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import apscheduler.schedulers.base
import apscheduler.triggers.interval

import regservice.clock
from regservice.cli import main


class ShiftedClock:
    """The clock of a machine that a test sets; `now` is what the machine takes for the present."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, seconds: float) -> None:
        """Let the clock be off by so much, from one moment to the next."""
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds))
        os.replace(new, self.file)

    def __call__(self) -> datetime:
        return regservice.clock.utc_now() + timedelta(seconds=float(self.file.read_text()))


def shifted(file: Path) -> type[datetime]:
    """The class `datetime` with this clock."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            """What this machine takes for the present."""
            present = datetime.now(tz)  # noqa: TID251 - this is the clock being set.
            return present + timedelta(seconds=float(file.read_text()))  # type: ignore[return-value]

    return Shifted


if __name__ == "__main__":
    clock = shifted(Path(sys.argv.pop(1)))
    for module in (regservice.clock, apscheduler.schedulers.base, apscheduler.triggers.interval):
        module.datetime = clock
    main()
