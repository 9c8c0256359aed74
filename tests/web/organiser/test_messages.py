"""The ledger through the pages, and reading what is kept."""

import re

from flask.testing import FlaskClient

from regservice.db import transaction
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Rejected, Retry, Scope
from regservice.outbox.types import MessageState
from regservice.registrations import call_list, desk
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState
from regservice.web.organiser.messages import with_links
from tests.conftest import Clock
from tests.factories import confirm, make_event, register
from tests.forms import fill_in, forms_in
from tests.outbox.test_service import FakePost


def test_without_a_relay_the_opt_in_is_read_and_its_link_confirms(
    organiser: FlaskClient, client: FlaskClient, clock: Clock
):
    event = make_event(clock())
    person = register(event, "Ann", clock())
    outbox.hold(clock())
    listed = organiser.get("/organise/messages").text
    assert person.email in listed
    (message,) = [each for each in outbox.ledger(event.id) if each.kind == "optin"]
    page = organiser.get(f"/organise/messages/{message.id}").text
    (link,) = set(re.findall(r'<a href="http://events\.example\.org(/r/[^"]+/confirm)">', page))
    fill_in(client, link, {})
    found = registrations.find(person.id)
    assert found is not None
    assert found.state is RegistrationState.CONFIRMED
    # What is overtaken is still listed, but not shown any more.
    assert "/confirm" not in organiser.get(f"/organise/messages/{message.id}").text


def test_reading_a_message_changes_nothing(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    confirm(event, "Ann", clock())
    outbox.hold(clock())
    before = outbox.ledger(event.id)
    for message in before:
        assert organiser.get(f"/organise/messages/{message.id}").status_code == 200
    assert outbox.ledger(event.id) == before
    assert organiser.get("/organise/messages/999").status_code == 404


def test_the_ledger_is_filtered_by_state_and_kind(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    confirm(event, "Ann", clock())
    outbox.hold(clock())
    page = f"/organise/events/{event.slug}/messages"

    def kinds(query: str) -> list[str]:
        text = organiser.get(f"{page}{query}").text
        wanted = {each.id: each.kind for each in outbox.ledger(event.id)}
        return [kind for number, kind in wanted.items() if re.search(rf'/organise/messages/{number}["?]', text)]

    assert kinds("") == ["optin", "optin_again", "confirmed"]
    assert kinds("?show=held") == ["confirmed"]
    assert kinds("?show=skipped") == ["optin", "optin_again"]
    assert kinds("?show=skipped&kind=optin") == ["optin"]
    assert kinds("?show=sent") == []
    assert kinds("?show=nonsense&kind=nonsense") == []


def test_links_of_a_text_can_be_clicked_and_nothing_else_is_markup():
    text = 'See https://example.org/a?b=1&c=2.\n<b>"x"</b> javascript:alert(1)'
    assert with_links(text) == (
        'See <a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.\n'
        "&lt;b&gt;&#34;x&#34;&lt;/b&gt; javascript:alert(1)"
    )


def test_a_relay_that_takes_nothing_is_told_with_its_next_try(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    register(event, "Ann", clock())
    sending.deliver(FakePost(outcomes=[Retry(reason="421 <closing>", scope=Scope.ALL)]), clock)
    for page in ("/organise/messages", f"/organise/events/{event.slug}/messages"):
        text = organiser.get(f"{page}?lang=de").text
        assert "Der Mailserver nimmt zurzeit keine E-Mails an" in text
        assert "12:01" in text
        assert "421 &lt;closing&gt;" in text
    clock.advance(minutes=1)
    assert "Der Mailserver nimmt" not in organiser.get("/organise/messages?lang=de").text


def test_an_address_without_a_mailbox_is_told_until_it_is_corrected(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Ann", clock())
    page = f"/organise/events/{event.slug}/attendees/{person.id}"
    told = "Dorthin wird nichts mehr gesendet"
    assert told not in organiser.get(f"{page}?lang=de").text
    refused = FakePost(outcomes=[Rejected(reason="550 5.1.1 no such user", address_is_bad=True)])
    sending.deliver(refused, clock)
    desk.send_link_again(person.id, by="organiser:1", now=clock())
    sending.deliver(FakePost(), clock)
    shown = organiser.get(f"{page}?lang=de").text
    assert (told in shown, "das Postfach gibt es nicht" in shown) == (True, True)
    listed = f"/organise/events/{event.slug}/attendees?lang=de"
    assert "E-Mails kommen an dieser Adresse nicht an" in organiser.get(listed).text
    desk.correct_address(person.id, "ann.right@example.org", by="organiser:1", now=clock())
    assert told not in organiser.get(f"{page}?lang=de").text
    assert "E-Mails kommen an dieser Adresse nicht an" not in organiser.get(listed).text
    sending.deliver(FakePost(), clock)
    assert outbox.ledger_for_registration(person.id)[-1].state is MessageState.SENT


def test_a_mail_that_came_back_later_is_noted_by_hand_and_can_be_taken_back(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Ann", clock())
    page = f"/organise/events/{event.slug}/attendees/{person.id}"

    def press(name: str) -> None:
        actions = [action for action, _ in forms_in(organiser.get(f"{page}?lang=de").text)]
        number = next(number for number, action in enumerate(actions) if f"/{name}?" in action)
        assert fill_in(organiser, f"{page}?lang=de", {}, form=number).status_code == 302

    press("mail-came-back")
    assert "noch nichts gesendet" in organiser.get(f"{page}?lang=de").text
    assert call_list.lines(event.id) == []
    sending.deliver(FakePost(), clock)
    press("mail-came-back")
    shown = organiser.get(f"{page}?lang=de").text
    assert ("die E-Mail kam zurück" in shown, "E-Mails kommen an dieser Adresse nicht an" in shown) == (True, True)
    assert [line.name for line in call_list.lines(event.id)] == ["Ann"]
    found = registrations.find(person.id)
    assert found is not None
    assert found.state is RegistrationState.CONFIRMED
    desk.send_link_again(person.id, by="organiser:1", now=clock())
    assert sending.deliver(FakePost(), clock).sent == 0, "nothing more is sent there"
    press("address-again")
    assert call_list.lines(event.id) == []
    post = FakePost()
    assert (sending.deliver(post, clock).sent, outbox.ledger_for_registration(person.id)[-1].state) == (1, "sent")


def test_after_a_restore_an_organiser_decides_what_is_sent_again(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    register(event, "Ann", clock())
    with transaction():
        outbox.doubt_due(clock())
    assert sending.deliver(FakePost(), clock).sent == 0
    page = f"/organise/events/{event.slug}/messages"
    shown = organiser.get(f"{page}?lang=de").text
    assert "1 E-Mail ist vielleicht schon verschickt" in shown
    assert "nachdem die zurückgeholte Kopie gemacht wurde" in shown
    number = [action for action, _ in forms_in(shown)].index("/organise/messages/send-again?lang=de")
    assert fill_in(organiser, f"{page}?lang=de", {}, form=number).status_code == 302
    assert sending.deliver(FakePost(), clock).sent == 1
    assert "vielleicht schon verschickt" not in organiser.get(f"{page}?lang=de").text
