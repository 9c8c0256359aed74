"""A county that was renamed keeps its key; one that is gone decides nothing, and its silence is no "no warning"."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.feeds import polling, ready
from regservice.formats.feeds.counties import COUNTIES
from regservice.formats.feeds.reading import read
from regservice.formats.feeds.service import standing, tell_of_trouble
from regservice.formats.feeds.types import FeedTrouble, description_of
from regservice.formats.types import RuleMode
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from tests.conftest import Clock
from tests.factories import STARTS_AT
from tests.feed_server import FeedServer, fetcher
from tests.formats.feeds import documents
from tests.formats.feeds.conftest import NOON, watched_event

# Eisenach became a part of the county around it in 2021, Osterode a part of Göttingen in 2016.
EISENACH, OSTERODE = "16056", "03156"


def test_there_are_four_hundred_counties() -> None:
    assert (len(COUNTIES), len({key[:2] for key in COUNTIES})) == (400, 16)
    assert {"05754", "06431", "08417", "05158", "08117", "11000", "16063"} <= COUNTIES
    assert not COUNTIES & {EISENACH, OSTERODE, "00000", "05000"}


GEOGRAPHIC = {
    "key": "wfs",
    "url": "https://maps.dwd.de/geoserver/dwd/ows",
    "format": "json",
    "items": "features.*",
    "probe": "features",
    "where": {"properties.WARNCELLID": f"1{EISENACH}000"},
    "value": "properties.LEVEL",
    "empty": 0,
}


@pytest.mark.parametrize(
    ("feed", "document"),
    [
        (ready.weather(EISENACH, ["1"]), documents.weather({})),
        # Even where somebody still publishes a warning under the old key.
        (ready.weather(EISENACH, ["1"]), documents.weather({f"1{EISENACH}000": [documents.warning(1, 3)]})),
        # A town of a county that is gone.
        (ready.weather("05754", ["1"]) | {"items": f"warnings.8{EISENACH}000.*"}, documents.weather({})),
        (ready.civil_warnings(EISENACH), documents.civil()),
        (GEOGRAPHIC, b'{"features": []}'),
    ],
    ids=["weather", "weather with a warning", "weather of a town", "civil", "geographic"],
)
def test_a_county_that_is_gone_is_no_county_without_a_warning(feed: dict[str, Any], document: bytes) -> None:
    found = read(io.BytesIO(document), description_of(feed), "Europe/Berlin", documents.NOW)
    assert found == FeedTrouble(code="county_unknown", detail=EISENACH)


def test_a_county_that_is_there_and_not_warned_is() -> None:
    for county in sorted(COUNTIES):
        feed = description_of(ready.weather(county, ["1"]))
        found = read(io.BytesIO(documents.weather({})), feed, "Europe/Berlin", documents.NOW)
        assert isinstance(found, list)
        assert found[0].value == 0


def decided(server: FeedServer, clock: Clock, event: EventFacts) -> tuple[str, str, str]:
    """What became of the decision, why, and what the page says about the feed before."""
    clock.set(NOON - timedelta(minutes=10))
    polling.poll_due(fetcher(*server.names), clock)
    rule = formats.find_rule(event.id)
    assert rule is not None
    trouble = standing(event.id, rule, clock()).trouble
    clock.set(NOON)
    formats.decide_due(clock())
    clock.advance(hours=2)
    formats.decide_due(clock())
    assert events.get(event.id).format is Format.ONSITE
    [proposal] = formats.proposals_of(event.id)
    return proposal.outcome.value, proposal.why, trouble.code if trouble else ""


def test_a_county_gone_from_the_file_of_incidences_decides_nothing(
    each_app: Flask, clock: Clock, server: FeedServer
) -> None:
    """The county was there yesterday; after the reform its rows are gone, also those of the days before."""
    feed = ready.incidence("05754") | {"url": server.url("/incidence.csv")}
    event = watched_event(clock, feed)
    server.serve("/incidence.csv", documents.incidence())
    clock.set(NOON - timedelta(hours=1))
    polling.poll_due(fetcher(*server.names), clock)
    assert formats.readings(event.id)[-1].value == 312.5
    server.serve("/incidence.csv", documents.incidence(counties=("06431", "05999")))
    assert decided(server, clock, event) == ("undecided", "failed", "nothing_found")


def test_a_county_gone_from_the_weather_warnings_decides_nothing(
    each_app: Flask, clock: Clock, server: FeedServer
) -> None:
    feed = ready.weather(EISENACH, ["1"]) | {"url": server.url("/warnings.json")}
    event = watched_event(clock, feed, over=3)
    server.serve("/warnings.json", documents.weather({}))
    assert decided(server, clock, event) == ("undecided", "failed", "county_unknown")


def test_a_county_gone_from_the_civil_warnings_is_told_and_not_silent(
    app: Flask, clock: Clock, server: FeedServer
) -> None:
    path = f"/api31/dashboard/{EISENACH}0000000.json"
    feed = ready.civil_warnings(EISENACH) | {"url": server.url(path, "warnung.bund.de")}
    event = watched_event(clock, feed, over=3, decision_at=STARTS_AT, mode=RuleMode.ALERT)
    server.serve(path, documents.civil())
    clock.set(STARTS_AT - timedelta(days=1))
    asking = fetcher(*server.names)
    polling.poll_due(asking, clock)
    assert (formats.readings(event.id), tell_of_trouble(asking, clock())) == ([], 1)
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "organiser_feed"]
    assert f"Einen Kreis mit dem Schlüssel {EISENACH} gibt es nicht" in notices.compose(message, clock()).text
