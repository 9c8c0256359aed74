"""Events by the API."""

from typing import Any

import pytest

from regservice.accounts.types import OrganiserFacts
from regservice.events import service as events
from regservice.events.types import EventFacts, Question, RegistrationMode
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.factories import confirm, kinds_sent_to, make_event
from tests.web.api.conftest import Caller

COMPLETE: dict[str, Any] = {
    "title": "Dialogabend",
    "slug": "dialogabend",
    "summary": "Kurz",
    "description": "Lang\nund breit",
    "status": "published",
    "starts_at": "2026-11-20T16:00:00+01:00",
    "ends_at": "2026-11-20T19:00:00+01:00",
    "timezone": "Europe/Berlin",
    "venue": {"name": "Rathaus", "room": "Saal", "street": "Markt 1", "postal_code": "01067", "city": "Musterstadt"},
    "format": "hybrid",
    "join_url": "https://example.org/room",
    "capacity": 30,
    "digital_capacity": None,
    "waiting_list": False,
    "registration_mode": "form",
    "registration_address": "",
    "registration_opens_at": "2026-10-01T00:00:00+02:00",
    "registration_closes_at": "2026-11-15T23:59:59+01:00",
    "contact": {"name": "Amt", "role": "Auskunft", "email": "amt@example.org", "phone": "030 23125 000"},
    "speakers": [{"name": "A. Muster", "role": "Leitung", "organisation": "Verein"}],
    "agenda": [
        {
            "title": "Begrüßung",
            "kind": "Vortrag",
            "starts_at": "2026-11-20T16:00:00+01:00",
            "ends_at": None,
            "speakers": ["A. Muster"],
            "place": "Saal",
        }
    ],
    "groups": [{"name": "Wohnen", "room": "1", "capacity": 10}],
    "questions": [{"key": "essen", "label": "Essen?", "kind": "choice", "required": True, "choices": ["ja", "nein"]}],
    "documents": [{"label": "Plan", "url": "https://example.org/plan.pdf", "format": "pdf"}],
    "target_groups": ["Alle"],
    "image": {"url": "https://example.org/a.jpg", "alt": "Saal", "caption": "Der Saal", "credit": "Foto: Muster"},
}


def found(slug: str) -> EventFacts:
    event = events.find(slug)
    assert event is not None
    return event


def test_an_event_is_answered_as_it_was_given(town_hall: Caller, anybody: Caller, organiser: OrganiserFacts) -> None:
    made = town_hall("POST", "/events", COMPLETE)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/events/dialogabend")
    assert made.json is not None
    assert {name: made.json[name] for name in COMPLETE} == COMPLETE
    assert made.json["registration_state"] == "open"
    assert found("dialogabend").owner_id == organiser.id
    public = anybody("GET", "/events/dialogabend").json
    assert public is not None
    assert {name: public[name] for name in COMPLETE if name != "join_url"} == {
        name: value for name, value in COMPLETE.items() if name != "join_url"
    }


def test_the_room_and_what_was_assumed_are_never_public(town_hall: Caller, anybody: Caller) -> None:
    town_hall("POST", "/events", COMPLETE | {"assumptions": ["capacity"]})
    for path in ("/events", "/events/dialogabend"):
        text = anybody("GET", path).text
        assert "Dialogabend" in text
        assert "example.org/room" not in text
        assert "join_url" not in text
        assert "room_system" not in text
        assert '"room_system":"link"' in town_hall("GET", path).text
        assert "assumptions" not in text
        assert "example.org/room" in town_hall("GET", path).text


