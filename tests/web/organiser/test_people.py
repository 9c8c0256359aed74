"""The people of an event through the pages: found, entered, corrected, moved up, cancelled, taken along."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from regservice.audit import service as audit
from regservice.events.types import Question, QuestionKind
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts, RegistrationState
from tests.conftest import Clock
from tests.factories import confirm, make_event, register
from tests.forms import fill_in, forms_in

LIST = "/organise/events/dialogue-evening/attendees"
BASE = "http://events.example.org"
QUESTIONS = (Question(key="lunch", label="Lunch?", kind=QuestionKind.YES_NO, required=True),)


def find(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def act(client: FlaskClient, person: RegistrationFacts, what: str, **values: str) -> int:
    """Send the form of a person's page that does this."""
    page = f"{LIST}/{person.id}"
    for action, hidden in forms_in(client.get(page).text):
        if action.endswith(what):
            return client.post(action, data={**hidden, **values}).status_code
    raise LookupError(what)


def test_the_list_is_searched_and_filtered(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), capacity=1)
    ann, bob = confirm(event, "Ann", clock()), confirm(event, "Bob", clock())
    cy = register(event, "Cy", clock())
    registrations.cancel(cy.id, clock())

    def shown(query: str) -> list[str]:
        page = organiser.get(f"{LIST}{query}").text
        return [name for name in ("Ann", "Bob", "Cy") if f"<bdi>{name}</bdi>" in page]

    assert shown("") == ["Ann", "Bob"]
    assert shown("?status=waitlisted") == ["Bob"]
    assert shown("?status=cancelled") == ["Cy"]
    assert shown("?status=nonsense&page=nonsense") == ["Ann", "Bob"]
    assert shown(f"?search={ann.code}") == ["Ann"]
    assert shown(f"?search={bob.email}") == ["Bob"]
    assert shown("?page=2") == []


def test_a_person_is_entered_by_hand_without_address_and_answers(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), questions=QUESTIONS)
    answer = fill_in(organiser, f"{LIST}/new", {"name": "Änne Öz", "language": "de"}, form=-1)
    assert answer.status_code == 302
    (person,) = registrations.of_event(event.id, (RegistrationState.CONFIRMED,))
    assert (person.name, person.email, person.answers, person.source.value) == ("Änne Öz", "", {}, "staff")
    assert outbox.ledger_for_registration(person.id) == []
    assert audit.history(f"registration:{person.id}")[0].actor == "organiser:1"


def test_what_somebody_says_on_the_telephone_is_entered_for_them(organiser: FlaskClient, clock: Clock):
    needs = Question(key="needs", label="What do you need?", kind=QuestionKind.ACCESS)
    event = make_event(clock(), questions=(*QUESTIONS, needs))
    person = confirm(event, "Ann", clock(), answers={"lunch": "yes"})
    page = f"{LIST}/{person.id}/change"
    assert fill_in(organiser, page, {"name": ""}, form=-1).status_code == 400
    said: dict[str, str | list[str]] = {"name": "Ann Ö", "language": "en", "answers-needs": "A ramp"}
    assert fill_in(organiser, page, {**said, "answers-lunch": ""}, form=-1).status_code == 302
    changed = find(person)
    assert (changed.name, changed.language, changed.answers) == ("Ann Ö", "en", {"needs": "A ramp"})
    assert changed.needs_said_at == clock()
    assert audit.history(f"registration:{person.id}")[0].actor == "organiser:1"
    assert "A ramp" in organiser.get(f"{LIST}/{person.id}").text
    registrations.cancel(person.id, clock())
    assert organiser.get(page).status_code == 302


def test_entering_says_why_it_cannot_be(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), capacity=1, waiting_list=False)
    ann = confirm(event, "Ann", clock())
    values: dict[str, str | list[str]] = {"name": "Bob", "language": "de"}
    assert fill_in(organiser, f"{LIST}/new", {**values, "email": "not an address"}, form=-1).status_code == 400
    taken = fill_in(organiser, f"{LIST}/new", {**values, "email": ann.email}, form=-1)
    assert (taken.status_code, 'value="Bob"' in taken.text) == (409, True)
    assert fill_in(organiser, f"{LIST}/new", values, form=-1).status_code == 409
    assert len(registrations.of_event(event.id, tuple(RegistrationState))) == 1


