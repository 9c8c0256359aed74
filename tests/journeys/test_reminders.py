"""From the registration to the thanks: what reaches a person's mailbox when, through a real relay."""

from dataclasses import replace

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance
from tests.factories import confirm, kinds_sent_to, make_event, register
from tests.journeys.town import Town, berlin_winter


def test_a_person_on_site_hears_everything_once(town: Town) -> None:
    event = make_event(town.clock())
    ada = register(event, "Ada", town.clock(), language="en")
    assert town.tick() == ["optin"]
    assert f"/r/{registrations.personal_token(ada)}/confirm\n" in town.text()
    registrations.confirm(ada.id, town.clock())
    assert town.tick() == ["confirmed"]
    invitation = town.calendar()
    assert (invitation.method.value, invitation.vevent.uid.value) == ("REQUEST", f"r{ada.id}-1@events.example.org")
    assert invitation.vevent.dtstart.value == event.starts_at
    assert town.tick() == []
    assert town.tick(berlin_winter(13, 9, 59)) == []
    assert town.tick(berlin_winter(13, 10)) == ["remind_7d"]
    assert "The event begins in 7 days." in town.text()
    assert town.tick(berlin_winter(19, 15, 59)) == []
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]
    assert "The event begins tomorrow." in town.text()
    assert town.tick(berlin_winter(20, 14)) == []
    assert town.tick(berlin_winter(23, 9, 59)) == []
    assert town.tick(berlin_winter(23, 10)) == ["thanks"]
    assert town.tick(berlin_winter(24, 10)) == []
    assert kinds_sent_to(ada) == [
        ("optin", "sent"),
        ("optin_again", "skipped"),
        ("confirmed", "sent"),
        ("remind_7d", "sent"),
        ("remind_1d", "sent"),
        ("thanks", "sent"),
    ]


def test_a_reminder_says_how_many_wait_for_a_place(town: Town) -> None:
    event = make_event(town.clock(), format=Format.HYBRID, capacity=1, digital_capacity=1, waiting_list=True)
    for name, attendance in (("Ada", "onsite"), ("Ben", "digital"), ("Cem", "onsite"), ("Dua", "digital")):
        confirm(event, name, town.clock(), language="en", attendance=Attendance(attendance))
    town.tick()
    assert town.tick(berlin_winter(13, 10)) == ["remind_7d", "remind_7d"]
    assert "\n2 people are waiting for a place." in town.text()


def test_a_digital_participant_gets_the_link_shortly_before(town: Town) -> None:
    event = make_event(town.clock(), format=Format.DIGITAL, join_url="https://rooms.example.org/secret")
    ada = confirm(event, "Ada", town.clock(), language="en")
    assert town.tick() == ["confirmed"]
    link = f"http://events.example.org/r/{registrations.personal_token(ada)}/join"
    assert (town.calendar().vevent.location.value, f"\n{link}\n" in town.text()) == (f"Digital: {link}", True)
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]
    assert town.tick(berlin_winter(20, 13, 59)) == []
    assert town.tick(berlin_winter(20, 14)) == ["remind_2h"]
    assert "The event begins today. You take part digitally.\n" in town.text()
    assert town.tick(berlin_winter(20, 14)) == []
    everything = b"".join(mail.content for mail in town.relay.stored)
    assert b"rooms.example.org" not in everything


def test_who_registers_late_reads_in_the_confirmation_what_the_reminder_says(town: Town) -> None:
    event = make_event(town.clock(), starts_at=berlin_winter(20, 10), ends_at=berlin_winter(20, 12))
    town.clock.set(berlin_winter(19, 10))
    confirm(event, "Ada", town.clock(), language="en")
    town.clock.set(berlin_winter(19, 10, 1))
    confirm(event, "Ben", town.clock(), language="en")
    assert town.tick() == ["confirmed", "confirmed"]
    assert "The event begins tomorrow.\n" in town.text()
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]
    assert town.mails()[-1]["To"] == "Ada <ada@example.org>"
    assert town.tick(berlin_winter(23, 10)) == ["thanks", "thanks"]


def test_who_cancels_hears_nothing_more_and_who_returns_is_reminded(town: Town) -> None:
    event = make_event(town.clock())
    ada, ben = (confirm(event, name, town.clock(), language="en") for name in ("Ada", "Ben"))
    town.tick()
    town.clock.advance(hours=1)
    for person in (ada, ben):
        registrations.cancel(person.id, town.clock())
    assert town.tick() == ["cancelled", "cancelled"]
    removal = town.calendar()
    assert (removal.method.value, removal.vevent.uid.value) == ("CANCEL", f"r{ben.id}-1@events.example.org")
    assert removal.vevent.sequence.value == "1"
    registrations.undo_cancel(ben.id, town.clock())
    assert town.tick() == ["confirmed"]
    assert town.calendar().vevent.uid.value == f"r{ben.id}-2@events.example.org"
    assert town.tick(berlin_winter(13, 10)) == ["remind_7d"]
    assert town.mails()[-1]["To"] == "Ben <ben@example.org>"
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]


