"""A town hall with something behind every address: what the tests of access, headers and texts walk through."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts, Role
from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.config import current_settings
from regservice.db import db
from regservice.events import programmes
from regservice.events import service as events
from regservice.events.types import EventFacts, EventValues, Format, Question, SessionKind, SessionValues, Speaker
from regservice.formats import service as formats
from regservice.formats.types import FormatRule, RuleKind
from regservice.notices import addresses, speaker_links
from regservice.outbox import service as outbox
from regservice.registrations import desk, help_requests
from regservice.registrations import service as registrations
from regservice.registrations.links import derive_token
from regservice.registrations.types import HelpKind, RegistrationFacts, RegistrationRequest, Source
from regservice.town import service as towns
from regservice.town.types import Logo
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.forms import fill_in

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 20


@dataclass(kw_only=True)
class Story:
    """What there is, by the names that addresses use."""

    event: EventFacts
    events: list[EventFacts]
    people: dict[str, RegistrationFacts]
    programme: str
    decision: str
    one_time: str
    first: str
    api_token: str
    api_token_id: int
    town_version: int
    # An event that was switched, with a person without an address and one who asked for help.
    went_digital: EventFacts
    message: int
    organiser_id: int
    links: dict[str, str] = field(default_factory=dict)

    def addresses(self, rule: Rule) -> list[str]:
        """Every address of this kind that leads to something."""
        path, where = rule.rule, rule.endpoint.split(".")[0]
        found = [path]
        for name, values in self._values(where, path).items():
            if f"<{name}>" in path:
                found = [part.replace(f"<{name}>", value) for part in found for value in values]
        assert not [part for part in found if "<" in part], found
        return found

    def _values(self, where: str, path: str) -> dict[str, list[str]]:
        return {
            "token": self._tokens(where, path),
            "slug": [self.programme] if "/programmes/" in path else self._slugs(where, path),
            "int:registration_id": [str(person.id) for person in self.people.values()],
            "int:organiser_id": [str(self.organiser_id)],
            "int:token_id": [str(self.api_token_id)],
            "int:session_id": [str(self.event.parts[0].id)],
            "int:message_id": [str(self.message)],
            "int:number": ["1"],
            "key": [self.event.questions[0].key],
            "question": ["stay_digital", "new_date", "keep_place", "take_place"],
            "source": ["incidence", "weather", "own", "text"],
            "int:version": [str(self.town_version)],
            "int:format_version": [str(self.went_digital.format_version)],
            "int:request_id": ["1"],
        }

    def _slugs(self, where: str, path: str) -> list[str]:
        if "format_version" in path:
            return [self.went_digital.slug]
        if any(name in path for name in ("registration_id", "session_id", "int:number", "<key>")):
            return [self.event.slug]
        return [event.slug for event in self.events]

    def _tokens(self, where: str, path: str) -> list[str]:
        match where:
            case "personal":
                return list(self.links.values())
            case "decision":
                return [self.decision]
            case "speaking":
                ways = [(event.id, event.speakers[0]) for event in (self.event, self.went_digital)]
                return [speaker_links.link_of(*way).rpartition("/")[2] for way in ways]
            case "unsubscribe":
                ada = self.people["confirmed"]
                key = current_settings().secret_key
                return [addresses.unsubscribe("", key, ada.id, "remind_1d").removeprefix("/u/")]
            case _:
                return [self.first if "/first/" in path else self.one_time]


def write_story(clock: Clock, values: EventValues | None = None, name: str = "", **answers: Any) -> Story:
    """Events in every state, a person in every state, a proposal, a programme, tokens and messages.

    `values` and `name` put a text into the event and before the name of each person.
    """
    organiser = accounts.add_organiser("office@example.org", name or "Olga Office", by="test", now=clock())
    assert isinstance(organiser, OrganiserFacts)
    programme = programmes.save(_programme(values), by="test", now=clock())
    given: dict[str, Any] = {} if values is None else dict(vars(values))
    given |= {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=3), "waiting_list": True}
    given["speakers"] = given.get("speakers") or (Speaker(name=name or "Iris Impuls", email="iris@example.org"),)
    given["questions"] = given.get("questions") or (Question(key="wish", label="What do you wish for?"),)
    event = make_event(clock(), **given | {"capacity": 2}, format=Format.ONSITE, join_url="https://room.example.org/x")
    parts = [SessionValues(title=f"{event.title} part", kind=SessionKind.TALK, place=event.venue.room)]
    session_changes.arrange(event.id, [(None, part) for part in parts], by="test", now=clock())
    off = make_event(clock(), **given | {"title": f"{event.title} off"})
    late = make_event(clock(), **given | {"title": f"{event.title} late"})
    draft = events.create(replace(events.values_of(event), title=f"{event.title} draft"), by="test", now=clock())
    assert isinstance(draft, EventFacts)
    people = _people(event, clock, name, answers)
    reason = values.summary if values else "Storm"
    asked = _went_digital(given, name, answers, reason, clock)
    confirm(off, f"{name} Off", clock(), answers=answers, email="off@example.org")
    confirm(late, f"{name} Late", clock(), answers=answers, email="late@example.org")
    changes.cancel_event(off.id, reason=reason, by="test", now=clock())
    changes.postpone(late.id, reason=reason, by="test", now=clock())
    noon = clock() + timedelta(minutes=10)
    formats.save_rule(event.id, FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=noon), by="test", now=clock())
    clock.set(noon)
    formats.add_reading(event.id, 340, noon, by="test", now=noon)
    formats.decide_due(noon)
    proposal = formats.find_open_proposal(event.id)
    assert proposal is not None
    key = current_settings().secret_key
    api_token = accounts.make_api_token(name or "intranet", organiser_id=organiser.id, by="test", now=clock())
    towns.set_logo(Logo(content=PNG, media_type="image/png"), by="test", now=clock())
    town = towns.save(replace(towns.current(), colour="#005a9e"), by="test", now=clock())
    return Story(
        event=events.get(event.id),
        events=[events.get(each.id) for each in (event, off, late, draft)],
        went_digital=events.get(asked.event_id),
        people=people,
        programme=programme.slug,
        decision=derive_token(key, proposal.id, organiser.id, purpose="proposal"),
        one_time=accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=clock()),
        first=accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=clock()),
        api_token=api_token,
        api_token_id=accounts.api_tokens()[0].id,
        town_version=town.version,
        message=outbox.ledger(event.id, limit=1)[0].id,
        organiser_id=organiser.id,
        links={state: registrations.personal_token(person) for state, person in (people | {"asked": asked}).items()},
    )


def _went_digital(
    given: dict[str, Any], name: str, answers: dict[str, Any], reason: str, clock: Clock
) -> RegistrationFacts:
    """An event that was switched: somebody must be called, and this person asked for help."""
    event = make_event(
        clock(), **given | {"title": f"{given.get('title', 'Evening')} went"}, join_url="https://room.example.org/y"
    )
    by_phone = RegistrationRequest(name=f"{name} Phone", email="", language="de", source=Source.STAFF)
    desk.enter(event.id, by_phone, by="test", now=clock())
    asked = confirm(event, f"{name} Ash", clock(), answers=answers, email="ash@example.org")
    formats.switch(event.id, Format.DIGITAL, reason=reason, join_url=None, by="test", now=clock())
    help_requests.ask(asked.id, [HelpKind.OTHER], name or "A device", clock())
    return asked


def _programme(values: EventValues | None) -> dict[str, Any]:
    text = values.summary if values else "A week"
    return {
        "slug": "week",
        "title": values.title if values else "A week of dialogue",
        "summary": text,
        "description": values.description if values else text,
        "starts_on": date(2026, 11, 16),
        "ends_on": date(2026, 11, 22),
        "timezone": "Europe/Berlin",
        "towns": [text[:200]],
        "documents": [],
        "contact": {},
        "target_groups": [text[:200]],
        "host": text[:200],
        "region": text[:200],
    }


def _people(event: EventFacts, clock: Clock, name: str, answers: dict[str, Any]) -> dict[str, RegistrationFacts]:
    """Two seats: one taken, one given back and offered to the first who waits, and somebody who still waits."""
    found = {
        "confirmed": confirm(event, f"{name} Ada", clock(), answers=answers, email="ada@example.org"),
        "cancelled": confirm(event, f"{name} Bo", clock(), answers=answers, email="bo@example.org"),
        "offered": confirm(event, f"{name} Cy", clock(), answers=answers, email="cy@example.org"),
        "waitlisted": confirm(event, f"{name} Di", clock(), answers=answers, email="di@example.org"),
        "pending": register(event, f"{name} Ed", clock(), answers=answers, email="ed@example.org"),
    }
    registrations.cancel(found["cancelled"].id, clock())
    fresh = {state: registrations.find(person.id) for state, person in found.items()}
    assert {state: person.state.value for state, person in fresh.items() if person} == {state: state for state in found}
    return {state: person for state, person in fresh.items() if person}


def sign_in(app: Flask, role: Role, clock: Clock, email: str = "") -> str:
    """The session cookie of a fresh account."""
    made = accounts.add_organiser(email or f"{role.value}@example.org", "Kim", role=role, by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    client = app.test_client()
    path = f"/organise/link/{accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=made.id, now=clock())}"
    assert fill_in(client, path, {}).status_code == 302
    cookie = client.get_cookie("session") or client.get_cookie("__Host-session")
    assert cookie is not None
    return str(cookie.value)


def dump() -> dict[str, list[Any]]:
    """Every row of every table."""
    db.session.rollback()
    tables = db.metadata.sorted_tables
    return {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables}
