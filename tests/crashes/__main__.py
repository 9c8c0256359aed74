"""`python -m tests.crashes [--database sqlite|postgres] [--from N] [--to N]`: end the service at every boundary."""

import argparse
import sys
import time

from tests.crashes.running import complaint, figures, postgres_driver, sqlite_driver


def main(arguments: list[str]) -> int:
    """Print what broke a promise, then the figures; the exit status is 1 when any was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crashes")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--from", type=int, default=1, dest="first", help="the first point")
    parser.add_argument("--to", type=int, default=None, dest="last", help="the last point")
    chosen = parser.parse_args(arguments)
    begin = time.monotonic()
    with sqlite_driver() if chosen.database == "sqlite" else postgres_driver() as driver:
        outcomes = []
        for point in driver.points[chosen.first - 1 : chosen.last]:
            outcomes.append(driver.try_point(point))
            if outcomes[-1].differences:
                print(complaint(chosen.database, outcomes[-1]), flush=True)
        for line in figures(outcomes, driver.points):
            print(f"{chosen.database}: {line}")
        print(f"{chosen.database}: {time.monotonic() - begin:.0f} s")
        last = chosen.last or len(driver.points)
        print(f"python -m tests.crashes --database {chosen.database} --from {chosen.first} --to {last}")
    return 1 if any(outcome.differences for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
