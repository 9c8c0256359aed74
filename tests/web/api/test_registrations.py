"""Registrations by the API follow the rules of the form."""

from datetime import timedelta
from typing import Any

import pytest

from regservice.events.types import Question, QuestionKind
from regservice.registrations import service as registrations
from regservice.registrations.registering import EVENT_MINUTE
from regservice.registrations.types import RegistrationState, Source
from tests.conftest import Clock
from tests.factories import confirm, kinds_sent_to, make_event
from tests.registrations.test_choosing import event_with, group
from tests.web.api.conftest import Caller

ADA: dict[str, Any] = {"name": "Ada", "email": "ada@example.org", "language": "en", "consent": True}
QUESTIONS = (
    Question(key="essen", label="Essen?", kind=QuestionKind.CHOICE, required=True, choices=("ja", "nein")),
    Question(key="tage", label="Tage", kind=QuestionKind.CHOICES, choices=("Fr", "Sa")),
)


def people(event_id: int) -> list[tuple[str, str, str]]:
    found = registrations.of_event(event_id, tuple(RegistrationState))
    return [(person.name, person.email, person.state.value) for person in found]


def test_a_registration_is_pending_and_its_link_comes_by_mail_only(anybody: Caller, clock: Clock) -> None:
    event = make_event(clock())
    answer = anybody("POST", f"/events/{event.slug}/registrations", ADA)
    assert (answer.status_code, answer.json) == (202, {"status": "pending"})
    [ada] = registrations.of_event(event.id, (RegistrationState.PENDING,))
    assert (ada.name, ada.language, ada.source) == ("Ada", "en", Source.API)
    assert kinds_sent_to(ada)[0] == ("optin", "waiting")
    assert "Set-Cookie" not in answer.headers


def test_a_registered_address_gets_the_same_answer(anybody: Caller, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    clock.advance(hours=2)
    answer = anybody("POST", f"/events/{event.slug}/registrations", ADA)
    assert (answer.status_code, answer.json) == (202, {"status": "pending"})
    assert people(event.id) == [("Ada", "ada@example.org", "confirmed")]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"consent": None}, {"consent"}),
        ({"consent": False}, {"consent"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": None}, {"email"}),
        ({"name": ""}, {"name"}),
        ({"name": 5}, {"name"}),
        ({"name": "see www.example.org"}, {"name"}),
        ({"language": "xx"}, {"language"}),
        ({"answers": {}}, {"answers.essen"}),
        ({"answers": {"essen": "vielleicht"}}, {"answers.essen"}),
        ({"answers": {"essen": "ja", "trinken": "ja"}}, {"answers.trinken"}),
        ({"answers": {"essen": "ja", "tage": ["So"]}}, {"answers.tage"}),
        ({"answers": {"essen": {"a": 1}}}, {"answers.essen"}),
        ({"answers": ["essen"]}, {"answers"}),
        ({"phone": "1"}, {"phone"}),
    ],
)
def test_what_is_wrong_is_422(anybody: Caller, clock: Clock, change: dict[str, Any], named: set[str]) -> None:
    event = make_event(clock(), questions=QUESTIONS)
    body = ADA | {"answers": {"essen": "ja", "tage": ["Fr", "Sa"]}} | change
    refused = anybody("POST", f"/events/{event.slug}/registrations", body)
    assert refused.status_code == 422
    assert refused.json is not None
    assert set(refused.json["errors"]) == named
    assert people(event.id) == []


def test_answers_are_kept(anybody: Caller, town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock(), questions=QUESTIONS)
    body = ADA | {"answers": {"essen": "ja", "tage": ["Fr", "Sa"]}}
    assert anybody("POST", f"/events/{event.slug}/registrations", body).status_code == 202
    listed = town_hall("GET", f"/events/{event.slug}/registrations").json
    [ada] = registrations.of_event(event.id, (RegistrationState.PENDING,))
    assert listed == {
        "items": [
            {
                "status": "pending",
                "name": "Ada",
                "email": "ada@example.org",
                "language": "en",
                "attendance": "onsite",
                "wish": "onsite",
                "code": ada.code,
                "registered_at": "2026-10-06T12:00:00+02:00",
                "joined_at": None,
                "format": "onsite",
                "format_version": 1,
                "answers": {"essen": "ja", "tage": ["Fr", "Sa"]},
            }
        ],
        "next": None,
    }