def test_an_address_is_corrected_and_the_link_sent_again(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    ann, bob = confirm(event, "Ann", clock()), confirm(event, "Bob", clock())
    old = registrations.personal_token(ann)
    assert act(organiser, ann, "/address", **{"address-email": "wrong"}) == 400
    assert act(organiser, ann, "/address", **{"address-email": bob.email}) == 409
    assert act(organiser, ann, "/address", **{"address-email": "new@example.org"}) == 302
    assert find(ann).email == "new@example.org"
    assert organiser.get(f"/r/{old}").status_code == 404
    assert act(organiser, ann, "/link") == 302
    sent = [message for message in outbox.ledger_for_registration(ann.id) if message.kind == "already"]
    assert [message.recipient for message in sent] == ["new@example.org"] * 2


def test_a_link_that_strangers_have_is_replaced_and_the_calendar_entry_follows(
    organiser: FlaskClient, clock: Clock
) -> None:
    ann = confirm(make_event(clock()), "Ann", clock())
    old = registrations.personal_token(ann)
    assert act(organiser, ann, "/new-link") == 302
    found = find(ann)
    new = registrations.personal_token(found)
    assert [organiser.get(f"/r/{token}").status_code for token in (old, new)] == [404, 200]
    assert (found.state, found.calendar_sequence) == (ann.state, ann.calendar_sequence + 1)
    [sent] = [message for message in outbox.ledger_for_registration(ann.id) if message.kind == "new_link"]
    letter = notices.compose(sent, clock())
    assert letter.invitation is not None
    assert (letter.invitation.url, letter.invitation.sequence) == (f"{BASE}/r/{new}", found.calendar_sequence)
    assert old not in f"{letter.text} {letter.html} {letter.invitation}"
    assert audit.history(f"registration:{ann.id}")[0].verb == "registration.link_replaced"


def test_the_link_of_who_cancelled_is_replaced_without_a_mail(organiser: FlaskClient, clock: Clock) -> None:
    ann = confirm(make_event(clock()), "Ann", clock())
    registrations.cancel(ann.id, clock())
    old, before = registrations.personal_token(ann), outbox.ledger_for_registration(ann.id)
    assert act(organiser, ann, "/new-link") == 302
    assert organiser.get(f"/r/{old}").status_code == 404
    assert outbox.ledger_for_registration(ann.id) == before


def test_a_waiting_person_moves_up_with_a_reason_when_a_place_is_free(organiser: FlaskClient, clock: Clock):
    # Too near the start for an offer: the place stays free.
    event = make_event(clock(), capacity=1, starts_at=clock() + timedelta(hours=2), ends_at=None)
    confirm(event, "Ann", clock())
    bob = confirm(event, "Bob", clock())
    assert act(organiser, bob, "/move-up") == 400
    assert act(organiser, bob, "/move-up", **{"up-reason": "speaks"}) == 409
    assert find(bob).state is RegistrationState.WAITLISTED
    registrations.cancel(bob.id - 1, clock())
    assert find(bob).state is RegistrationState.WAITLISTED
    assert act(organiser, bob, "/move-up", **{"up-reason": "speaks"}) == 302
    assert find(bob).state is RegistrationState.CONFIRMED


def test_a_person_is_cancelled_with_a_reason_and_the_next_gets_the_place(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), capacity=1)
    ann, bob = confirm(event, "Ann", clock()), confirm(event, "Bob", clock())
    assert act(organiser, ann, "/cancel") == 400
    assert act(organiser, ann, "/cancel", **{"cancel-reason": "rang up"}) == 302
    assert (find(ann).state, find(ann).note) == (RegistrationState.CANCELLED, "rang up")
    assert find(bob).state is RegistrationState.OFFERED
    with pytest.raises(LookupError):
        act(organiser, ann, "/cancel", **{"cancel-reason": "again"})
    assert "rang up" in organiser.get(f"{LIST}/{ann.id}").text


def test_a_person_is_found_only_under_their_own_event(organiser: FlaskClient, clock: Clock):
    make_event(clock())
    other = make_event(clock(), title="Other evening")
    ann = confirm(other, "Ann", clock())
    assert organiser.get(f"{LIST}/{ann.id}").status_code == 404
    _action, hidden = forms_in(organiser.get(LIST).text)[-1]
    for what in ("address", "link", "move-up", "cancel"):
        data = {**hidden, "cancel-reason": "x", "address-email": "x@example.org"}
        assert organiser.post(f"{LIST}/{ann.id}/{what}", data=data).status_code == 404
    assert find(ann) == ann


def test_names_and_reasons_are_text_wherever_they_stand(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), questions=(Question(key="q", label="<b>Q</b>"),))
    bad = "<script>alert(1)</script>"
    ann = confirm(event, bad, clock(), email="ann@example.org", answers={"q": bad})
    for page in (LIST, f"{LIST}/{ann.id}", "/organise/events/dialogue-evening/door"):
        text = organiser.get(page).text
        assert "&lt;script&gt;" in text
        assert bad not in text


def test_the_door_list_holds_no_addresses_and_no_answers(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), questions=QUESTIONS)
    confirm(event, "Zoe", clock(), answers={"lunch": "yes"})
    anne = confirm(event, "Änne", clock(), email="a@example.org")
    text = organiser.get("/organise/events/dialogue-evening/door").text
    assert text.index("Änne") < text.index("Zoe")
    assert anne.code in text
    assert "@" not in text
    assert "Lunch" not in text


def export(client: FlaskClient, format: str):
    action, hidden = forms_in(client.get(LIST).text)[-1]
    return client.post(action, data={**hidden, "format": format})


def test_the_csv_has_the_questions_as_columns_and_no_formulas(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), questions=QUESTIONS)
    ann = confirm(event, "=1+1", clock(), email="ann@example.org", answers={"lunch": "yes"})
    answer = export(organiser, "csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=dialogue-evening.csv"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    heading, line = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""), delimiter=";")
    assert heading[-1] == "Lunch?"
    assert line[:3] == [ann.code, "'=1+1", "ann@example.org"]
    assert len(line) == len(heading)
    (entry,) = [entry for entry in audit.history(f"event:{event.id}") if entry.verb == "attendees.exported"]
    assert (entry.actor, entry.details) == ("organiser:1", {"format": "csv"})


def test_the_xlsx_is_a_table_of_text(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    confirm(event, "=1+1", clock(), email="ann@example.org")
    with export(organiser, "xlsx") as answer, zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "=1+1" in sheet
    assert "<f>" not in sheet


def test_an_export_is_a_post_of_a_known_format_twenty_times_a_day(organiser: FlaskClient, clock: Clock):
    make_event(clock())
    assert organiser.get("/organise/events/dialogue-evening/export").status_code == 405
    assert export(organiser, "exe").status_code == 400
    assert [export(organiser, "csv").status_code for _ in range(21)] == [200] * 20 + [429]
