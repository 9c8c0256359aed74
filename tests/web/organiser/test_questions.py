"""The questions of a form through the organiser's pages, and what people and programs see of them at once."""

import csv
import io
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.audit import service as audit
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import forms_in

EVENT = "/organise/events/dialogue-evening"
PAGE = f"{EVENT}/questions"
MEAL = Question(key="meal", label="Which meal?", kind=QuestionKind.CHOICE, choices=("Soup", "Stew"))
WISH = Question(key="wish", label="What do you wish for?")


def send(client: FlaskClient, page: str, **values: str):
    """Send the last form of a page with these values."""
    action, hidden = forms_in(client.get(page).text)[-1]
    return client.post(action, data=hidden | values)


def press(client: FlaskClient, page: str, ending: str, **values: str):
    """Press the button of a page whose form goes to such an address."""
    action, hidden = next(form for form in forms_in(client.get(page).text) if form[0].endswith(ending))
    return client.post(action, data=hidden | values)


def spreadsheet(client: FlaskClient) -> list[list[str]]:
    """The list of people as a file."""
    answer = press(client, f"{EVENT}/attendees", "/export", format="csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def asked(event: EventFacts) -> tuple[Question, ...]:
    return events.get(event.id).questions


def test_questions_are_added_changed_moved_and_taken_away(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock())
    assert "The form asks nothing else yet." in organiser.get(f"{PAGE}?lang=en").text
    meal = {"label": "Essen Sie Fleisch?", "kind": "yes_no", "required": "y"}
    assert send(organiser, f"{PAGE}/new", **meal).status_code == 303
    days = {"label": "Wann?", "kind": "choices", "choices": "Freitag\r\n\r\n  Samstag \r\nFreitag"}
    assert send(organiser, f"{PAGE}/new", **days).status_code == 303
    first = Question(key="essen-sie-fleisch", label="Essen Sie Fleisch?", kind=QuestionKind.YES_NO, required=True)
    second = Question(key="wann", label="Wann?", kind=QuestionKind.CHOICES, choices=("Freitag", "Samstag"))
    assert asked(event) == (first, second)
    page = organiser.get(f"{PAGE}?lang=en").text
    assert "Several answers from a list: Freitag; Samstag" in page
    assert (page.count(">Up<"), page.count(">Down<")) == (1, 1)
    assert press(organiser, PAGE, "/wann/earlier").status_code == 303
    assert asked(event) == (second, first)
    assert press(organiser, PAGE, "/wann/later").status_code == 303
    assert asked(event) == (first, second)
    changed = {"label": "Mit Fleisch?", "kind": "text", "choices": "left over"}
    assert send(organiser, f"{PAGE}/asked/essen-sie-fleisch", **changed).status_code == 303
    assert asked(event)[0] == Question(key="essen-sie-fleisch", label="Mit Fleisch?")
    assert press(organiser, PAGE, "/wann/remove").status_code == 303
    assert asked(event) == (Question(key="essen-sie-fleisch", label="Mit Fleisch?"),)
    edits = [entry for entry in audit.history(f"event:{event.id}") if entry.verb == "event.edited"]
    assert [entry.details for entry in edits] == [{"fields": ["questions"]}] * 6
    assert {entry.actor.partition(":")[0] for entry in edits} == {"organiser"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"label": "", "kind": "text"}, "label"),
        ({"label": "x" * 301, "kind": "text"}, "label"),
        ({"label": "When?"}, "kind"),
        ({"label": "When?", "kind": "essay"}, "kind"),
        ({"label": "When?", "kind": "choice"}, "choices"),
        ({"label": "When?", "kind": "choices", "choices": " \r\n "}, "choices"),
        ({"label": "When?", "kind": "choices", "choices": "x" * 301}, "choices"),
        ({"label": "When?", "kind": "choices", "choices": "\n".join(map(str, range(201)))}, "choices"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    organiser: FlaskClient, clock: Clock, values: dict[str, str], named: str
) -> None:
    event = make_event(clock())
    answer = send(organiser, f"{PAGE}/new", **values)
    assert (answer.status_code, f'href="#{named}"' in answer.text, asked(event)) == (400, True, ())
    assert organiser.get(f"{PAGE}/asked/nothing").status_code == 404


