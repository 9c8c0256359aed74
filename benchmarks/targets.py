"""What the figures are held against, and the verdict.

The bounds are the project's own: what a town needs of one machine, with room to spare. Two more are judged where
something is broken on purpose: 200 people for 50 places within two seconds by `make races`, workers that are killed by
`make storm`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Work:
    """What a bound is for, and the part of the benchmarks that does it."""

    part: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A bound. `steady`: the figure is the same on every machine, so that a small run on a busy one is judged, too."""

    work: Work
    unit: str
    most: float | None = None
    least: float | None = None
    steady: bool = False

    def is_kept_by(self, value: float) -> bool:
        """What is no number keeps no bound."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"at most {self.most:g} {self.unit}" if self.least is None else f"at least {self.least:g} {self.unit}"


PAGE = Work("pages", "event page")
CALENDAR = Work("pages", ".ics")
REGISTRATION = Work("pages", "a whole registration")
START = Work("start", "from checkout to first page")
WIDE = Work("exports", "attendee list, 10,000 rows, 34 columns")
LONG = Work("exports", "100,000 rows, 15 columns")
CONSTANT = Work("exports", "lists, in constant memory")
MAILS = Work("mails", "mails")
FLAT = Work("growth", "cost must stay flat")

TARGETS: Mapping[str, Target] = {
    "page CPU": Target(work=PAGE, most=1.0, unit="ms CPU"),
    "page statements": Target(work=PAGE, most=1, unit="statements", steady=True),
    # Once for each version of an event in each process: what the page shows at this moment, and the event.
    "page statements, first": Target(work=PAGE, most=2, unit="statements", steady=True),
    "page assets": Target(work=PAGE, most=60, unit="kB of assets", steady=True),
    "calendar CPU": Target(work=CALENDAR, most=0.7, unit="ms CPU"),
    "registration CPU": Target(work=REGISTRATION, most=15, unit="ms CPU"),
    "registration statements": Target(work=REGISTRATION, most=25, unit="statements", steady=True),
    "registration rate": Target(work=REGISTRATION, least=60, unit="a second"),
    "start": Target(work=START, most=1.5, unit="s"),
    "memory": Target(work=START, most=160, unit="MB"),
    "wide csv CPU": Target(work=WIDE, most=0.5, unit="s CPU"),
    "wide xlsx CPU": Target(work=WIDE, most=2.5, unit="s CPU"),
    "wide memory": Target(work=WIDE, most=40, unit="MB", steady=True),
    "long csv CPU": Target(work=LONG, most=3, unit="s CPU"),
    "long xlsx CPU": Target(work=LONG, most=15, unit="s CPU"),
    "long memory": Target(work=LONG, most=60, unit="MB", steady=True),
    # A hundred times as many people. What the allocator rounds up to is some MB; every person kept would be a kB.
    "constant memory": Target(work=CONSTANT, most=5, unit="MB", steady=True),
    "mail pace": Target(work=MAILS, least=0.6, unit="of a bare client's pace"),
    "first mail": Target(work=MAILS, most=1, unit="s"),
    "growth": Target(work=FLAT, most=1.2, unit="times"),
    # A look at each event to come, four times a minute at most, may cost more with more of them, but never much.
    "idle job CPU": Target(work=FLAT, most=5, unit="ms CPU"),
    "growth of statements": Target(work=FLAT, most=0, unit="statements more", steady=True),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A figure in words, and what of it is held against a target, by the target's name."""

    text: str
    values: Mapping[str, float] = field(default_factory=dict)


def report(lines: Iterable[Line], say: Callable[[str], object], *, parts: Collection[str], small: bool = False) -> int:
    """Say each line with its verdict as it comes; 1 when a target was missed, or not measured though it was to be."""
    left = {name for name, target in TARGETS.items() if target.work.part in parts}
    missed = 0
    for line in lines:
        left -= line.values.keys()
        judged = {name: value for name, value in line.values.items() if TARGETS[name].steady or not small}
        wrong = {name: value for name, value in judged.items() if not TARGETS[name].is_kept_by(value)}
        missed += len(wrong)
        word = "MISSED" if wrong else "kept" if judged else "-"
        wanted = f" ({', '.join(TARGETS[name].wanted for name in judged)})" if judged else ""
        say(f"{word:7}{line.text}{wanted}")
        for name, value in wrong.items():
            say(f"       {name}: {value:.4g}, wanted {TARGETS[name].wanted} ({TARGETS[name].work.name})")
    for name in sorted(left):
        say(f"MISSED {name}: never measured")
    return 1 if missed or left else 0