def test_a_title_is_enough_for_a_draft_that_only_tokens_see(town_hall: Caller, anybody: Caller) -> None:
    made = town_hall("POST", "/events", {"title": "Ein Entwurf"}).json
    assert made is not None
    assert (made["slug"], made["status"], made["registration_mode"], made["timezone"]) == (
        "ein-entwurf",
        "draft",
        "form",
        "Europe/Berlin",
    )
    assert anybody("GET", "/events/ein-entwurf").status_code == 404
    assert town_hall("GET", "/events/ein-entwurf").status_code == 200
    assert anybody("GET", "/events").json == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"title"}),
        ({"title": "x", "titel": "y"}, {"titel"}),
        ({"title": "x", "venue": {"citty": "y"}}, {"venue.citty"}),
        ({"title": "x", "starts_at": "2026-11-20T16:00"}, {"starts_at"}),
        ({"title": "x", "registration_closes_at": "2026-11-13"}, {"registration_closes_at"}),
        ({"title": "x", "agenda": [{"title": "a", "starts_at": "2026-11-20T16:00"}]}, {"agenda.0.starts_at"}),
        ({"title": "x", "status": "held"}, {"status"}),
        ({"title": "x", "registration_state": "open"}, {"registration_state"}),
        ({"title": "x", "format": "mixed"}, {"format"}),
        ({"title": "x", "capacity": -1}, {"capacity"}),
        ({"title": "x", "capacity": "12"}, {"capacity"}),
        ({"title": "x", "slug": "Groß & klein"}, {"slug"}),
        ({"title": "x\ny"}, {"title"}),
        ({"title": "x", "documents": [{"label": "y", "url": "javascript:alert(1)"}]}, {"documents.0.url"}),
        ({"title": "x", "status": "published"}, {"starts_at", "venue", "contact"}),
        (
            COMPLETE | {"registration_closes_at": "2026-11-20T16:00:01+01:00"},
            {"registration_closes_at"},
        ),
        (COMPLETE | {"format": "digital", "join_url": None}, {"join_url"}),
        (["x"], {"document"}),
    ],
)
def test_what_is_wrong_is_422_with_every_member(town_hall: Caller, body: Any, named: set[str]) -> None:
    refused = town_hall("POST", "/events", body)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.json is not None
    assert (refused.json["type"], set(refused.json["errors"])) == ("urn:regservice:problem:invalid", named)
    assert events.for_organiser() == []


def test_an_address_is_given_once(town_hall: Caller) -> None:
    town_hall("POST", "/events", COMPLETE)
    again = town_hall("POST", "/events", COMPLETE)
    assert (again.status_code, again.json and list(again.json["errors"])) == (422, ["slug"])


def test_a_patch_changes_what_it_names(town_hall: Caller) -> None:
    town_hall("POST", "/events", COMPLETE | {"status": "draft"})
    changed = town_hall(
        "PATCH", "/events/dialogabend", {"capacity": None, "venue": {"room": "Keller"}, "summary": None}
    )
    assert changed.status_code == 200
    assert changed.json is not None
    expected = COMPLETE | {"status": "draft", "capacity": None, "summary": ""}
    expected["venue"] = COMPLETE["venue"] | {"room": "Keller"}
    assert {name: changed.json[name] for name in COMPLETE} == expected
    published = town_hall("PATCH", "/events/dialogabend", {"status": "published"})
    assert (published.status_code, published.json and published.json["status"]) == (200, "published")


def test_publishing_by_patch_names_everything_that_is_missing(town_hall: Caller) -> None:
    town_hall("POST", "/events", {"title": "Abend"})
    refused = town_hall("PATCH", "/events/abend", {"status": "published", "summary": "x"})
    assert (refused.status_code, refused.json and set(refused.json["errors"])) == (
        422,
        {"starts_at", "venue", "contact"},
    )
    assert found("abend").summary == ""


@pytest.mark.parametrize("body", [{"slug": "anders"}, {"format": "digital"}, {"status": "draft"}, {"unknown": 1}])
def test_what_a_public_event_keeps(town_hall: Caller, clock: Clock, body: dict[str, Any]) -> None:
    event = make_event(clock())
    refused = town_hall("PATCH", f"/events/{event.slug}", body)
    assert (refused.status_code, refused.json and list(refused.json["errors"])) == (422, list(body))
    assert events.get(event.id) == event


