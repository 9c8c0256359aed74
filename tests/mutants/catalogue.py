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
    Mutant(
        name="no-pause-of-the-relay",
        guard="a relay that takes nothing is left alone by all workers, so an outage costs one try a pause",
        file="regservice/outbox/rules.py",
        old="    until = relay.paused_until if relay.failures else None",
        new="    until = None",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="everybody-tries-the-relay",
        guard="after a pause one worker tries the relay with one message",
        file="regservice/outbox/relay.py",
        old="        store.set_relay(paused_until=now + rules.LEASE)",
        new="        pass",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="no-pace",
        guard="not more mails a minute leave than the relay takes, over all workers together",
        file="regservice/outbox/relay.py",
        old="        store.set_relay(next_free_at=rules.next_free_at(relay, pace.per_minute, pace.clock()))",
        new="        pass",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="no-check-at-sending",
        guard="whether a message is still wanted is asked in the transaction that marks it as being sent",
        file="regservice/outbox/service.py",
        old="        return post.still_wanted(message, at)",
        new="        return None",
        tests=("tests/outbox/test_service.py", "tests/journeys/test_reminders.py"),
    ),
    Mutant(
        name="no-withdrawal-of-claims",
        guard="a message withdrawn while a worker holds it is not that worker's any more",
        file="regservice/outbox/store.py",
        old=".where(Message.id == message_id, Message.lease_owner == owner, Message.state == expected)",
        new=".where(Message.id == message_id)",
        tests=("tests/outbox/test_service.py",),
    ),
    Mutant(
        name="uncertain-for-ever",
        guard="what is uncertain is sent once more and never a third time",
        file="regservice/outbox/service.py",
        old="if already else store.RESEND",
        new="if False else store.RESEND",
        tests=("tests/outbox/test_service.py",),
    ),
    Mutant(
        name="no-order-of-priority",
        guard="what is most urgent leaves first",
        file="regservice/outbox/store.py",
        old="        .order_by(Message.priority, Message.next_attempt_at, Message.id)\n        .limit(limit)",
        new="        .order_by(Message.next_attempt_at, Message.id)\n        .limit(limit)",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="the-batch-goes-first",
        guard="something urgent does not wait for the rest of a worker's batch",
        file="regservice/outbox/service.py",
        old="    if gives_way and found.more_urgent_is_due:",
        new="    if False:",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="cancelled-is-not-urgent",
        guard="each message is as urgent as the catalogue of kinds says",
        file="regservice/registrations/service.py",
        old="priority=Priority.SWITCH, payload=payload",
        new="payload=payload",
        tests=("tests/notices/test_service.py",),
    ),
    Mutant(
        name="bad-address-written-to",
        guard="nothing more is sent to a mailbox that does not exist",
        file="regservice/outbox/service.py",
        old="NO_MAILBOX if no_mailbox else _ask",
        new="NO_MAILBOX if False else _ask",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="every-refusal-ends-the-address",
        guard="only a missing mailbox ends an address, not a refused message",
        file="regservice/outbox/service.py",
        old='"address_is_bad": bad}',
        new='"address_is_bad": True}',
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="try-promised-too-late",
        guard="the ledger shows no try that will not happen",
        file="regservice/outbox/service.py",
        old='            return {"state": MessageState.SKIPPED, "reason": unwanted}',
        new="            pass",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="slow-relay-given-up-for-dead",
        guard="what a live worker is sending is not sent by another one as well",
        file="regservice/outbox/service.py",
        old="            store.renew(tuple(_sending_here), now + LEASE)",
        new="            pass",
        tests=("tests/outbox/test_relay.py",),
    ),
    Mutant(
        name="commit-per-batch",
        guard="each message is marked in a commit of its own, so that a crash doubles one at most",
        file="regservice/outbox/service.py",
        old="        return _deliver(post, clock, pace, owner, limit)",
        new="        with transaction():\n            return _deliver(post, clock, pace, owner, limit)",
        tests=("tests/outbox/test_service.py",),
    ),
    Mutant(
        name="mark-before-send",
        guard="a message is marked as sent after the relay took it, so that a crash loses none",
        file="regservice/outbox/service.py",
        old="        state=MessageState.SENDING,\n        attempts=",
        new="        state=MessageState.SENT,\n        attempts=",
        tests=("tests/outbox/test_service.py",),
    ),
    Mutant(
        name="idle-takes-a-thread",
        guard="connections that say nothing, or stop in the middle, cost no thread",
        file="regservice/webserver.py",
        old='"worker_class": PatientWorker',
        new='"worker_class": "gthread"',
        tests=("tests/outages/test_idle.py",),
    ),
    Mutant(
        name="lost-reads-fail",
        guard="an answer that is ready is given though the database ended the connection meanwhile",
        file="regservice/db.py",
        old='session_options={"class_": ReleasedSession}',
        new="session_options={}",
        tests=("tests/outages/test_unavailable.py",),
    ),
)
