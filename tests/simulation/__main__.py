"""`python -m tests.simulation --seed S --steps N`: a long story; prints its figures, exit status 1 on a difference."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.databases import migrate
from tests.simulation.machine import STEPS, search
from tests.simulation.running import SCALES, run


def main() -> int:
    """Tell one story."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--scale", choices=list(SCALES), default="town", help="year: it ends with the year")
    parser.add_argument("--examples", type=int, help="instead: so many short stories that Hypothesis chooses")
    options = parser.parse_args()
    if options.examples:
        return examples(options.examples)
    begin = time.process_time()
    told = run(options.seed, options.steps, scale=options.scale)
    print(told.line(time.process_time() - begin))
    print(f"again: python -m tests.simulation {' '.join(sys.argv[1:])}")
    if told.wrong:
        print(told.wrong)
    return 1 if told.wrong else 0


def examples(count: int) -> int:
    """Short stories; the shortest with a difference is raised."""
    with tempfile.TemporaryDirectory(prefix="regservice-machine-") as folder:
        template = Path(folder) / "template.sqlite3"
        migrate(f"sqlite:///{template}", Path(folder))
        search(template, count)
    print(f"0 differences in {count} stories of {STEPS} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
