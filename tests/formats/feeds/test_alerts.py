"""Civil warnings are told and never propose: one mail for each of them, in the days before the event."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import alerting, rules
from regservice.formats import service as formats
from regservice.formats.feeds import polling, ready
from regservice.formats.feeds.service import tell_of_trouble
from regservice.formats.models import FormatRuleRow
from regservice.formats.types import FormatRule, RuleKind, RuleMode, RuleRefused, RuleStanding
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT
from tests.facts import event_facts
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds import documents
from tests.formats.feeds.conftest import NOON, watched_event

PATH = "/api31/dashboard/057540000000.json"
CIVIL = ready.civil_warnings("05754")
ALERT = FormatRule(kind=RuleKind.LEVEL, over=3, decision_at=STARTS_AT, mode=RuleMode.ALERT, feed=CIVIL)
EVENING_BEFORE = STARTS_AT - timedelta(days=1)


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (ALERT, None),
        (replace(ALERT, feed=None), None),
        (replace(ALERT, mode=RuleMode.PROPOSE, decision_at=NOON), ("mode", "alert_only")),
        (replace(ALERT, mode=RuleMode.AUTOMATIC, decision_at=NOON), ("mode", "alert_only")),
        # However the same warnings are written down.
        (
            replace(ALERT, mode=RuleMode.PROPOSE, feed={**CIVIL, "key": "x", "url": "https://WARNUNG.bund.de./a.json"}),
            ("mode", "alert_only"),
        ),
        (replace(ALERT, feed=ready.weather("05754", ["1"])), ("mode", "no_warnings")),
        (replace(ALERT, kind=RuleKind.TREND, rise_pct=10), ("kind", "not_severity")),
        # Left over from an incidence: no warning would ever be told.
        (replace(ALERT, over=300), ("over", "beyond_severity")),
        (replace(ALERT, over=300, feed=None), ("over", "beyond_severity")),
        (replace(ALERT, over=0), ("over", "beyond_severity")),
        (replace(ALERT, kind=RuleKind.DATE, feed=None), ("kind", "not_severity")),
        (replace(ALERT, over=None), ("over", "missing")),
    ],
)
def test_a_rule_about_civil_warnings_only_alerts(rule: FormatRule, refused: tuple[str, str] | None) -> None:
    answer = rules.rule_refusal(rule, event_facts())
    assert answer == (RuleRefused(field=refused[0], code=refused[1]) if refused else None)


def test_it_promises_nothing_to_the_public_and_makes_no_emergency() -> None:
    event = event_facts()
    assert rules.announcement(event, RuleStanding(rule=ALERT), NOON) is None
    assert rules.announcement(event, RuleStanding(rule=replace(ALERT, mode=RuleMode.PROPOSE)), NOON) is None
    assert rules.is_emergency(event, ALERT, EVENING_BEFORE) is False


def test_warnings_are_watched_from_three_days_before_until_the_end() -> None:
    assert alerting.watched_between(ALERT, event_facts()) == (STARTS_AT - timedelta(days=3), ENDS_AT)
    assert alerting.watched_between(replace(ALERT, feed=None, mode=RuleMode.PROPOSE), event_facts()) == (
        None,
        STARTS_AT,
    )


def served(server: FeedServer) -> dict[str, Any]:
    """The warnings of the real host, which the server of the tests plays."""
    return CIVIL | {"url": server.url(PATH, "warnung.bund.de")}


def warned_event(clock: Clock, server: FeedServer) -> EventFacts:
    return watched_event(clock, served(server), over=3, decision_at=STARTS_AT, mode=RuleMode.ALERT)


def poll(server: FeedServer, clock: Clock) -> int:
    return polling.poll_due(fetcher(*server.names), clock)


def told(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id) if message.kind == "organiser_warning"]


def test_organisers_hear_of_each_grave_warning_once(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = warned_event(clock, server)
    server.serve(PATH, documents.civil(("Severe", "Alert"), ("Moderate", "Alert")))
    clock.set(EVENING_BEFORE)
    assert (poll(server, clock), len(told(event))) == (1, 1)
    # The same warning again, a quarter of an hour later, and with it a second one.
    server.serve(PATH, documents.civil(("Severe", "Update"), ("Moderate", "Alert"), ("Extreme", "Alert")))
    assert poll(server, clock) == 0
    clock.advance(minutes=15)
    assert (poll(server, clock), len(told(event))) == (1, 2)
    # The smaller one grew; the all-clear of the others is no warning.
    server.serve(PATH, documents.civil(("Cancel", "Cancel"), ("Severe", "Update"), ("Cancel", "Cancel")))
    clock.advance(minutes=15)
    assert (poll(server, clock), len(told(event))) == (1, 3)
    assert {message.recipient for message in told(event)} == {"office@example.org"}


def test_nothing_is_proposed_switched_or_told_to_participants(
    each_app: Flask, clock: Clock, server: FeedServer
) -> None:
    event = warned_event(clock, server)
    server.serve(PATH, documents.civil(("Extreme", "Alert")))
    for at in (EVENING_BEFORE, STARTS_AT - timedelta(minutes=1), STARTS_AT, STARTS_AT + timedelta(hours=1)):
        clock.set(at)
        poll(server, clock)
        assert formats.decide_due(clock()) == 0
    assert formats.proposals_of(event.id) == []
    assert events.get(event.id).format is Format.ONSITE
    assert {message.kind for message in outbox.ledger(event.id)} & {"proposal", "decision"} == set()


def test_a_rule_that_was_kept_before_proposes_nothing_either(each_app: Flask, clock: Clock, server: FeedServer) -> None:
    event = watched_event(clock, ready.incidence("05754"), over=3)
    with transaction():
        row = session().get(FormatRuleRow, event.id)
        assert row is not None
        row.feed = served(server)
    server.serve(PATH, documents.civil(("Extreme", "Alert")))
    clock.set(NOON - timedelta(minutes=5))
    formats.add_reading(event.id, 4, clock(), by="test", now=clock())
    clock.set(NOON)
    assert [formats.decide_due(clock()), formats.decide_due(clock())] == [1, 0]
    [passed] = formats.proposals_of(event.id)
    assert (passed.why, formats.find_open_proposal(event.id)) == ("alert_only", None)


@pytest.mark.parametrize(
    ("at", "polled"),
    [
        (STARTS_AT - timedelta(days=3, seconds=1), 0),
        (STARTS_AT - timedelta(days=3), 1),
        (ENDS_AT - timedelta(seconds=1), 1),
        (ENDS_AT, 0),
    ],
)
def test_only_warnings_near_the_event_are_told(
    app: Flask, clock: Clock, server: FeedServer, at: datetime, polled: int
) -> None:
    event = warned_event(clock, server)
    server.serve(PATH, documents.civil(("Severe", "Alert")))
    clock.set(at)
    assert (poll(server, clock), len(told(event))) == (polled, polled)


def test_who_meets_digitally_is_not_warned(app: Flask, clock: Clock, server: FeedServer) -> None:
    event = warned_event(clock, server)
    formats.switch(event.id, Format.DIGITAL, reason="", join_url=None, by="test", now=clock())
    server.serve(PATH, documents.civil(("Severe", "Alert")))
    clock.set(EVENING_BEFORE)
    assert (poll(server, clock), told(event)) == (1, [])


def test_the_mail_names_the_severity_and_links_without_printing_the_warning(
    app: Flask, clock: Clock, server: FeedServer
) -> None:
    event = warned_event(clock, server)
    document = documents.civil(("Severe", "Alert")).replace(b'"Warnung"', b'"Bombenfund am Bahnhof"')
    server.serve(PATH, document)
    clock.set(EVENING_BEFORE)
    poll(server, clock)
    [message] = told(event)
    assert message.payload == {"severity": 3}
    letter = notices.compose(message, clock())
    assert letter.subject == "Amtliche Warnung: Dialogue evening"
    assert "Schwere: schwer." in letter.text
    assert "Bombenfund" not in letter.text
    links = [line for line in letter.text.splitlines() if line.startswith("http")]
    assert links[:2] == [
        "https://warnung.bund.de/meldungen",
        "http://events.example.org/organise/events/dialogue-evening/format",
    ]
    assert notices.still_wanted(message, clock()) is None
    formats.remove_rule(event.id, by="test", now=clock())
    assert notices.still_wanted(message, clock()) == ("the event is over or off, or no warnings are asked for any more")


def test_warnings_that_cannot_be_fetched_are_told_as_such(app: Flask, clock: Clock, server: FeedServer) -> None:
    event = warned_event(clock, server)
    server.answers[PATH] = lambda handler: handler.send(b"", 500)
    clock.set(datetime(2026, 11, 19, 9, 0, tzinfo=UTC))
    poll(server, clock)
    assert tell_of_trouble(fetcher(*server.names), clock()) == 1
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "organiser_feed"]
    text = notices.compose(message, clock()).text
    assert "Die Warnungen für diese Veranstaltung ließen sich nicht abrufen." in text
    assert "https://warnung.bund.de/meldungen" in text.splitlines()


def test_an_event_that_is_off_is_not_warned(app: Flask, clock: Clock, server: FeedServer) -> None:
    event = warned_event(clock, server)
    server.serve(PATH, documents.civil(("Severe", "Alert")))
    clock.set(EVENING_BEFORE)
    poll(server, clock)
    [message] = told(event)
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    assert events.get(event.id).lifecycle is EventStatus.CANCELLED
    assert notices.still_wanted(message, clock()) is not None
