"""`python -m tests.mutants [NAME …] [--jobs N]`: take each guard out and see its tests turn red."""

import os
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.catalogue import MUTANTS, Mutant
from tests.mutants.running import FAILED, PASSED, copy_of_the_project, outcome, taken_out


def main(arguments: list[str]) -> int:
    """Print one line a mutant; the exit status is 1 when a guard could be missing unseen."""
    parser = ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="so many at once, each in its own copy")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - {mutant.name for mutant in MUTANTS}:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    of_tests: dict[tuple[str, ...], list[Mutant]] = defaultdict(list)
    for mutant in MUTANTS:
        if not asked.names or mutant.name in asked.names:
            of_tests[mutant.tests].append(mutant)
    copies: SimpleQueue[Path] = SimpleQueue()
    with ExitStack() as stack, ThreadPoolExecutor(asked.jobs) as pool:
        for _ in range(asked.jobs):
            copies.put(stack.enter_context(copy_of_the_project()))
        caught = [word for words in pool.map(lambda group: _try(group, copies), of_tests.values()) for word in words]
    print(f"{sum(caught)} of {len(caught)} caught")
    return 0 if all(caught) else 1


def _try(mutants: list[Mutant], copies: "SimpleQueue[Path]") -> list[bool]:
    """Mutants of the same tests, in a copy that nobody else uses meanwhile; which of them were caught."""
    copy = copies.get()
    try:
        # Tests that are red anyway would prove nothing.
        green = outcome(copy, mutants[0].tests)[0] == PASSED
        return [_is_caught(mutant, copy, green=green) for mutant in mutants]
    finally:
        copies.put(copy)


def _is_caught(mutant: Mutant, copy: Path, *, green: bool) -> bool:
    begin = time.monotonic()
    with taken_out(mutant, copy):
        status, said = outcome(copy, mutant.tests)
    caught = green and status == FAILED
    word = "caught" if caught else "NOT CAUGHT" if green else "RED ANYWAY"
    print(f"{word:10}  {mutant.name:28} {time.monotonic() - begin:4.0f} s  {mutant.guard}; {said}", flush=True)
    return caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
