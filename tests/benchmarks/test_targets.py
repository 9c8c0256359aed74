"""What the benchmarks say of their figures, and that the exit status tells when one is missed."""

import pytest

from benchmarks.targets import TARGETS, Line, report

NAMES = sorted(TARGETS)
PARTS = {target.work.part for target in TARGETS.values()}
STEADY = {"page statements": 1.0}
BY_MACHINE = {"page CPU": 0.5}


def figure(name: str, *, beyond: float = 0.0) -> float:
    """The bound itself, or a value that misses it by this much."""
    target = TARGETS[name]
    if target.least is not None:
        return target.least - beyond
    assert target.most is not None
    return target.most + beyond


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_is_kept_by_itself_and_missed_beyond(name: str) -> None:
    said: list[str] = []
    assert report([Line(text="It", values={name: figure(name)})], said.append, parts=()) == 0
    assert said == [f"kept   It ({TARGETS[name].wanted})"]
    said.clear()
    assert report([Line(text="It", values={name: figure(name, beyond=0.01)})], said.append, parts=()) == 1
    assert said[0] == f"MISSED It ({TARGETS[name].wanted})"
    assert said[1].endswith(f"wanted {TARGETS[name].wanted} ({TARGETS[name].work.name})")


@pytest.mark.parametrize(
    ("values", "small", "word", "status"),
    [
        ({}, False, "-", 0),
        (STEADY | BY_MACHINE, False, "kept", 0),
        ({"page CPU": float("nan")}, False, "MISSED", 1),
        (STEADY | {"page CPU": 1.5}, False, "MISSED", 1),
        # A small run, as among other tests, says nothing about time.
        (STEADY | {"page CPU": 1.5}, True, "kept", 0),
        ({"page CPU": 1.5}, True, "-", 0),
        ({"page CPU": 0.5, "page statements": 2}, True, "MISSED", 1),
    ],
)
def test_a_line_is_judged_by_all_its_figures(values: dict[str, float], small: bool, word: str, status: int) -> None:
    said: list[str] = []
    assert report([Line(text="It", values=values)], said.append, parts=(), small=small) == status
    assert said[0].split()[0] == word


def test_one_missed_figure_among_many_is_enough() -> None:
    lines = [Line(text=name, values={name: figure(name)}) for name in NAMES]
    assert report(lines, print, parts=PARTS) == 0
    lines.insert(3, Line(text="slow", values={"first mail": 2.0}))
    assert report(lines, print, parts=PARTS) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_was_to_be_measured_and_is_not_counts_as_missed(name: str) -> None:
    said: list[str] = []
    lines = [Line(text=other, values={other: figure(other)}) for other in NAMES if other != name]
    assert report(lines, said.append, parts=(TARGETS[name].work.part,)) == 1
    assert said[-1] == f"MISSED {name}: never measured"
