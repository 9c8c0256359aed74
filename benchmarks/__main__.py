"""`python -m benchmarks [--only pages start exports mails growth] [--database sqlite|postgres] [--small]`."""

import gc
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks import exports, growth, mails, pages, start
from benchmarks.bench import databases
from benchmarks.sink import sink
from benchmarks.targets import Line, report

PARTS = ("pages", "start", "exports", "mails", "growth")


def main(arguments: list[str]) -> int:
    """Print one line a figure; figures of one run belong together. The exit status is 1 when a target was missed."""
    parser = ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    parser.add_argument(
        "--small", action="store_true", help="a part of the sizes, judged on what every machine counts alike"
    )
    asked = parser.parse_args(arguments)
    if asked.small:
        # Times are not judged, so what was imported is not looked through before each of them.
        gc.freeze()
    lines = measured(asked.only, asked.database, small=asked.small)
    # At once, since a run takes minutes.
    return report(lines, partial(print, flush=True), parts=asked.only, small=asked.small)


def measured(parts: Sequence[str], only: str | None, *, small: bool) -> Iterator[Line]:
    """Each part on each database, in this order."""
    with sink() as relay, databases(only) as kinds:
        for make in kinds:
            if "pages" in parts:
                yield from pages.run(make(), relay, times=5 if small else 200)
            if "start" in parts:
                yield from start.run(make(), starts=1 if small else 3)
            if "exports" in parts:
                yield from exports.run(make(), exports.SMALL if small else exports.WHOLE)
            if "mails" in parts:
                yield from mails.run(make(), relay, 30 if small else 10_000)
            if "growth" in parts:
                yield from growth.run(make, relay, growth.SMALL if small else growth.WHOLE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