def test_one_button_asks_what_people_need(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL,))
    # In the language of the town, whatever the organiser reads.
    assert press(organiser, f"{PAGE}?lang=en", "/access-needs").status_code == 303
    label = "Was brauchen Sie, um teilzunehmen? Zum Beispiel eine Rampe oder Gebärdensprache."
    key = "was-brauchen-sie-um-teilzunehmen-zum"
    assert asked(event) == (MEAL, Question(key=key, label=label, kind=QuestionKind.ACCESS))
    page = organiser.get(PAGE).text
    assert not [form for form in forms_in(page) if form[0].endswith("/access-needs")]
    _, hidden = forms_in(page)[-1]
    again = organiser.post(f"{PAGE}/access-needs", data=hidden)
    assert (again.status_code, len(asked(event))) == (409, 2)


def test_the_ready_question_reads_in_everybodys_language_and_their_own_words_as_they_are(
    organiser: FlaskClient, client: FlaskClient, clock: Clock
) -> None:
    event = make_event(clock(), questions=(MEAL,))
    press(organiser, PAGE, "/access-needs")
    form = f"/events/{event.slug}/register"
    english = "What do you need to take part? For example a ramp or sign language."
    german = "Was brauchen Sie, um teilzunehmen? Zum Beispiel eine Rampe oder Gebärdensprache."
    for language, asked_for, other in (("en", english, german), ("de", german, english), ("en", english, german)):
        page = client.get(f"{form}?lang={language}").text
        assert (asked_for in page, other in page, "Which meal?" in page) == (True, False, True)
    ready = asked(event)[1]
    own = replace(ready, label="Was sollen wir für Sie vorbereiten?")
    changes.edit(event.id, replace(events.values_of(event), questions=(MEAL, own)), by="test", now=clock())
    assert own.label in client.get(f"{form}?lang=en").text


def test_a_new_question_is_there_at_once(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), capacity=5)
    ada = confirm(event, "Ada", clock())
    anybody = organiser.application.test_client()
    form = f"/events/{event.slug}/register"
    kept = anybody.get(form)
    assert "answers-" not in kept.text
    send(organiser, f"{PAGE}/new", label="Which meal?", kind="choice", choices="Soup\nStew", required="y")
    shown = anybody.get(form, headers={"If-None-Match": kept.headers.get("ETag", "none")})
    assert (shown.status_code, 'name="answers-which-meal"' in shown.text) == (200, True)
    [question] = anybody.get(f"/api/v1/events/{event.slug}").get_json()["questions"]
    assert (question["key"], question["choices"]) == ("which-meal", ["Soup", "Stew"])
    body = {"name": "Ben", "email": "ben@example.org", "consent": True}
    refused = anybody.post(f"/api/v1/events/{event.slug}/registrations", json=body)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["answers.which-meal"])
    own = anybody.get(f"/r/{registrations.personal_token(ada)}/change").text
    assert 'name="answers-which-meal"' in own
    registrations.change(ada.id, name="Ada", language="de", answers={"which-meal": "Stew"}, now=clock())
    heading, line = spreadsheet(organiser)
    assert (heading[-1], line[-1]) == ("Which meal?", "Stew")
    token = accounts.make_api_token("website", organiser_id=None, by="test", now=clock())
    listed = anybody.get(
        f"/api/v1/events/{event.slug}/registrations", headers={"Authorization": f"Bearer {token}"}
    ).get_json()
    assert listed["items"][0]["answers"] == {"which-meal": "Stew"}


def test_answers_go_out_of_sight_only_after_a_second_question(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL, WISH), capacity=5)
    ada = confirm(event, "Ada", clock(), answers={"wish": "Peace"})
    confirm(event, "Ben", clock(), answers={"wish": "Quiet", "meal": "Soup"})
    second = press(organiser, PAGE, "/wish/remove")
    assert (second.status_code, asked(event)) == (200, (MEAL, WISH))
    assert "2 Antworten wären nicht mehr zu sehen" in second.text
    # While they think it over one more answers.
    confirm(event, "Cem", clock(), answers={"wish": "Rest"})
    action, hidden = forms_in(second.text)[-1]
    third = organiser.post(action, data=hidden)
    assert (third.status_code, asked(event)) == (200, (MEAL, WISH))
    assert "3 Antworten" in third.text
    action, hidden = forms_in(third.text)[-1]
    assert organiser.post(action, data=hidden).status_code == 303
    assert asked(event) == (MEAL,)
    found = registrations.find(ada.id)
    assert found is not None
    assert found.answers == {"wish": "Peace"}
    assert "Peace" not in organiser.get(f"{EVENT}/attendees/{ada.id}").text
    assert [line[-1] for line in spreadsheet(organiser)] == ["Which meal?", "", "Soup", ""]
    # Asked again in the same words it is another question.
    send(organiser, f"{PAGE}/new", label="Wish", kind="text")
    assert asked(event)[-1].key == "wish-2"


