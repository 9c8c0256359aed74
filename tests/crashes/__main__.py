"""`python -m tests.crashes [--database sqlite|postgres] [--from N] [--to N]`: end the service at every boundary.

Both databases, one after the other, unless one is named.
"""

import argparse
import sys
import time

from tests.crashes.running import SHORT, complaint, figures, postgres_driver, sqlite_driver
from tests.crashes.story import STORY


def main(arguments: list[str]) -> int:
    """Print what broke a promise, then the figures; the exit status is 1 when any was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument("--database", choices=("sqlite", "postgres"), nargs="*", default=("sqlite", "postgres"))
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first point")
    parser.add_argument("--to", type=int, default=None, dest="last", help="the last point")
    parser.add_argument("--to-the-end", action="store_true", help="tell the whole story after each point")
    chosen = parser.parse_args(arguments)
    broken = [name for name in chosen.database if not _held(name, chosen)]
    return 1 if broken else 0


def _held(database: str, chosen: argparse.Namespace) -> bool:
    """Whether every promise held on this database."""
    begin = time.monotonic()
    with sqlite_driver() if database == "sqlite" else postgres_driver() as driver:
        outcomes, kinds = [], set[object]()
        for point in driver.points[chosen.first - 1 : chosen.last]:
            # What is as the model says goes on as any other does: one of each kind goes to the end of the story.
            steps = SHORT if point.kind in kinds and not chosen.to_the_end else len(STORY)
            kinds.add(point.kind)
            outcomes.append(driver.try_point(point, steps=steps))
            if outcomes[-1].differences:
                print(complaint(database, outcomes[-1]), flush=True)
        for line in figures(outcomes, driver.points):
            print(f"{database}: {line}")
        whole = len(outcomes) if chosen.to_the_end else len(kinds)
        print(f"{database}: {whole} of {len(outcomes)} went to the end of the story, the others {SHORT} steps")
        print(f"{database}: {time.monotonic() - begin:.0f} s")
        last = chosen.last or len(driver.points)
        print(f"python -m tests.crashes --database {database} --from {chosen.first} --to {last}")
    return not any(outcome.differences for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