def test_closed_and_full_are_409_even_for_a_broken_request(anybody: Caller, clock: Clock) -> None:
    full = make_event(clock(), capacity=1, waiting_list=False)
    confirm(full, "Ben", clock())
    for body in (ADA, {"name": "Ada"}):
        refused = anybody("POST", f"/events/{full.slug}/registrations", body)
        assert (refused.status_code, refused.json and refused.json["type"]) == (
            409,
            "urn:regservice:problem:event-full",
        )
    later = make_event(clock(), registration_opens_at=clock() + timedelta(seconds=1))
    refused = anybody("POST", f"/events/{later.slug}/registrations", ADA)
    assert (refused.status_code, refused.json and refused.json["type"]) == (
        409,
        "urn:regservice:problem:registration-not-open",
    )
    clock.set((later.starts_at or clock()) + timedelta(seconds=1))
    refused = anybody("POST", f"/events/{later.slug}/registrations", ADA)
    assert (refused.status_code, refused.json and refused.json["type"]) == (
        409,
        "urn:regservice:problem:registration-closed",
    )


def test_an_idempotency_key_registers_once(anybody: Caller, clock: Clock) -> None:
    event = make_event(clock())
    path = f"/events/{event.slug}/registrations"
    answers = [anybody("POST", path, ADA, Idempotency_Key="one").status_code for _ in range(3)]
    assert answers == [202, 202, 202]
    [ada] = registrations.of_event(event.id, (RegistrationState.PENDING,))
    assert (ada.requests, kinds_sent_to(ada)) == (1, [("optin", "waiting"), ("optin_again", "waiting")])
    other = anybody("POST", path, ADA | {"email": "ben@example.org"}, Idempotency_Key="one")
    assert (other.status_code, other.json and other.json["type"]) == (
        422,
        "urn:regservice:problem:idempotency-key-reused",
    )
    assert len(people(event.id)) == 1


def test_too_many_are_429_with_retry_after(anybody: Caller, clock: Clock) -> None:
    event = make_event(clock(), capacity=None)
    path = f"/events/{event.slug}/registrations"
    answers = [
        anybody("POST", path, ADA | {"email": f"a{number}@example.org"}) for number in range(EVENT_MINUTE.count + 1)
    ]
    assert [answer.status_code for answer in answers] == [202] * EVENT_MINUTE.count + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61


def test_the_list_is_read_page_by_page(town_hall: Caller, clock: Clock) -> None:
    event = make_event(clock(), capacity=None)
    for name in ("Ada", "Ben", "Cem"):
        confirm(event, name, clock())
    first = town_hall("GET", f"/events/{event.slug}/registrations?limit=2").json
    assert first is not None
    assert [person["name"] for person in first["items"]] == ["Ada", "Ben"]
    rest = town_hall("GET", first["next"].removeprefix("http://events.example.org/api/v1")).json
    assert rest is not None
    assert ([person["name"] for person in rest["items"]], rest["next"]) == (["Cem"], None)


@pytest.mark.parametrize("named", ["Work", 2, "2"])
def test_a_group_is_named_by_title_or_position(anybody: Caller, clock: Clock, named: object) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    assert [part.position for part in event.parts] == [1, 2]
    answer = anybody("POST", f"/events/{event.slug}/registrations", ADA | {"group": named})
    [ada] = registrations.of_event(event.id, (RegistrationState.PENDING,))
    assert (answer.status_code, ada.group_wish) == (202, event.parts[1].id)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("Sport", "Bitte wählen Sie einen der Teile, die hier stehen."),
        (9, "Bitte wählen Sie einen der Teile, die hier stehen."),
        (True, "Bitte wählen Sie einen der Teile, die hier stehen."),
        (["Housing"], "Bitte wählen Sie einen der Teile, die hier stehen."),
        ("Assigned", "Bitte wählen Sie einen der Teile, die hier stehen."),
        ("Full", "Dieser Teil ist jetzt voll."),
    ],
)
def test_what_is_no_group_to_choose_is_422(anybody: Caller, clock: Clock, named: object, text: str) -> None:
    event = event_with(clock, group("Housing"), group("Assigned", chosen=False), group("Full", 0))
    refused = anybody("POST", f"/events/{event.slug}/registrations?lang=de", ADA | {"group": named})
    assert refused.status_code == 422
    assert refused.json is not None
    assert list(refused.json["errors"]) == ["group"]
    assert refused.json["errors"]["group"][0].startswith(text)
    assert people(event.id) == []