def test_a_choice_that_somebody_made_goes_only_after_a_second_question(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL,), capacity=5)
    ada = confirm(event, "Ada", clock(), answers={"meal": "Soup"})
    edit = f"{PAGE}/asked/meal"
    values = {"label": "Which dish, please?", "choices": "Stew\nFish", "required": "y"}
    second = send(organiser, edit, **values)
    assert (second.status_code, asked(event)) == (200, (MEAL,))
    assert "„Soup“ hat 1 Person gewählt." in second.text
    assert "Which dish, please?" in second.text
    action, hidden = forms_in(second.text)[-1]
    # What was typed in the area for several lines travels along unseen.
    assert organiser.post(action, data=hidden | {"choices": values["choices"]}).status_code == 303
    [question] = asked(event)
    assert (question.label, question.choices, question.required) == ("Which dish, please?", ("Stew", "Fish"), True)
    assert "Soup" in organiser.get(f"{EVENT}/attendees/{ada.id}").text
    assert [line[-1] for line in spreadsheet(organiser)] == ["Which dish, please?", "Soup"]


def test_what_people_have_answered_keeps_its_kind(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL, WISH), capacity=5)
    open_form = organiser.get(f"{PAGE}/asked/wish").text
    assert open_form.count('name="kind"') == len(QuestionKind)
    confirm(event, "Ada", clock(), answers={"meal": "Soup", "wish": "Peace"})
    assert organiser.get(f"{PAGE}/asked/wish").text.count('name="kind"') == 3
    assert 'name="kind"' not in organiser.get(f"{PAGE}/asked/meal").text
    # Sent from a form that was opened before somebody answered.
    action, hidden = forms_in(open_form)[-1]
    refused = organiser.post(action, data=hidden | {"label": WISH.label, "kind": "yes_no"})
    assert (refused.status_code, asked(event)) == (400, (MEAL, WISH))
    assert send(organiser, f"{PAGE}/asked/meal", label="Which?", kind="text", choices="Soup\nStew").status_code == 303
    assert asked(event)[0].kind is QuestionKind.CHOICE
    assert send(organiser, f"{PAGE}/asked/wish", label=WISH.label, kind="access").status_code == 303
    assert asked(event)[1].kind is QuestionKind.ACCESS


def test_a_form_that_changed_meanwhile_is_not_written_over(organiser: FlaskClient, clock: Clock) -> None:
    event = make_event(clock(), questions=(MEAL, WISH))
    stale = forms_in(organiser.get(PAGE).text)
    edit, seen = forms_in(organiser.get(f"{PAGE}/asked/wish").text)[-1]
    add, empty = forms_in(organiser.get(f"{PAGE}/new").text)[-1]
    send(organiser, f"{PAGE}/asked/meal", label="Which dish?", kind="choice", choices="Soup\nStew")
    now = asked(event)
    for action, hidden in stale:
        if "/questions/" in action:
            answer = organiser.post(action, data=hidden)
            assert (answer.status_code, asked(event)) == (409, now), action
    for action, hidden in ((edit, seen), (add, empty)):
        answer = organiser.post(action, data=hidden | {"label": "My words", "kind": "text"})
        assert (answer.status_code, asked(event)) == (409, now), action
        assert "My words" in answer.text
    # The second time it is saved on top of what the other one wrote.
    action, hidden = forms_in(answer.text)[-1]
    assert organiser.post(action, data=hidden | {"label": "My words", "kind": "text"}).status_code == 303
    assert asked(event) == (*now, Question(key="my-words", label="My words"))
    # What somebody else has taken away is changed no more.
    press(organiser, PAGE, "/my-words/remove")
    for ending in ("", "/remove", "/earlier", "/later"):
        gone = organiser.post(f"{PAGE}/asked/my-words{ending}", data=hidden | {"label": "Late", "kind": "text"})
        assert (gone.status_code, asked(event)) == (409, now), ending


def test_the_way_to_the_questions_is_shown(organiser: FlaskClient, clock: Clock) -> None:
    make_event(clock())
    for page in (EVENT, f"{EVENT}/edit"):
        # In the tabs and once more where the page speaks of them.
        assert organiser.get(page).text.count(f'href="{PAGE}"') == 2, page
