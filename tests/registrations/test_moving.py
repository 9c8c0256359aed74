"""On site, digital or both: who gets which seat, and moving between them, with every count right."""

import threading
from collections import Counter

import pytest
from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.db import release
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.registrations import desk, entries, in_sessions, moving, session_places, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    Full,
    Moved,
    NoSuchSession,
    NotOfferedToThem,
    RegistrationFacts,
    SessionFull,
    SessionTaken,
    TooLate,
    Wish,
)
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, kinds_sent_to, make_event, register, request_for

ROOM = "https://room.example.org/dialogue"
ONSITE, DIGITAL = Attendance.ONSITE, Attendance.DIGITAL


def hybrid(clock: Clock, on_site: int | None, digital: int | None = None) -> EventFacts:
    return make_event(clock(), format=Format.HYBRID, join_url=ROOM, capacity=on_site, digital_capacity=digital)


def again(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def taken(event: EventFacts) -> dict[str, int]:
    return {kind.value: places.taken for kind, places in entries.all_places(event).items()}


def test_to_whom_both_are_the_same_gets_the_seat_that_is_free(each_app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 1, 1)
    people = [confirm(event, name, clock(), attendance=Wish.EITHER) for name in ("Ada", "Ben", "Cem")]
    assert [(person.state, person.attendance, person.wish) for person in people] == [
        (State.CONFIRMED, ONSITE, Wish.EITHER),
        (State.CONFIRMED, DIGITAL, Wish.EITHER),
        (State.WAITLISTED, ONSITE, Wish.EITHER),
    ]


@pytest.mark.parametrize("freed", [0, 1])
def test_to_whom_both_are_the_same_waits_in_both_lines(each_app: Flask, clock: Clock, freed: int) -> None:
    event = hybrid(clock, 1, 1)
    seated = [confirm(event, name, clock(), attendance=way) for name, way in (("Ada", ONSITE), ("Ben", DIGITAL))]
    either = confirm(event, "Cem", clock(), attendance=Wish.EITHER)
    later = confirm(event, "Dua", clock(), attendance=seated[freed].attendance)
    assert (either.state, later.state, registrations.people_ahead(later)) == (State.WAITLISTED, State.WAITLISTED, 1)
    registrations.cancel(seated[freed].id, clock())
    assert (again(either).state, again(either).attendance) == (State.OFFERED, seated[freed].attendance)
    assert again(later).state is State.WAITLISTED


def test_where_there_is_no_choice_what_there_is_becomes_the_wish(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    person = confirm(event, "Ada", clock(), attendance=Wish.EITHER)
    assert (person.attendance, person.wish) == (ONSITE, Wish.ONSITE)


def test_a_move_takes_the_free_seat_frees_the_other_and_tells_the_person_once(each_app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 1, 1)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    ben = confirm(event, "Ben", clock(), attendance=ONSITE)
    answer = moving.move(ada.id, DIGITAL, by="person", now=clock())
    assert answer == Moved(registration=again(ada))
    after = again(ada)
    assert (after.attendance, after.wish, after.state) == (DIGITAL, Wish.DIGITAL, State.CONFIRMED)
    assert (after.calendar_sequence, after.confirmations) == (ada.calendar_sequence + 1, ada.confirmations)
    assert kinds_sent_to(after)[-1] == ("moved", "waiting")
    assert (again(ben).state, taken(event)) == (State.OFFERED, {"onsite": 1, "digital": 1})
    assert moving.move(ada.id, DIGITAL, by="person", now=clock()) == Moved(registration=again(ada), already=True)
    assert [kind for kind, _ in kinds_sent_to(after)].count("moved") == 1


def test_of_several_moves_only_the_last_is_told(app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 5)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    for to in (DIGITAL, ONSITE, DIGITAL):
        moving.move(ada.id, to, by="person", now=clock())
    told = [state for kind, state in kinds_sent_to(ada) if kind == "moved"]
    assert (told, again(ada).calendar_sequence) == (["skipped", "skipped", "waiting"], 3)


def test_a_full_side_refuses_and_changes_nothing(each_app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 1)
    confirm(event, "Ada", clock(), attendance=ONSITE)
    ben = confirm(event, "Ben", clock(), attendance=DIGITAL)
    assert moving.move(ben.id, ONSITE, by="person", now=clock()) == Full(capacity=1)
    assert again(ben) == ben


def test_who_waits_is_served_before_who_wants_to_change(app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 1)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    ben = confirm(event, "Ben", clock(), attendance=DIGITAL)
    confirm(event, "Cem", clock(), attendance=ONSITE)
    # So near the start nobody is offered a place any more, and the free one is for the door.
    clock.set(event.starts_at)
    clock.advance(hours=-1)
    registrations.cancel(ada.id, clock())
    assert moving.move(ben.id, ONSITE, by="person", now=clock()) == Full(capacity=1)


def test_who_waits_and_finds_a_free_seat_on_the_other_side_has_it(each_app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 1, 1)
    confirm(event, "Ada", clock(), attendance=ONSITE)
    ben = confirm(event, "Ben", clock(), attendance=ONSITE)
    assert ben.state is State.WAITLISTED
    moving.move(ben.id, DIGITAL, by="person", now=clock())
    assert (again(ben).state, again(ben).attendance) == (State.CONFIRMED, DIGITAL)
    assert kinds_sent_to(ben)[-2:] == [("waitlisted", "skipped"), ("confirmed", "waiting")]


@pytest.mark.parametrize("format", [Format.ONSITE, Format.DIGITAL])
def test_without_a_choice_nobody_moves(app: Flask, clock: Clock, format: Format) -> None:
    event = make_event(clock(), format=format, join_url=ROOM)
    ada = confirm(event, "Ada", clock())
    other = DIGITAL if format is Format.ONSITE else ONSITE
    assert moving.move(ada.id, other, by="person", now=clock()) == NotOfferedToThem()


def test_after_the_start_people_go_home_at_most_and_after_the_end_of_a_registration_nobody_moves(
    app: Flask, clock: Clock
) -> None:
    event = hybrid(clock, 5)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    gone = confirm(event, "Ben", clock(), attendance=ONSITE)
    registrations.cancel(gone.id, clock())
    assert moving.move(gone.id, DIGITAL, by="person", now=clock()) == TooLate(why="ended")
    clock.set(event.starts_at)
    assert isinstance(moving.move(ada.id, DIGITAL, by="person", now=clock()), Moved)
    assert moving.move(ada.id, ONSITE, by="person", now=clock()) == TooLate(why="started")
    clock.set(event.ends_at)
    assert moving.move(ada.id, DIGITAL, by="person", now=clock()) == TooLate(why="started")


def test_who_said_so_has_a_place_once_it_goes_digital_for_all(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    confirm(event, "Ada", clock())
    yes = confirm(event, "Ben", clock())
    ask = confirm(event, "Cem", clock())
    by_phone = desk.enter(event.id, request_for("Dua", email=""), by="test", now=clock()).registration  # type: ignore[union-attr]
    for person in (yes, by_phone):
        waiting_list.set_digital_too(person.id, True, by="person", now=clock())
    preview = formats.preview(event.id, Format.DIGITAL, reason="", join_url=ROOM, now=clock())
    answer = formats.switch(event.id, Format.DIGITAL, reason="", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched)
    assert answer.effects == preview.effects
    assert {name: answer.effects[name] for name in ("mails", "call_list", "confirmed", "offers")} == {
        "mails": 1,
        "call_list": 1,
        "confirmed": 2,
        "offers": 1,
    }
    assert [again(person).state for person in (yes, by_phone, ask)] == [State.CONFIRMED, State.CONFIRMED, State.OFFERED]
    assert kinds_sent_to(yes)[-2:] == [("waitlisted", "skipped"), ("confirmed", "waiting")]


def test_with_a_limit_they_are_asked_like_everybody(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, digital_capacity=2)
    confirm(event, "Ada", clock())
    yes = confirm(event, "Ben", clock())
    waiting_list.set_digital_too(yes.id, True, by="person", now=clock())
    formats.switch(event.id, Format.DIGITAL, reason="", join_url=ROOM, by="test", now=clock())
    assert again(yes).state is State.OFFERED


TALK = SessionValues(title="Talk", kind=SessionKind.TALK, format=Format.HYBRID, join_url=ROOM)
NEAR = SessionValues(title="Near", kind=SessionKind.GROUP, for_everyone=False, capacity=1, join_url=ROOM)
FAR = SessionValues(title="Far", kind=SessionKind.GROUP, format=Format.DIGITAL, for_everyone=False, join_url=ROOM)


def mixed(clock: Clock, on_site: int | None) -> tuple[EventFacts, int, int]:
    """A talk in both ways, a group on site for one, a digital group."""
    event = events.create(events.values_of(hybrid(clock, on_site)), by="test", now=clock(), slug="mixed")
    assert isinstance(event, EventFacts)
    made = session_changes.arrange(event.id, [(None, TALK), (None, NEAR), (None, FAR)], by="test", now=clock())
    assert isinstance(made, EventFacts)
    assert made.format is Format.MIXED
    published = events.publish(event.id, by="test", now=clock())
    assert isinstance(published, EventFacts)
    return published, made.parts[1].id, made.parts[2].id


def test_a_group_on_site_takes_a_seat_on_site(each_app: Flask, clock: Clock) -> None:
    event, near, far = mixed(clock, 1)
    ada = confirm(event, "Ada", clock(), attendance=DIGITAL)
    ben = confirm(event, "Ben", clock(), attendance=DIGITAL)
    assert session_places.choose(ada.id, far, by="test", now=clock()) == SessionTaken(registration=again(ada))
    assert (again(ada).attendance, again(ada).session_ids) == (DIGITAL, frozenset({far}))
    session_places.choose(ada.id, near, by="test", now=clock())
    assert (again(ada).attendance, taken(event)) == (ONSITE, {"onsite": 1, "digital": 1})
    assert kinds_sent_to(ada)[-1] == ("moved", "waiting")
    assert [part.title for part in session_places.sessions_of(event, again(ada))] == ["Talk", "Near", "Far"]
    assert session_places.choose(ben.id, near, by="test", now=clock()) == SessionFull(capacity=1)
    session_places.leave(ada.id, near, by="test", now=clock())
    assert session_places.choose(ben.id, near, by="test", now=clock()) == Full(capacity=1)
    assert again(ben) == ben
    moving.move(ada.id, DIGITAL, by="test", now=clock())
    assert isinstance(session_places.choose(ben.id, near, by="test", now=clock()), SessionTaken)
    assert moving.move(ben.id, DIGITAL, by="test", now=clock()) == NotOfferedToThem()


def test_people_are_put_into_sessions_that_are_not_for_everyone(app: Flask, clock: Clock) -> None:
    event, near, _ = mixed(clock, None)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    assert session_places.choose(ada.id, event.parts[0].id, by="test", now=clock()) == NoSuchSession()
    assert session_places.choose(ada.id, 999, by="test", now=clock()) == NoSuchSession()
    session_places.choose(ada.id, near, by="test", now=clock())
    again_in = session_places.choose(ada.id, near, by="test", now=clock())
    assert again_in == SessionTaken(registration=again(ada), already=True)
    assert (in_sessions.people_in(event.id), [person.id for person in in_sessions.people_of(near)]) == (
        Counter({near: 1}),
        [ada.id],
    )


def test_who_comes_back_finds_their_session_unless_it_was_filled(app: Flask, clock: Clock) -> None:
    event, near, far = mixed(clock, None)
    ada = confirm(event, "Ada", clock(), attendance=ONSITE)
    ben = confirm(event, "Ben", clock(), attendance=ONSITE)
    for session_id in (near, far):
        session_places.choose(ada.id, session_id, by="test", now=clock())
    registrations.cancel(ada.id, clock())
    session_places.choose(ben.id, near, by="test", now=clock())
    registrations.undo_cancel(ada.id, clock())
    assert again(ada).session_ids == frozenset({far})


def at_once(app: Flask, *deeds: object) -> None:
    start = threading.Barrier(len(deeds))

    def run(deed: object) -> None:
        with app.app_context():
            start.wait()
            deed()  # type: ignore[operator]

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    release()  # What was read before must not be seen again.


def test_many_who_move_and_confirm_at_once_take_no_seat_twice(each_app: Flask, clock: Clock) -> None:
    event = hybrid(clock, 3, 8)
    movers = [confirm(event, f"Digital {number}", clock(), attendance=DIGITAL) for number in range(6)]
    newcomers = [register(event, f"New {number}", clock(), attendance=Wish.EITHER) for number in range(4)]
    now = clock()
    at_once(
        each_app,
        *(lambda person=person: moving.move(person.id, ONSITE, by="person", now=now) for person in movers),
        *(lambda person=person: registrations.confirm(person.id, now) for person in newcomers),
    )
    people = registrations.of_event(event.id, tuple(State))
    states = Counter(person.state for person in people)
    assert states[State.CONFIRMED] + states[State.WAITLISTED] + states[State.OFFERED] == 10
    assert taken(event)["onsite"] == 3
    assert taken(event)["digital"] <= 8
    moved = [person for person in people if person.name.startswith("Digital") and person.attendance is ONSITE]
    assert all([kind for kind, _ in kinds_sent_to(person)].count("moved") == 1 for person in moved)


def test_many_who_choose_the_last_chair_of_a_session_at_once(each_app: Flask, clock: Clock) -> None:
    event, near, _ = mixed(clock, None)
    people = [confirm(event, f"Person {number}", clock(), attendance=ONSITE) for number in range(5)]
    now = clock()
    at_once(
        each_app,
        *(lambda person=person: session_places.choose(person.id, near, by="test", now=now) for person in people),
    )
    assert in_sessions.people_in(event.id) == Counter({near: 1})
