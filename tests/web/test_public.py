"""What everybody sees and how a registration is taken, through a client without cookies and scripts."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, Question, QuestionKind, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import DIALOGUE, STARTS_AT, kinds_sent_to, make_event
from tests.forms import fill_in, forms_in

ROOM = "https://rooms.example.org/secret-room"
ADA = {"name": "Ada Öztürk", "email": "ada@example.org", "language": "de", "consent": "yes"}


def send(client: FlaskClient, clock: Clock, page: str, values: dict[str, str | list[str]]) -> tuple[int, str]:
    """Fill in a form as slowly as a person."""
    shown = client.get(page)
    action, hidden = forms_in(shown.text)[0]
    clock.advance(seconds=5)
    answer = client.post(action, data={**hidden, **values})
    return answer.status_code, answer.text


def test_a_registration_is_taken_without_a_cookie(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    status, text = send(client, clock, f"/events/{event.slug}/register", dict(ADA))
    assert (status, "ada@example.org" in text) == (200, True)
    [pending] = registrations.of_event(event.id, (State.PENDING,))
    assert (pending.name, pending.email, pending.language) == ("Ada Öztürk", "ada@example.org", "de")
    assert not client._cookies  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "corrected",
    [{"name": "Ada Lovelace"}, {"language": "en"}, {"attendance": "digital"}, {"group": "1"}, {"answers-lunch": "no"}],
)
def test_what_is_corrected_after_going_back_in_the_browser_counts(
    client: FlaskClient, app: Flask, clock: Clock, corrected: dict[str, str]
) -> None:
    lunch = Question(key="lunch", label="Lunch?", kind=QuestionKind.YES_NO)
    made = make_event(clock(), format=Format.HYBRID, join_url=ROOM, questions=(lunch,))
    talk = SessionValues(title="Talk", kind=SessionKind.TALK, format=Format.HYBRID, join_url=ROOM)
    group = SessionValues(title="Work", kind=SessionKind.GROUP, for_everyone=False, people_choose=True)
    event = session_changes.arrange(made.id, [(None, talk), (None, group)], by="test", now=clock())
    assert isinstance(event, EventFacts)
    if "group" in corrected:
        corrected = {"group": str(event.parts[1].id)}
    action, hidden = forms_in(client.get(f"/events/{event.slug}/register").text)[0]
    first = {**hidden, **ADA, "attendance": "onsite", "answers-lunch": "yes", "group": ""}
    for sent in (first, first, {**first, **corrected}, {**first, **corrected}):
        clock.advance(seconds=5)
        assert client.post(action, data=sent).status_code == 200
    [ada] = registrations.of_event(event.id, tuple(State))
    new = {**first, **corrected}
    expected = (new["name"], new["language"], new["attendance"], new["answers-lunch"], new["group"])
    assert (ada.name, ada.language, ada.attendance.value, ada.answers["lunch"], str(ada.group_wish or "")) == expected
    # However often the form is sent, it is one mail.
    assert [kind for kind, _ in kinds_sent_to(ada)] == ["optin", "optin_again"]


def test_a_form_that_was_open_during_a_switch_is_answered_with_the_new_format(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    form = client.get(f"/events/{event.slug}/register").text
    action, hidden = forms_in(form)[0]
    formats.switch(event.id, Format.DIGITAL, reason="", join_url=ROOM, by="test", now=clock())
    clock.advance(seconds=5)
    answer = client.post(action, data={**hidden, **ADA})
    [pending] = registrations.of_event(event.id, (State.PENDING,))
    confirming = client.get(f"/r/{registrations.personal_token(pending)}/confirm")
    place = f"<del>{event.place}</del>"
    for page in (form, answer.text, confirming.text):
        now_digital = page is not form
        assert (place in page, "Digital, im Internet" in page) == (now_digital, now_digital)


def test_a_broken_form_comes_back_with_what_was_typed(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(
        clock(), questions=(Question(key="lunch", label="Lunch?", kind=QuestionKind.YES_NO, required=True),)
    )
    values: dict[str, str | list[str]] = {"name": "Ada", "email": "not an address", "language": "en"}
    status, text = send(client, clock, f"/events/{event.slug}/register", values)
    assert status == 400
    assert 'href="#email"' in text
    assert 'href="#answers-lunch"' in text
    assert 'value="not an address"' in text


def test_a_form_sent_within_two_seconds_is_shown_again(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    answer = fill_in(client, f"/events/{event.slug}/register", dict(ADA))
    assert answer.status_code == 400
    assert registrations.of_event(event.id, tuple(State)) == []


def test_a_program_that_fills_in_every_field_gets_the_answer_and_nothing_more(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    status, _ = send(client, clock, f"/events/{event.slug}/register", {**ADA, "website": "http://spam.example"})
    assert (status, registrations.of_event(event.id, tuple(State))) == (200, [])


def test_a_form_of_another_event_is_refused(client: FlaskClient, app: Flask, clock: Clock) -> None:
    first, second = make_event(clock(), title="One"), make_event(clock(), title="Two")
    _, hidden = forms_in(client.get(f"/events/{first.slug}/register").text)[0]
    clock.advance(seconds=5)
    assert client.post(f"/events/{second.slug}/register", data={**hidden, **ADA}).status_code == 400
    assert client.post(f"/events/{second.slug}/register", data=ADA).status_code == 400
    assert registrations.of_event(second.id, tuple(State)) == []


def test_a_form_sent_from_another_site_is_refused(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    page = f"/events/{event.slug}/register"
    _, hidden = forms_in(client.get(page).text)[0]
    clock.advance(seconds=5)
    answer = client.post(page, data={**hidden, **ADA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, registrations.of_event(event.id, tuple(State))) == (403, [])


@pytest.mark.parametrize(("before_deadline_s", "status"), [(1, 200), (0, 200), (-1, 409)])
def test_the_deadline_is_kept_to_the_second(
    client: FlaskClient, app: Flask, clock: Clock, before_deadline_s: int, status: int
) -> None:
    deadline = STARTS_AT - timedelta(days=5)
    event = make_event(clock(), registration_closes_at=deadline)
    page = f"/events/{event.slug}/register"
    clock.set(deadline - timedelta(seconds=10))
    _, hidden = forms_in(client.get(page).text)[0]
    clock.set(deadline - timedelta(seconds=before_deadline_s))
    assert client.post(page, data={**hidden, **ADA}).status_code == status


def test_full_without_a_waiting_list_is_409_by_page_and_form(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=0, waiting_list=False)
    assert client.get(f"/events/{event.slug}/register").status_code == 409


def test_the_page_names_the_weekday_in_both_languages(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    assert "Freitag, 20. November 2026" in client.get(f"/events/{event.slug}?lang=de").text
    assert "Friday, 20 November 2026" in client.get(f"/events/{event.slug}?lang=en").text


def test_a_page_is_not_sent_twice_and_changes_with_the_state(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    first = client.get(f"/events/{event.slug}")
    again = client.get(f"/events/{event.slug}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    clock.set(STARTS_AT)
    assert client.get(f"/events/{event.slug}", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_draft_is_nobodys_business(client: FlaskClient, app: Flask, clock: Clock) -> None:
    draft = events.create(DIALOGUE, by="test", now=clock())
    assert isinstance(draft, EventFacts)
    assert client.get(f"/events/{draft.slug}").status_code == 404
    assert client.get(f"/events/{draft.slug}/register").status_code == 404


@pytest.mark.parametrize(
    ("chosen", "asked", "language"),
    [
        ("en", "de", "en"),
        ("en-GB", "de", "en"),
        ("DE", "en", "de"),
        ("fr", "en", "en"),
        ("fr", "fr", "de"),
        ("", "en", "en"),
    ],
)
def test_a_language_that_pages_do_not_have_leaves_the_choice_to_the_browser(
    client: FlaskClient, app: Flask, chosen: str, asked: str, language: str
) -> None:
    answer = client.get(f"/?lang={chosen}", headers={"Accept-Language": asked})
    assert f'<html lang="{language}"' in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_page_says_what_when_where_how_and_whom_to_ask_in_this_order(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = make_event(clock(), summary="A talk and working groups.", registration_closes_at=STARTS_AT)
    page = client.get(f"/events/{event.slug}?lang=en").text
    facts = ("Dialogue evening</h1>", "A talk and", "Friday, 20 November 2026", "Town hall", "until Friday", "030")
    places = [page.index(fact, page.index("<h1>")) for fact in facts]
    assert places == sorted(places)