def test_a_moved_event_is_reminded_of_at_its_new_time(town: Town) -> None:
    event = make_event(town.clock())
    ada = confirm(event, "Ada", town.clock(), language="en")
    town.tick()
    town.clock.set(berlin_winter(10, 12))
    later = replace(events.values_of(event), starts_at=berlin_winter(27, 16), ends_at=berlin_winter(27, 19))
    assert isinstance(changes.edit(event.id, later, by="organiser:1", now=town.clock()), EventFacts)
    town.tick()
    assert town.tick(berlin_winter(10, 12, 10)) == ["changed"]
    moved = town.calendar()
    assert (moved.vevent.uid.value, moved.vevent.sequence.value) == (f"r{ada.id}-1@events.example.org", "1")
    assert moved.vevent.dtstart.value == berlin_winter(27, 16)
    assert "So far: Friday, 20 November 2026, 16:00 to 19:00\nNow: Friday, 27 November 2026" in town.text()
    assert town.tick(berlin_winter(19, 16)) == []
    assert town.tick(berlin_winter(20, 10)) == ["remind_7d"]
    assert town.tick(berlin_winter(26, 16)) == ["remind_1d"]
    assert town.tick(berlin_winter(30, 10)) == ["thanks"]


def test_a_postponed_event_leaves_the_calendar_and_comes_back_as_a_new_entry(town: Town) -> None:
    event = make_event(town.clock())
    ada = confirm(event, "Ada", town.clock(), language="en")
    town.tick()
    town.clock.set(berlin_winter(10, 12))
    changes.postpone(event.id, reason="Storm", by="organiser:1", now=town.clock())
    assert town.tick() == ["postponed"]
    assert (town.calendar().method.value, town.calendar().vevent.sequence.value) == ("CANCEL", "1")
    assert town.tick(berlin_winter(13, 10)) == []
    values = replace(events.values_of(events.get(event.id)), starts_at=berlin_winter(27, 16), ends_at=None)
    changes.take_up_again(event.id, values, by="organiser:1", now=town.clock())
    assert town.tick() == ["new_date"]
    assert town.calendar().vevent.uid.value == f"r{ada.id}-2@events.example.org"
    assert town.tick(berlin_winter(16, 9)) == []
    assert town.tick(berlin_winter(16, 10)) == ["new_date_again"]
    assert town.tick(berlin_winter(20, 10)) == ["remind_7d"]


def test_a_switch_to_digital_reaches_the_calendar_and_the_last_reminder(town: Town) -> None:
    event = make_event(town.clock())
    ada = confirm(event, "Ada", town.clock(), language="en")
    town.tick()
    formats.switch(
        event.id,
        Format.DIGITAL,
        reason="Flu",
        join_url="https://rooms.example.org/secret",
        by="organiser:1",
        now=town.clock(),
    )
    assert town.tick() == ["decision"]
    assert town.mails()[-1]["Subject"] == "Now digital: Dialogue evening"
    assert f"So far: {event.place}\nNow: digital\n" in town.text()
    entry = town.calendar().vevent
    assert (entry.summary.value, entry.sequence.value) == ("Now digital: Dialogue evening", "1")
    assert entry.location.value.endswith(f"/r/{registrations.personal_token(ada)}/join")
    town.tick(berlin_winter(19, 16))
    assert town.tick(berlin_winter(20, 14)) == ["remind_2h"]


def test_the_night_is_kept_when_the_relay_was_away(town: Town) -> None:
    event = make_event(town.clock())
    confirm(event, "Ada", town.clock(), language="en")
    town.tick()
    town.relay.stop()
    assert town.tick(berlin_winter(19, 16)) == []
    town.relay.start()
    assert town.tick(berlin_winter(19, 20)) == []
    assert town.tick(berlin_winter(20, 7, 59)) == []
    assert town.tick(berlin_winter(20, 8)) == ["remind_1d"]
    assert "The event begins today." in town.text()


def test_what_fell_due_while_the_service_was_down_is_sent_while_it_is_of_use(town: Town) -> None:
    event = make_event(town.clock())
    ada = confirm(event, "Ada", town.clock(), language="en")
    assert town.tick(berlin_winter(20, 13)) == ["confirmed"]
    assert kinds_sent_to(ada)[3:] == [
        ("remind_7d", "skipped"),
        ("remind_1d", "skipped"),
        ("thanks", "waiting"),
    ]


def test_without_a_relay_mails_are_kept_and_leave_later_if_still_wanted(town: Town) -> None:
    event = make_event(town.clock())
    ada = register(event, "Ada", town.clock(), language="en")
    sender, town.wiring.sender = town.wiring.sender, None
    town.tick()
    assert kinds_sent_to(ada) == [("optin", "held"), ("optin_again", "waiting")]
    town.wiring.sender = sender
    assert town.tick() == ["optin"]


def test_a_message_that_was_switched_off_stays_here(town: Town) -> None:
    event = make_event(town.clock())
    ada = confirm(event, "Ada", town.clock(), language="en")
    town.tick()
    registrations.mute(ada.id, "remind_7d", town.clock())
    assert town.tick(berlin_winter(13, 10)) == []
    assert town.tick(berlin_winter(19, 16)) == ["remind_1d"]
