"""From the registration to the thanks: what reaches a person's mailbox when, through a real relay."""

from regservice.registrations import service as registrations
from tests.factories import kinds_sent_to, make_event, register
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
        ("remind_2h", "skipped"),
        ("thanks", "sent"),
    ]
