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
        name="berlin-tick",
        guard="the worker's scheduler ticks in UTC",
        file="regservice/adapters/scheduler.py",
        old='timezone="UTC"',
        new='timezone="Europe/Berlin"',
        tests=("tests/time/test_ticking.py",),
    ),
    Mutant(
        name="oversleeping",
        guard="jobs go on when the machine's clock is set back",
        file="regservice/adapters/scheduler.py",
        old="        job.modify(next_run_time=now)",
        new="        job.modify(next_run_time=job.next_run_time)",
        tests=("tests/time/test_clock_steps.py",),
    ),
    Mutant(
        name="day-of-24-hours",
        guard="the day before is a day of the calendar, not 24 hours",
        file="regservice/events/daytime.py",
        old='    return datetime.combine(day, wall_clock, ZoneInfo(timezone)).astimezone(ZoneInfo("UTC"))',
        new="    midnight = datetime.combine(day, time(0), ZoneInfo(timezone)).astimezone(ZoneInfo('UTC'))\n"
        "    return midnight + timedelta(hours=wall_clock.hour, minutes=wall_clock.minute)",
        tests=("tests/notices/test_plan.py",),
    ),
    Mutant(
        name="clock-read-in-a-rule",
        guard="only one place reads the clock",
        file="regservice/events/rules.py",
        old="    over = ends_at(event)\n    if event.lifecycle is EventStatus.PUBLISHED",
        new="    over, now = ends_at(event), datetime.now(UTC)\n    if event.lifecycle is EventStatus.PUBLISHED",
        tests=("tests/test_architecture.py",),
    ),
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
