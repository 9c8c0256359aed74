"""The guards, how each is taken out, and which tests must then turn red."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One change of one file. `old` stands there exactly once; `tests` are pytest's arguments, red with `new`."""

    name: str
    guard: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        name="deferred-begin",
        guard="a writing transaction on SQLite begins with BEGIN IMMEDIATE",
        file="regservice/db.py",
        old='"BEGIN IMMEDIATE" if writes else "BEGIN"',
        new='"BEGIN"',
        tests=("tests/test_db.py",),
    ),
    Mutant(
        name="no-dedupe-key",
        guard="the same message is written once",
        file="regservice/outbox/store.py",
        old="session().execute(ignoring, list(values))",
        new='session().execute(ignoring, [{**value, "dedupe_key": str(id(value))} for value in values])',
        tests=("tests/outbox/test_service.py",),
    ),
    Mutant(
        name="no-pre-ping",
        guard="a connection that the database server ended is made anew before a request meets it",
        file="regservice/db.py",
        old='"pool_pre_ping": True',
        new='"pool_pre_ping": False',
        tests=("tests/outages/test_unavailable.py",),
    ),
    Mutant(
        name="no-page-without-database",
        guard="while the database is away people get a 503 page that says what to do",
        file="regservice/web/errors.py",
        old="        return _unavailable(error)",
        new="        pass",
        tests=("tests/outages/test_unavailable.py",),
    ),
    Mutant(
        name="victims-are-not-repeated",
        guard="a view whose transaction was ended by a deadlock is called again",
        file="regservice/web/errors.py",
        old="TRIES = 3",
        new="TRIES = 1",
        tests=("tests/outages/test_deadlocks.py",),
    ),
    Mutant(
        name="no-limit-of-silence",
        guard="a connection whose other end vanished is given up within seconds, on both sides",
        file="regservice/db.py",
        old='"connect_args": {name: value for name, value in POSTGRES_CONNECTION.items() if name not in url.query}',
        new='"connect_args": {}',
        tests=("tests/outages/test_unavailable.py",),
    ),
    Mutant(
        name="silence-is-told-late",
        guard="a worker that was not heard from for a minute is told by /readyz and to organisers",
        file="regservice/workers/service.py",
        old="SILENT_AFTER = timedelta(seconds=60)",
        new="SILENT_AFTER = timedelta(seconds=120)",
        tests=("tests/web/test_health.py", "tests/web/organiser/test_silence.py"),
    ),
)
