"""What search engines read from the page of an event: the words of schema.org, and nothing that is not public."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events.types import EventFacts, EventStatus, Format, Image, Speaker, Venue
from regservice.web.structured_data import event_data
from tests.changes.test_service import values
from tests.conftest import Clock
from tests.factories import STARTS_AT, make_event
from tests.facts import event_facts

BASE = "https://events.example.org"
PAGE = f"{BASE}/events/dialogue-evening"
ROOM = "https://rooms.example.org/secret-room"
ON_SITE = {
    "@type": "Place",
    "name": "Town hall, Large hall",
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "Market 1",
        "postalCode": "12345",
        "addressLocality": "Exampletown",
    },
}
ONLINE = {"@type": "VirtualLocation", "url": PAGE}


def data_of(**changes: Any) -> dict[str, Any]:
    found = event_data(event_facts(**changes), BASE, "Musterstadt")
    assert found is not None
    return found


def test_everything_that_is_known() -> None:
    assert data_of(
        summary="An evening.",
        speakers=(Speaker(name="Dr. Ada Muster", role="Researcher"),),
        image=Image(url="https://example.org/hall.jpg", alt="The hall"),
    ) == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": PAGE,
        "url": PAGE,
        "name": "Dialogue evening",
        "description": "An evening.",
        "startDate": "2026-11-20T16:00:00+01:00",
        "endDate": "2026-11-20T19:00:00+01:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": [ON_SITE],
        "organizer": {"@type": "Organization", "name": "Musterstadt", "url": BASE},
        "performer": [{"@type": "Person", "name": "Dr. Ada Muster"}],
        "image": ["https://example.org/hall.jpg"],
        "maximumPhysicalAttendeeCapacity": 2,
    }


@pytest.mark.parametrize(
    ("changes", "status", "mode", "location"),
    [
        ({}, "EventScheduled", "Offline", [ON_SITE]),
        ({"format": Format.DIGITAL}, "EventScheduled", "Online", [ONLINE]),
        ({"format": Format.DIGITAL, "format_version": 2}, "EventMovedOnline", "Online", [ONLINE]),
        ({"format": Format.HYBRID, "format_version": 2}, "EventScheduled", "Mixed", [ON_SITE, ONLINE]),
        ({"format": Format.MIXED, "format_version": 2}, "EventScheduled", "Mixed", [ON_SITE, ONLINE]),
        ({"format": Format.ONSITE, "format_version": 3}, "EventScheduled", "Offline", [ON_SITE]),
        ({"lifecycle": EventStatus.POSTPONED}, "EventPostponed", "Offline", [ON_SITE]),
        (
            {"lifecycle": EventStatus.CANCELLED, "format": Format.DIGITAL, "format_version": 2},
            "EventCancelled",
            "Online",
            [ONLINE],
        ),
    ],
)
def test_status_and_place(changes: dict[str, Any], status: str, mode: str, location: list[dict[str, Any]]) -> None:
    found = data_of(join_url=ROOM, **changes)
    assert (found["eventStatus"], found["eventAttendanceMode"], found["location"]) == (
        f"https://schema.org/{status}",
        f"https://schema.org/{mode}EventAttendanceMode",
        location,
    )
    assert ROOM not in json.dumps(found)


@pytest.mark.parametrize(
    ("announced", "changes", "status", "before"),
    [
        (STARTS_AT, {}, "EventScheduled", None),
        (None, {"lifecycle": EventStatus.DRAFT}, "EventScheduled", None),
        (STARTS_AT - timedelta(days=7), {}, "EventRescheduled", "2026-11-13T16:00:00+01:00"),
        (
            STARTS_AT - timedelta(days=7),
            {"lifecycle": EventStatus.CANCELLED},
            "EventCancelled",
            "2026-11-13T16:00:00+01:00",
        ),
        (
            STARTS_AT - timedelta(days=7),
            {"format": Format.DIGITAL, "format_version": 2},
            ["EventRescheduled", "EventMovedOnline"],
            "2026-11-13T16:00:00+01:00",
        ),
    ],
)
def test_a_moved_event_names_the_start_it_had(
    announced: datetime | None, changes: dict[str, Any], status: str | list[str], before: str | None
) -> None:
    found = data_of(announced_starts_at=announced, **changes)
    words = [status] if isinstance(status, str) else status
    told = found["eventStatus"] if isinstance(found["eventStatus"], list) else [found["eventStatus"]]
    assert (told, found.get("previousStartDate")) == ([f"https://schema.org/{word}" for word in words], before)


def test_what_is_unknown_is_left_out() -> None:
    found = data_of(venue=Venue(city="Exampletown"), ends_at=None, capacity=None)
    assert found["location"] == [
        {
            "@type": "Place",
            "name": "Exampletown",
            "address": {"@type": "PostalAddress", "addressLocality": "Exampletown"},
        }
    ]
    assert sorted(found) == sorted(
        ["@context", "@type", "@id", "url", "name", "startDate", "eventStatus", "eventAttendanceMode", "location",
         "organizer"]
    )  # fmt: skip


def test_before_the_town_has_a_name_nobody_organises() -> None:
    found = event_data(event_facts(host=""), BASE, "")
    assert found is not None
    assert "organizer" not in found


def test_without_a_date_there_is_nothing_to_say() -> None:
    assert event_data(event_facts(starts_at=None), BASE, "Musterstadt") is None


def test_the_hour_that_comes_twice_keeps_its_offset() -> None:
    second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert data_of(starts_at=second_half_past_two, ends_at=None)["startDate"] == "2026-10-25T02:30:00+01:00"


def test_on_the_page_no_title_ends_it_early(client: FlaskClient, clock: Clock) -> None:
    title = "</script><script>alert(1)</script><!-- & ' \" \u2028"
    event = make_event(clock(), title=title, join_url=ROOM)
    page = client.get(f"/events/{event.slug}").text
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert json.loads(block)["name"] == event.title
    assert re.findall("[<>&']", block) == []
    assert ROOM not in page


def test_the_page_of_a_moved_event_says_when_it_was_until_it_is_as_announced_again(
    client: FlaskClient, clock: Clock
) -> None:
    event = make_event(clock(), ends_at=None)
    later = STARTS_AT + timedelta(days=7)

    def page_after(starts_at: datetime) -> str:
        assert isinstance(
            changes.edit(event.id, values(event, starts_at=starts_at), by="test", now=clock()), EventFacts
        )
        return client.get(f"/events/{event.slug}?lang=en").text

    assert "(no longer)" not in client.get(f"/events/{event.slug}?lang=en").text
    for moved_to in (later, later + timedelta(hours=1)):
        page = page_after(moved_to)
        assert "<del>Friday, 20 November 2026, 16:00</del> (no longer)" in page
        assert "https://schema.org/EventRescheduled" in page
    assert "(no longer)" not in page_after(STARTS_AT)


def test_a_new_date_after_a_time_without_one_is_a_move(client: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), ends_at=None)
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    new_date = values(event, starts_at=STARTS_AT + timedelta(days=30))
    assert isinstance(changes.take_up_again(event.id, new_date, by="test", now=clock()), EventFacts)
    assert "https://schema.org/EventRescheduled" in client.get(f"/events/{event.slug}").text
