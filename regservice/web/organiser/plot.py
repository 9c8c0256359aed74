"""Where the points of a plot are, in the units of its picture; the template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

from regservice.formats.replay import Day
from regservice.formats.types import Outcome

WIDTH, HEIGHT = 600.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 590.0, 12.0, 200.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A day in the picture; `digital` is drawn as a square, the rest as a circle, so that colour is not needed."""

    x: float
    y: float
    digital: bool


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A line over the values that were read, the level of the rule, and the marks of the decision days."""

    line: str
    marks: tuple[Mark, ...]
    level_y: float | None
    highest: float
    first: Day
    last: Day


def plot_of(days: Sequence[Day], level: float | None) -> Plot | None:
    """The picture of these days; None when there is not more than one value to draw."""
    values = [day.value for day in days if day.value is not None]
    if len(values) < 2:
        return None
    highest = max([*values, level or 0.0]) or 1.0
    step = (RIGHT - LEFT) / max(len(days) - 1, 1)

    def y(value: float) -> float:
        return round(BOTTOM - value / highest * (BOTTOM - TOP), 1)

    at = [(round(LEFT + number * step, 1), day) for number, day in enumerate(days) if day.value is not None]
    return Plot(
        line=" ".join(f"{x},{y(day.value or 0.0)}" for x, day in at),
        marks=tuple(
            Mark(x=x, y=y(day.value or 0.0), digital=day.outcome is Outcome.SWITCH)
            for x, day in at
            if day.decides and day.outcome is not Outcome.UNDECIDED
        ),
        level_y=y(level) if level is not None else None,
        highest=highest,
        first=days[0],
        last=days[-1],
    )
