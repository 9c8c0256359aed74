"""Back on site on real databases: who left because of the format is asked first, nobody beyond the room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask

from regservice.changes import service as changes
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Switched, SwitchPreview, SwitchRefused
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations import waiting_list
from regservice.registrations.types import Attendance, CancelCause, Confirmed, RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to, make_event, register

ROOM = "https://room.example.org/dialogue"


def to(event: EventFacts, format: Format, clock: Clock) -> Switched:
    answer = formats.switch(event.id, format, reason="Test", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched), answer
    return answer


def now_of(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def states(*people: RegistrationFacts) -> list[str]:
    return [now_of(person).state.value for person in people]


def left(clock: Clock, *, capacity: int = 2) -> tuple[EventFacts, dict[str, RegistrationFacts]]:
    """A digital event: Ada and Ben left because of that, in this order; Cem left for another reason; Dua stayed."""
    event = make_event(clock(), capacity=4, digital_capacity=None)
    people = {name: confirm(event, name, clock()) for name in ("Ada", "Ben", "Cem", "Dua")}
    clock.advance(minutes=10)
    to(event, Format.DIGITAL, clock)
    for name, cause in (("Ada", CancelCause.FORMAT), ("Ben", CancelCause.FORMAT), ("Cem", None)):
        clock.advance(minutes=1)
        registrations.cancel(people[name].id, clock(), cause=cause)
    smaller = replace(events.values_of(events.get(event.id)), capacity=capacity)
    changes.edit(event.id, smaller, by="test", now=clock())
    clock.advance(minutes=10)
    return events.get(event.id), people


def test_free_places_go_first_to_those_who_left_because_of_the_format(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock)
    expected = formats.preview(event.id, Format.ONSITE, reason="Test", join_url=None, now=clock())
    done = to(event, Format.ONSITE, clock)
    assert isinstance(expected, SwitchPreview)
    assert expected.effects == done.effects
    assert (done.effects["asked_first"], done.effects["offers"], done.effects["mails"]) == (1, 0, 1)
    assert states(*people.values()) == ["offered", "cancelled", "cancelled", "confirmed"]
    assert now_of(people["Ada"]).attendance is Attendance.ONSITE
    assert kinds_sent_to(people["Ada"])[-1] == ("offer", "waiting")
    assert [message.payload for message in outbox.ledger_for_registration(people["Ada"].id)][-1] == {"back": True}


def test_who_takes_the_place_is_back_and_counts_as_anybody_else(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=3)
    to(event, Format.ONSITE, clock)
    assert states(*people.values()) == ["offered", "offered", "cancelled", "confirmed"]
    assert isinstance(registrations.accept(people["Ada"].id, clock()), Confirmed)
    ada = now_of(people["Ada"])
    assert (ada.state, ada.cancel_cause, ada.ended_at, ada.planned_version) == (State.CONFIRMED, None, None, 0)


def test_who_does_not_answer_stays_away_and_the_next_in_line_is_offered_the_place(
    each_app: Flask, clock: Clock
) -> None:
    event, people = left(clock)
    to(event, Format.ONSITE, clock)
    eva = confirm(event, "Eva", clock())
    assert states(eva) == ["waitlisted"]
    outbox.hold(clock())  # The offer could be read; while a mail is on its way, its offer does not end.
    clock.advance(days=3)
    waiting_list.expire_due(clock())
    ada = now_of(people["Ada"])
    assert (ada.state, ada.cancel_cause, ada.queued_at) == (State.CANCELLED, None, None)
    # Before who waits comes Ben, who left as well.
    assert states(people["Ben"], eva) == ["offered", "waitlisted"]
    clock.advance(days=3)
    outbox.hold(clock())
    waiting_list.expire_due(clock())
    assert states(people["Ben"], eva) == ["cancelled", "offered"]
    assert [kind for kind, _ in kinds_sent_to(people["Ada"])].count("waitlisted") == 0


def test_they_stand_before_everybody_who_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, digital_capacity=1)
    ada = confirm(event, "Ada", clock())
    clock.advance(minutes=1)
    to(event, Format.DIGITAL, clock)
    registrations.cancel(ada.id, clock(), cause=CancelCause.FORMAT)
    ben, cem = confirm(event, "Ben", clock()), confirm(event, "Cem", clock())
    registrations.cancel(ben.id, clock())
    assert states(ada, ben, cem) == ["cancelled", "cancelled", "offered"]
    registrations.cancel(cem.id, clock())
    dua, eva = confirm(event, "Dua", clock()), confirm(event, "Eva", clock())
    clock.set(STARTS_AT - timedelta(hours=2, minutes=30))
    registrations.cancel(dua.id, clock())  # Too near the start for an offer: Eva still waits beside a free place.
    clock.set(STARTS_AT - timedelta(days=2))
    to(event, Format.ONSITE, clock)
    assert states(ada, eva) == ["offered", "waitlisted"]


def test_who_has_registered_anew_is_not_asked(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=4)
    again = confirm(event, "Ada", clock() + timedelta(hours=25))
    assert again.id != people["Ada"].id
    clock.advance(hours=26)
    to(event, Format.ONSITE, clock)
    assert states(people["Ada"], again, people["Ben"]) == ["cancelled", "confirmed", "offered"]


def test_who_left_twice_because_of_the_format_is_asked_once_and_not_again(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=4)
    again = confirm(event, "Ada", clock())
    registrations.cancel(again.id, clock(), cause=CancelCause.FORMAT)
    clock.advance(hours=1)
    expected = formats.preview(event.id, Format.ONSITE, reason="Test", join_url=None, now=clock())
    done = to(event, Format.ONSITE, clock)
    assert isinstance(expected, SwitchPreview)
    assert (expected.effects, done.effects["asked_first"]) == (done.effects, 2)
    assert states(people["Ada"], people["Ben"], again) == ["cancelled", "offered", "offered"]
    registrations.cancel(again.id, clock())
    assert states(people["Ada"], people["Ben"], again) == ["cancelled", "offered", "cancelled"]


def test_when_it_is_too_near_the_start_for_offers_nobody_is_asked(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=4)
    # In the night before a morning event: an offer would reach nobody in time.
    early = replace(events.values_of(events.get(event.id)), starts_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
    assert isinstance(changes.edit(event.id, early, by="test", now=clock()), EventFacts)
    clock.set(datetime(2026, 11, 19, 22, 0, tzinfo=UTC))
    assert "asked_first" not in to(event, Format.ONSITE, clock).effects
    assert states(people["Ada"], people["Ben"]) == ["cancelled", "cancelled"]


def test_with_the_room_full_the_switch_is_refused_and_nobody_is_asked(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=0)
    answer = formats.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    assert answer == SwitchRefused(code="too_many_for_room", number=1)
    assert states(*people.values()) == ["cancelled", "cancelled", "cancelled", "confirmed"]


def test_both_forms_ask_them_for_the_place_on_site(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=1)
    to(event, Format.HYBRID, clock)
    assert states(*people.values()) == ["offered", "cancelled", "cancelled", "confirmed"]
    found = (now_of(people["Ada"]).attendance, now_of(people["Dua"]).attendance)
    assert found == (Attendance.ONSITE, Attendance.DIGITAL)


def test_the_join_link_is_dead_for_people_on_site(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock)
    to(event, Format.ONSITE, clock)
    clock.set(STARTS_AT)
    answer = each_app.test_client().get(f"/r/{registrations.personal_token(now_of(people['Dua']))}/join")
    assert (answer.status_code, ROOM in answer.text) == (200, False)


def test_a_pending_person_confirms_into_the_format_that_holds(each_app: Flask, clock: Clock) -> None:
    event, _people = left(clock, capacity=4)
    pending = register(event, "Finn", clock())
    to(event, Format.ONSITE, clock)
    registrations.confirm(pending.id, clock())
    finn = now_of(pending)
    assert (finn.state, finn.attendance) == (State.CONFIRMED, Attendance.ONSITE)


def test_a_place_that_becomes_free_after_the_way_back_is_theirs_before_the_line(each_app: Flask, clock: Clock) -> None:
    event, people = left(clock, capacity=1)
    to(event, Format.ONSITE, clock)
    assert states(people["Ada"], people["Ben"], people["Dua"]) == ["cancelled", "cancelled", "confirmed"]
    waiting = confirm(event, "Eva", clock())
    clock.advance(hours=1)
    registrations.cancel(people["Dua"].id, clock())
    assert states(people["Ada"], people["Ben"], waiting) == ["offered", "cancelled", "waitlisted"]
    assert kinds_sent_to(people["Ada"])[-1][0] == "offer"
    outbox.hold(clock())  # The offer could be read; while a mail is on its way, its offer does not end.
    clock.advance(days=2)
    waiting_list.expire_due(clock())
    assert states(people["Ada"], people["Ben"], waiting) == ["cancelled", "offered", "waitlisted"]
    # Who let the offer go is not asked again and again.
    outbox.hold(clock())
    clock.advance(days=2)
    waiting_list.expire_due(clock())
    assert states(people["Ada"], people["Ben"], waiting) == ["cancelled", "cancelled", "offered"]


def test_who_could_have_come_did_not_leave_because_of_the_format(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada = confirm(event, "Ada", clock())
    to(event, Format.HYBRID, clock)
    registrations.cancel(ada.id, clock(), cause=CancelCause.FORMAT)
    clock.advance(minutes=1)
    with transaction():
        waiting_list.offer_free_places(clock())
    assert (states(ada), now_of(ada).cancel_cause) == (["cancelled"], None)
