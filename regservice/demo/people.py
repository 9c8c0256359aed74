"""Made-up people for the example events; their addresses belong to domains that are kept free for examples."""

from datetime import datetime

from regservice.events import service as events
from regservice.registrations import desk, registering, session_places
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationRequest, RegistrationState, Source

BY = "demo"
DIALOGUE_PEOPLE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("Aylin Beispiel", "aylin.beispiel@example.org", "de", {"gruppe": "Wohnen"}),
    ("Bernd Muster", "bernd.muster@example.net", "de", {"gruppe": "Bildung und Erziehung"}),
    ("Chidi Example", "chidi@example.org", "en", {"gruppe": "Teilhabe und Begegnung"}),
    ("Dilek Muster", "dilek.muster@example.org", "de", {}),
    ("Verein Nachbarschaft, Frau Probe", "nachbarschaft@example.net", "de", {"gruppe": "Beratung und Unterstützung"}),
)
KICK_OFF_PEOPLE: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("Erika Muster", "erika.muster@example.org", "de", {}),
    ("Farid Beispiel", "farid.beispiel@example.net", "de", {}),
    ("Grace Example", "grace@example.org", "en", {}),
)
COOKS = ("Hanne", "Ivan", "Jasmin", "Karim", "Lena", "Mehmet", "Nora", "Olga", "Pawel", "Rana", "Sami", "Tilda")


def register_people(now: datetime) -> None:
    """A few confirmed, one that has not confirmed yet, one without an e-mail address, and a full event with a queue."""
    for name, email, language, answers in DIALOGUE_PEOPLE:
        person = _confirmed("guetersloh-dialogveranstaltung", _request(name, email, language, answers), now)
        _into_group("guetersloh-dialogveranstaltung", person, answers.get("gruppe", ""), now)
    _pending("guetersloh-dialogveranstaltung", _request("Uta Vergesslich", "uta@example.org", "de", {}), now)
    _by_phone("guetersloh-dialogveranstaltung", "Wilhelm Ohnepost", now)
    for name, email, language, answers in KICK_OFF_PEOPLE:
        _confirmed("goeppingen-auftakt", _request(name, email, language, answers), now)
    for name in COOKS:
        _by_phone("demo-kochabend", f"{name} Koch (Demo)", now)
    _confirmed("demo-kochabend", _request("Xenia Wartend", "xenia@example.net", "de", {}), now)


def _request(name: str, email: str, language: str, answers: dict[str, str]) -> RegistrationRequest:
    return RegistrationRequest(name=name, email=email, language=language, answers=dict(answers))


def _event_id(slug: str) -> int:
    event = events.find(slug)
    assert event is not None, slug
    return event.id


def _pending(slug: str, request: RegistrationRequest, now: datetime) -> int:
    event_id = _event_id(slug)
    registering.register(event_id, request, sender=BY, now=now)
    return registrations.of_event(event_id, (RegistrationState.PENDING,))[-1].id


def _confirmed(slug: str, request: RegistrationRequest, now: datetime) -> int:
    person_id = _pending(slug, request, now)
    registrations.confirm(person_id, now)
    return person_id


def _into_group(slug: str, person_id: int, title: str, now: datetime) -> None:
    event = events.get(_event_id(slug))
    for part in event.parts:
        if part.title == title:
            session_places.choose(person_id, part.id, by=BY, now=now)


def _by_phone(slug: str, name: str, now: datetime) -> None:
    request = RegistrationRequest(name=name, email="", language="de", source=Source.STAFF)
    desk.enter(_event_id(slug), request, by=BY, now=now)