def test_a_moved_and_a_cancelled_event_are_told(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    town_hall("PATCH", f"/events/{event.slug}", {"starts_at": "2026-11-20T17:00:00+01:00"})
    assert kinds_sent_to(ada)[-1] == ("changed", "waiting")
    cancelled = town_hall("PATCH", f"/events/{event.slug}", {"status": "cancelled"})
    assert (cancelled.status_code, cancelled.json and cancelled.json["status"]) == (200, "cancelled")
    assert kinds_sent_to(ada)[-1] == ("cancelled_event", "waiting")
    again = town_hall("PATCH", f"/events/{event.slug}", {"status": "published"})
    assert again.status_code == 422


def test_registration_states(town_hall: Caller, anybody: Caller, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    body: dict[str, Any] = {"registration_opens_at": "2026-10-06T12:00:01+02:00"}

    def state() -> str:
        answer = anybody("GET", f"/events/{event.slug}").json
        assert answer is not None
        return str(answer["registration_state"])

    assert state() == "open"
    town_hall("PATCH", f"/events/{event.slug}", body)
    assert state() == "not_yet"
    clock.advance(seconds=1)
    assert state() == "open"
    confirm(event, "Ada", clock())
    assert state() == "full"
    clock.set(event.starts_at or clock())
    assert state() == "closed"


@pytest.mark.parametrize(
    ("mode", "address", "state"),
    [
        (RegistrationMode.EMAIL, "a@example.org", "open"),
        (RegistrationMode.EXTERNAL, "https://example.org/", "open"),
        (RegistrationMode.NONE, "", "closed"),
    ],
)
def test_registration_elsewhere(
    anybody: Caller, clock: Clock, mode: RegistrationMode, address: str, state: str
) -> None:
    event = make_event(clock(), registration_mode=mode, registration_address=address)
    answer = anybody("GET", f"/events/{event.slug}").json
    assert answer is not None
    assert answer["registration_state"] == state


def test_held_is_read(anybody: Caller, clock: Clock) -> None:
    event = make_event(clock())
    clock.set(event.ends_at or clock())
    answer = anybody("GET", f"/events/{event.slug}").json
    assert answer is not None
    assert (answer["status"], answer["registration_state"]) == ("held", "closed")


def test_lists_are_read_page_by_page(anybody: Caller, clock: Clock) -> None:
    slugs = [make_event(clock(), title=f"Abend {number}").slug for number in range(5)]
    path, seen, pages = "/events?limit=2", [], 0
    while path:
        answer = anybody("GET", path).json
        assert answer is not None
        seen += [item["slug"] for item in answer["items"]]
        path, pages = (answer["next"] or "").removeprefix("http://events.example.org/api/v1"), pages + 1
    assert (seen, pages) == (slugs, 3)


@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (1000, 200), (1001, 422), ("many", 422)])
def test_the_size_of_a_page(anybody: Caller, limit: Any, status: int) -> None:
    assert anybody("GET", f"/events?limit={limit}").status_code == status


def test_problems_speak_the_callers_language(anybody: Caller) -> None:
    english = anybody("GET", "/events/nowhere", Accept_Language="en").json
    assert english == {
        "type": "urn:regservice:problem:not-found",
        "title": "There is no such event.",
        "status": 404,
    }


def test_people_of_one_event_stay_there(town_hall: Caller, clock: Clock) -> None:
    one, other = make_event(clock(), title="Eins"), make_event(clock(), title="Zwei")
    confirm(one, "Ada", clock())
    assert registrations.of_event(other.id, ()) == []
    assert town_hall("GET", f"/events/{other.slug}/registrations").json == {"items": [], "next": None}


def test_a_program_gives_answered_questions_no_other_kind(town_hall: Caller, clock: Clock) -> None:
    wish = {"key": "wish", "label": "What do you wish for?", "kind": "text"}
    event = make_event(clock(), questions=(Question(key="wish", label="What do you wish for?"),))
    path = f"/events/{event.slug}"
    ada = confirm(event, "Ada", clock(), answers={"wish": "Peace"})
    for kind in ({"kind": "yes_no"}, {"kind": "choices", "choices": ["Peace"]}):
        refused = town_hall("PATCH", path, {"questions": [wish | kind]})
        assert refused.status_code == 422
        assert set(refused.json["errors"]) == {"questions"}  # type: ignore[index]
    assert town_hall("PATCH", path, {"questions": [wish | {"kind": "long_text"}]}).status_code == 200
    # What is not asked any more stays with the people, and is shown once it is asked again.
    assert town_hall("PATCH", path, {"questions": []}).status_code == 200
    assert town_hall("PATCH", path, {"questions": [wish | {"kind": "choices", "choices": ["A"]}]}).status_code == 422
    assert town_hall("PATCH", path, {"questions": [wish]}).status_code == 200
    found = registrations.find(ada.id)
    assert found is not None
    assert found.answers == {"wish": "Peace"}
