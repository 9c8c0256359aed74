"""The link in the organisers' mail: opening it changes nothing, one button decides, later ones see who was first."""

import re
from datetime import UTC, datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.config import current_settings
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind
from regservice.outbox import service as outbox
from regservice.registrations.links import derive_token
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
LEVEL = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)


def proposed(clock: Clock, value: float, join_url: str = "https://room.example.org/x") -> tuple[EventFacts, str]:
    """An event whose rule was read, and the link in the mail."""
    organiser = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
    assert isinstance(organiser, OrganiserFacts)
    event = make_event(clock(), join_url=join_url)
    confirm(event, "Ada", clock())
    formats.save_rule(event.id, LEVEL, by="test", now=clock())
    clock.set(NOON)
    formats.add_reading(event.id, value, NOON, by="test", now=clock())
    formats.decide_due(clock())
    proposal = formats.find_open_proposal(event.id)
    assert proposal is not None
    token = derive_token(current_settings().secret_key, proposal.id, organiser.id, purpose="proposal")
    return event, f"/decide/{token}"


def press(client: FlaskClient, link: str, decision: str, reason: str = "") -> tuple[int, str]:
    page = client.get(link).text
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None, page
    data = {"form_token": found[1], "decision": decision, "reason": reason}
    answer = client.post(link, data=data)
    return answer.status_code, client.get(link).text


def test_the_page_shows_reading_and_numbers_and_changes_nothing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 340)
    before = (events.get(event.id), outbox.ledger(event.id, limit=100), formats.find_open_proposal(event.id))
    page = client.get(link, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    for words in (
        "Dialogue evening",
        "340 (",
        "1 mail about it will be sent.",
        "According to the rule, the event goes digital.",
        "The rule: The value is 300 or higher",
        "Breaks at the screen",
        "17:00",
        "18:00",
    ):
        assert words in page.text, words
    assert "room.example.org" not in page.text
    client.head(link)
    assert (events.get(event.id), outbox.ledger(event.id, limit=100), formats.find_open_proposal(event.id)) == before


def test_one_button_takes_the_event_digital(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 340)
    forms = re.findall(r'name="form_token" value="([^"]+)"', client.get(link).text)
    status, after = press(client, link, "switch", "Rising numbers")
    assert status == 303
    assert "Olga Office" in after
    assert events.get(event.id).format is Format.DIGITAL
    assert formats.history(event.id)[0].reason == "Rising numbers"
    late = client.post(link, data={"form_token": forms[0], "decision": "stay"})
    assert late.status_code == 409
    assert "Olga Office" in late.text
    assert [m.payload["outcome"] for m in outbox.ledger(event.id, limit=100) if m.kind == "decision"] == ["switched"]


def test_it_stays_and_everyone_hears_it(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 200)
    assert press(client, link, "stay")[0] == 303
    assert [m.payload["outcome"] for m in outbox.ledger(event.id, limit=100) if m.kind == "decision"] == ["stays"]


def test_without_a_room_the_page_says_what_to_do(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 340, join_url="")
    page = client.get(link, headers={"Accept-Language": "en"}).text
    assert "The address of the digital room is missing" in page
    assert f'href="/organise/events/{event.slug}/format#switch-join_url"' in page
    assert press(client, link, "switch")[0] == 409
    assert events.get(event.id).format is Format.ONSITE
    status, later = press(client, link, "later")
    assert (status, "Sie entscheiden später" in later) == (303, True)
    assert press(client, link, "stay")[0] == 303


def test_what_was_not_a_button_decides_nothing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 340)
    assert press(client, link, "perhaps")[0] == 400
    assert press(client, link, "switch", "x" * 1001)[0] == 400
    assert client.post(link, data={"decision": "switch"}).status_code == 400
    assert events.get(event.id).format is Format.ONSITE


def test_the_link_ends_at_the_start_and_others_open_nothing(app: Flask, client: FlaskClient, clock: Clock) -> None:
    _, link = proposed(clock, 340)
    assert client.get("/decide/" + "x" * 43).status_code == 404
    clock.set(STARTS_AT)
    assert client.get(link).status_code == 404


def test_the_public_page_keeps_the_promise_in_words(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 200)
    address = f"/events/{event.slug}"

    def shown() -> tuple[str, str]:
        page = client.get(address, headers={"Accept-Language": "en"})
        stages = {
            "ahead": "We decide on ",
            "waiting": "We are deciding whether",
            "delayed": "The decision is delayed",
            "stays": "this event takes place as announced",
        }
        return ",".join(name for name, words in stages.items() if words in page.text), str(page.headers["ETag"])

    clock.set(NOON - timedelta(seconds=1))
    # The proposal is there already, so the clock alone does not bring the promise back.
    waiting = shown()
    clock.set(NOON + timedelta(hours=8))
    delayed = shown()
    assert press(client, link, "stay")[0] == 303
    stays = shown()
    assert [waiting[0], delayed[0], stays[0]] == ["waiting", "delayed", "stays"]
    assert len({waiting[1], delayed[1], stays[1]}) == 3


def test_the_decision_is_announced_before_it_falls(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event = make_event(clock())
    formats.save_rule(event.id, LEVEL, by="test", now=clock())
    page = client.get(f"/events/{event.slug}", headers={"Accept-Language": "en"}).text
    assert "We decide on Monday, 16 November 2026" in page


def test_the_public_page_says_when_the_new_format_was_decided(app: Flask, client: FlaskClient, clock: Clock) -> None:
    event, link = proposed(clock, 340)
    assert press(client, link, "switch")[0] == 303
    page = client.get(f"/events/{event.slug}", headers={"Accept-Language": "en"}).text
    assert "This event now takes place digitally" in page
    assert "Decided on Monday, 16 November 2026, 12:00." in page
