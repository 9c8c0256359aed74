"""Gütersloh's clause: "if incidences rise, the event takes place digitally", over the whole of a November."""

import pytest

from regservice.accounts import service as accounts
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind, RuleMode
from regservice.registrations import service as registrations
from tests.factories import confirm, kinds_sent_to, make_event, register
from tests.journeys.town import Town, berlin_winter

ROOM = "https://rooms.example.org/secret-room"
DECISION_AT = berlin_winter(16, 12)  # Four days before Friday 20 November, at noon.
RISING = {9: 320.0, 16: 400.0}
FALLING = {9: 400.0, 16: 320.0}


def announce(town: Town, mode: RuleMode = RuleMode.PROPOSE) -> EventFacts:
    """The event with its clause and its room."""
    event = make_event(town.clock(), capacity=2, join_url=ROOM)
    rule = FormatRule(kind=RuleKind.LEVEL_AND_TREND, over=300, rise_pct=10, compare_days=7, decision_at=DECISION_AT,
                      notice_days=4, mode=mode)  # fmt: skip
    assert isinstance(formats.save_rule(event.id, rule, by="test", now=town.clock()), FormatRule)
    return event


def read(town: Town, event: EventFacts, values: dict[int, float]) -> None:
    """Readings as they come in, each on its morning."""
    for day, value in values.items():
        at = berlin_winter(day, 8)
        town.tick(at)
        formats.add_reading(event.id, value, at, by="test", now=at)


@pytest.fixture
def organiser_wanted(town: Town) -> None:
    """Somebody has to decide."""
    accounts.add_organiser("officer@example.org", "Integration office", by="test", now=town.clock())


@pytest.mark.usefixtures("organiser_wanted")
def test_with_rising_readings_one_decision_takes_it_digital_for_everyone(town: Town) -> None:
    event = announce(town)
    ada, _ = confirm(event, "Ada", town.clock()), confirm(event, "Ben", town.clock(), language="en")
    waiting = confirm(event, "Cem", town.clock())
    town.tick()
    read(town, event, RISING)
    pending = register(event, "Dua", town.clock())
    town.tick()
    assert town.tick(DECISION_AT) == ["proposal"]
    assert town.tick() == []
    town.clock.advance(minutes=20)
    formats.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=town.clock())
    assert events.get(event.id).format is Format.DIGITAL
    told = town.tick()
    assert sorted(told) == ["decision", "decision", "offer"]
    assert kinds_sent_to(pending) == [("optin", "sent"), ("optin_again", "waiting")]
    letters = {mail["To"].addresses[0].addr_spec: number for number, mail in enumerate(town.mails())}
    text = town.text(letters["ada@example.org"])
    assert "Town hall" in text
    assert f"/r/{registrations.personal_token(ada)}/join" in text
    entry = town.calendar(letters["ada@example.org"]).vevent
    assert (entry.sequence.value, ROOM in entry.serialize(), "Town hall" in entry.location.value) == ("1", False, False)
    assert town.tick(berlin_winter(19, 16)).count("remind_1d") == 2
    assert town.tick(berlin_winter(20, 14)).count("remind_2h") == 2
    assert ("offer", "sent") in kinds_sent_to(waiting)


@pytest.mark.usefixtures("organiser_wanted")
def test_with_falling_readings_everyone_hears_that_it_stays(town: Town) -> None:
    event = announce(town)
    confirm(event, "Ada", town.clock())
    town.tick()
    read(town, event, FALLING)
    assert town.tick(DECISION_AT) == ["proposal"]
    formats.decide(event.id, Decision.STAY, reason="", by="organiser:1", now=town.clock())
    assert town.tick() == ["decision"]
    assert events.get(event.id).format is Format.ONSITE
    second = formats.decide(event.id, Decision.SWITCH, reason="", by="organiser:2", now=town.clock())
    assert type(second).__name__ == "NoProposal"
    assert town.tick() == []


@pytest.mark.usefixtures("organiser_wanted")
def test_set_to_automatic_it_switches_by_itself_after_an_hour(town: Town) -> None:
    event = announce(town, RuleMode.AUTOMATIC)
    confirm(event, "Ada", town.clock())
    town.tick()
    read(town, event, RISING)
    assert town.tick(DECISION_AT) == ["proposal"]
    assert town.tick(berlin_winter(16, 12, 59)) == []
    assert town.tick(berlin_winter(16, 13)) == ["decision"]
    assert events.get(event.id).format is Format.DIGITAL
    assert town.tick(berlin_winter(16, 17)) == []


@pytest.mark.usefixtures("organiser_wanted")
def test_a_stale_reading_decides_nothing(town: Town) -> None:
    event = announce(town, RuleMode.AUTOMATIC)
    confirm(event, "Ada", town.clock())
    town.tick()
    read(town, event, {6: 100.0, 13: 500.0})
    assert town.tick(DECISION_AT) == ["proposal"]
    assert town.tick(berlin_winter(16, 14)) == []
    assert events.get(event.id).format is Format.ONSITE
