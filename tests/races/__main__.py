"""`python -m tests.races [--seed N] [--only NAME …]`: every race whole, on both databases, a line a figure."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from regservice.app import create_app
from regservice.db import db
from tests.databases import Postgres, migrate, postgres_server, settings_for
from tests.races.figures import FIGURES
from tests.races.place import Place


@contextmanager
def fresh(name: str, server: Postgres | None) -> Iterator[Place]:
    """An empty, migrated database of this kind with a folder beside it, and an application that prepares and checks."""
    with tempfile.TemporaryDirectory(prefix="regservice-races-") as text, ExitStack() as stack:
        folder = Path(text)
        if server is None:
            url = f"sqlite:///{folder}/races.sqlite3"
            migrate(url, folder)
        else:
            url = stack.enter_context(server.database())
        app = create_app(settings_for(folder, url, REGSERVICE_REHEARSAL="1"))
        with app.app_context():
            yield Place(database=name, url=url, folder=folder)
            db.session.remove()
            db.engine.dispose()


def main(arguments: list[str]) -> int:
    """Print one line a figure; the exit status is 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.races")
    parser.add_argument("--seed", type=int, default=Random().randrange(10**6))
    parser.add_argument("--only", nargs="*", choices=[figure.name for figure in FIGURES], default=[])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--share", type=float, default=1.0, help="this part of each race, for a first look")
    chosen = parser.parse_args(arguments)
    broken = 0
    only = f" --only {' '.join(chosen.only)}" if chosen.only else ""
    again = f"--seed {chosen.seed} --share {chosen.share:g} --database {' '.join(chosen.database)}{only}"
    print(f"again: python -m tests.races {again}", flush=True)
    with ExitStack() as stack:
        servers: dict[str, Postgres | None] = {
            name: stack.enter_context(postgres_server()) if name == "postgresql" else None for name in chosen.database
        }
        for figure in FIGURES:
            if chosen.only and figure.name not in chosen.only:
                continue
            for name, server in servers.items():
                begin = time.monotonic()
                with fresh(name, server) as place:
                    line = figure.run(place, chosen.seed, chosen.share)
                broken += bool(line.wrong)
                word = "BROKEN" if line.wrong else "ok"
                print(f"{word:7}{figure.name:16}{name:11}{time.monotonic() - begin:6.0f} s  {line.text}", flush=True)
                for wrong in line.wrong[:20]:
                    print(f"       {wrong}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
