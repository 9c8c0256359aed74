"""Two years of Fridays replayed by rules of each kind: one decision an event, at its moment, with what was read."""

import hashlib
import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.db import is_postgresql, session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, Venue
from regservice.formats import service, venue
from regservice.formats.models import ReadingRow
from regservice.formats.types import TAKEN_HERE, FormatRule, Outcome, ProposalState, RuleKind, RuleMode
from regservice.outbox import service as outbox
from tests.conftest import Clock
from tests.factories import confirm, make_event

SEED = 20211105
BERLIN = ZoneInfo("Europe/Berlin")
FIRST_FRIDAY = date(2027, 1, 8)
# Each kind with each number of people and in each mode comes by every 28 weeks: once, where each step takes longer.
FRIDAYS = 104
FRIDAYS_ON_POSTGRESQL = 28
# Days without a report around the holidays of each year, as offices are closed.
HOLES = {(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)}
KINDS = (
    {"kind": RuleKind.LEVEL, "over": 300},
    {"kind": RuleKind.TREND, "rise_pct": 10},
    {"kind": RuleKind.LEVEL_AND_TREND, "over": 300, "rise_pct": 10},
    {"kind": RuleKind.TOO_FEW, "people": 2},
    {"kind": RuleKind.TOO_MANY, "people": 0},
    {"kind": RuleKind.VENUE_UNCONFIRMED},
    {"kind": RuleKind.DATE},
)


def local(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), BERLIN).astimezone(UTC)


def daily_values(chance: random.Random) -> dict[date, float]:
    """Waves over two years, weekly dips of late reports, holes on holidays and no reports on some weekends."""
    values, level = {}, 80.0
    first = FIRST_FRIDAY - timedelta(days=40)
    for number in range(FRIDAYS * 7 + 60):
        day = first + timedelta(days=number)
        level = min(max(level * chance.uniform(0.95, 1.056), 5), 1500)
        dip = {5: 0.9, 6: 0.75, 0: 0.85}.get(day.weekday(), 1.0)
        if (day.month, day.day) not in HOLES and not (day.weekday() == 6 and chance.random() < 0.3):
            values[day] = round(level * dip, 1)
    return values


def make_events(clock: Clock, organiser: OrganiserFacts, fridays: int) -> list[tuple[EventFacts, FormatRule]]:
    """One event a Friday, 16:00, its rule read on the Monday before at noon; the kinds take turns."""
    made = []
    for week in range(fridays):
        # Nobody may register too often from one address within an hour.
        clock.advance(minutes=10)
        friday = FIRST_FRIDAY + week * timedelta(days=7)
        event = make_event(
            clock(),
            title=f"Friday {week}",
            starts_at=local(friday, 16),
            ends_at=local(friday, 19),
            venue=Venue(name="Town hall"),
            capacity=2,
            join_url="https://room.example.org/x",
        )
        for name in ("Ada", "Ben", "Cem")[: week % 4]:
            confirm(event, name, clock(), email=f"{name.lower()}{week}@example.org")
        wanted = KINDS[week % len(KINDS)]
        automatic = week % 2 and wanted["kind"] not in TAKEN_HERE
        mode = RuleMode.AUTOMATIC if automatic else RuleMode.PROPOSE
        rule = FormatRule(**wanted, mode=mode, decision_at=local(friday - timedelta(days=4), 12))  # type: ignore[arg-type]
        saved = service.save_rule(event.id, rule, by=f"organiser:{organiser.id}", now=clock())
        assert isinstance(saved, FormatRule), saved
        if week % 2:
            venue.confirm(event.id, by=f"organiser:{organiser.id}", now=clock())
        made.append((event, saved))
    return made


def enter(event: EventFacts, values: dict[date, float], until: datetime) -> None:
    """The readings of the last weeks as a feed would leave them, each fetched in the morning of the next day."""
    with transaction():
        for day, value in values.items():
            as_of, fetched_at = local(day, 0), local(day + timedelta(days=1), 8)
            if until - timedelta(days=30) < as_of and fetched_at <= until:
                session().add(
                    ReadingRow(
                        event_id=event.id,
                        value=value,
                        as_of=as_of,
                        fetched_at=fetched_at,
                        source="hand",
                        entered_by="service",
                        raw_sha256=hashlib.sha256(f"{day},{value}".encode()).hexdigest(),
                    )
                )


def test_one_decision_an_event_at_its_moment(each_app: Flask, clock: Clock) -> None:
    chance = random.Random(SEED)
    values = daily_values(chance)
    organiser = accounts.add_organiser("office@example.org", "Olga", by="test", now=clock())
    assert isinstance(organiser, OrganiserFacts)
    outcomes: Counter[tuple[RuleKind, Outcome]] = Counter()
    fridays = FRIDAYS_ON_POSTGRESQL if is_postgresql() else FRIDAYS
    for event, rule in make_events(clock, organiser, fridays):
        enter(event, values, rule.decision_at)
        for moment in (rule.decision_at - timedelta(seconds=1), rule.decision_at):
            clock.set(moment)
            service.decide_due(clock())
            decided = service.proposals_of(event.id)
            assert len(decided) == (moment == rule.decision_at), (SEED, event.title)
        [proposal] = decided
        assert proposal.proposed_at == rule.decision_at
        assert (proposal.reading is None) == (rule.kind is RuleKind.DATE or proposal.why == "missing")
        if proposal.reading is not None and rule.kind in (RuleKind.LEVEL, RuleKind.TREND, RuleKind.LEVEL_AND_TREND):
            day = proposal.reading.as_of.astimezone(BERLIN).date()
            assert proposal.reading.value == values[day]
            assert proposal.reading.raw_sha256 == hashlib.sha256(f"{day},{values[day]}".encode()).hexdigest()
            assert proposal.reading.as_of <= proposal.reading.fetched_at <= rule.decision_at
        outcomes[rule.kind, proposal.outcome] += 1
        for hours in (0, 3, 6):
            clock.advance(hours=hours)
            service.decide_due(clock())
        again = service.proposals_of(event.id)
        assert [found.id for found in again] == [proposal.id], (SEED, event.title)
        _one_mail_each(event, again[0].state, organiser)
    assert outcomes.total() == fridays
    assert {kind for kind, _ in outcomes} == set(RuleKind)


def _one_mail_each(event: EventFacts, state: ProposalState, organiser: OrganiserFacts) -> None:
    """At most one decision a person, the proposal and at most one reminder of it to the organiser."""
    ledger = outbox.ledger(event.id, limit=500)
    told = Counter(message.recipient for message in ledger if message.kind == "decision")
    assert set(told.values()) <= {1}, (SEED, event.title, told)
    assert bool(told) <= (state is ProposalState.DECIDED)
    proposed = Counter(message.occurrence for message in ledger if message.kind == "proposal")
    assert set(proposed.values()) == {1}
    assert {message.organiser_id for message in ledger if message.kind == "proposal"} == {organiser.id}
    if state is ProposalState.DECIDED and events.get(event.id).format is Format.DIGITAL:
        assert len(service.history(event.id)) == 1
