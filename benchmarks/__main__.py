"""`python -m benchmarks [--only pages|mails|exports|growth] [--database sqlite|postgres] [--small]`."""

from argparse import ArgumentParser

from benchmarks import exports, growth, mails, pages
from benchmarks.bench import databases, service
from benchmarks.filling import Size
from benchmarks.sink import sink

PARTS = ("pages", "exports", "mails", "growth")


def main() -> None:
    """Print one line a figure; figures of one run belong together."""
    parser = ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    parser.add_argument("--small", action="store_true", help="a hundredth of the sizes")
    asked = parser.parse_args()
    parts = (asked.only,) if asked.only else PARTS
    share = 100 if asked.small else 1
    with sink() as relay, databases(asked.database) as kinds:
        for make in kinds:
            if "pages" in parts:
                database = make()
                with service(database, pages.wiring_to(relay)) as app:
                    said(pages.lines(pages.measure(app, database, relay, times=200 // min(share, 10)), database))
            if "exports" in parts:
                for people in (1_000, 10_000, 100_000):
                    said(exports.run(make(), max(people // share, 10)))
            if "mails" in parts:
                said(mails.run(make(), relay, 10_000 // share))
            if "growth" in parts:
                size = Size(events=1_000 // share, registrations=1_000_000 // share, messages=5_000_000 // share)
                said(growth.run(make, relay, size))


def said(lines: list[str]) -> None:
    """Print at once, since a run takes minutes."""
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
