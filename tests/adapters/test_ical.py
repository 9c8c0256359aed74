"""Calendars, each read back with two parsers: icalendar, which wrote them, and vobject, which did not."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regservice.adapters.ical import feed, invitation, publication
from regservice.adapters.timezones import vtimezone
from regservice.events.calendar import AllDay, CalendarFeed, Method, Person, Timed
from tests.adapters.letters import GUEST, SENT_AT, TOWN, entry

BERLIN = ZoneInfo("Europe/Berlin")
FESTIVAL = AllDay(starts_on=date(2021, 9, 24), ends_on=date(2021, 10, 10))


def timed(start: datetime, end: datetime | None, zone: str = "Europe/Berlin") -> Timed:
    return Timed(starts_at=start, ends_at=end, timezone=zone)


def own_event(data: bytes) -> Any:
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return event


def second_event(data: bytes) -> Any:
    calendar = vobject.readOne(data.decode())
    calendar.validate(raiseException=True)
    (event,) = calendar.vevent_list
    return event


def request(**changes: Any) -> bytes:
    return invitation(entry(**changes), Method.REQUEST)


def cancel(**changes: Any) -> bytes:
    return invitation(entry(**changes), Method.CANCEL)


def feed_of_one(**changes: Any) -> bytes:
    return feed(CalendarFeed(name="Termine", url="https://example.org/", entries=(entry(**changes),)))


def publish(**changes: Any) -> bytes:
    return publication(entry(**changes))


PRODUCTS = pytest.mark.parametrize("product", [request, cancel, publish, feed_of_one])
Product = Callable[..., bytes]


@PRODUCTS
def test_guetersloh_is_from_15_to_18_utc_for_both_parsers(product: Product) -> None:
    data = product()
    for start, end in [
        (own_event(data).start, own_event(data).end),
        (second_event(data).dtstart.value, second_event(data).dtend.value),
    ]:
        assert start.astimezone(UTC) == datetime(2022, 11, 18, 15, tzinfo=UTC)
        assert end.astimezone(UTC) == datetime(2022, 11, 18, 18, tzinfo=UTC)
    assert b"DTSTART;TZID=Europe/Berlin:20221118T160000\r\n" in data


@PRODUCTS
def test_the_words_come_back_from_both_parsers(product: Product) -> None:
    summary, description = (
        "Grün; blau, rot\\n: „Ende“ 🎉",
        "https://example.org/r/t\nzweite; Zeile, \\ mit\n\n€" + "ü" * 200,
    )
    data = product(summary=summary, description=description, location="Saal, 1. OG; links")
    own, second = own_event(data), second_event(data)
    assert (str(own["summary"]), str(own["description"]), str(own["location"])) == (
        summary,
        description,
        "Saal, 1. OG; links",
    )
    assert (second.summary.value, second.description.value, second.location.value) == (
        summary,
        description,
        "Saal, 1. OG; links",
    )
    assert own["url"] == second.url.value == "https://anmeldung.example.org/r/token"


@PRODUCTS
def test_lines_have_at_most_75_octets_and_end_with_crlf(product: Product) -> None:
    data = product(summary="ü🎉" * 90, description="🎉" * 400, url="https://example.org/" + "a" * 200)
    assert data.endswith(b"\r\n")
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    for line in data.split(b"\r\n"):
        line.decode()  # no character is torn apart


@PRODUCTS
def test_equal_facts_make_equal_bytes(product: Product) -> None:
    assert product() == product()
    calendar = icalendar.Calendar.from_ical(product())
    assert "uid" not in calendar
    assert calendar["prodid"] == "-//regservice//regservice//EN"


@pytest.mark.parametrize(
    ("product", "method", "status"),
    [
        (request, "REQUEST", "CONFIRMED"),
        (cancel, "CANCEL", "CANCELLED"),
        (publish, "PUBLISH", "CONFIRMED"),
        (feed_of_one, "PUBLISH", "CONFIRMED"),
    ],
)
def test_method_and_status_agree(product: Product, method: str, status: str) -> None:
    data = product(sequence=4)
    assert icalendar.Calendar.from_ical(data)["method"] == vobject.readOne(data.decode()).method.value == method
    assert own_event(data)["status"] == second_event(data).status.value == status
    assert own_event(data)["sequence"] == int(second_event(data).sequence.value) == 4
    assert own_event(data)["uid"] == second_event(data).uid.value == "registration-7-1@anmeldung.example.org"


def test_a_cancelled_entry_stays_in_feeds_and_downloads_and_says_so() -> None:
    for product in (publish, feed_of_one):
        assert second_event(product(cancelled=True)).status.value == "CANCELLED"


@pytest.mark.parametrize("product", [request, cancel])
def test_an_invitation_names_the_organizer_and_exactly_one_attendee(product: Product) -> None:
    data = product()
    event = own_event(data)
    assert event["organizer"] == "mailto:anmeldung@example.org"
    assert event["organizer"].params == {"CN": "Stadt Gütersloh"}
    assert event["attendee"] == "mailto:guest@example.net"
    assert event["attendee"].params == {
        "CN": "Jörg Müller",
        "CUTYPE": "INDIVIDUAL",
        "PARTSTAT": "ACCEPTED",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "FALSE",
    }
    second = second_event(data)
    assert second.organizer.value == "mailto:anmeldung@example.org"
    assert [attendee.value for attendee in second.attendee_list] == ["mailto:guest@example.net"]
    assert second.attendee.params["RSVP"] == ["FALSE"]


def test_only_a_request_forbids_counter_proposals() -> None:
    assert own_event(request())["x-microsoft-disallow-counter"] == "TRUE"
    assert "x-microsoft-disallow-counter" not in own_event(cancel())


@pytest.mark.parametrize("product", [publish, feed_of_one])
def test_what_is_published_names_nobody(product: Product) -> None:
    data = product()
    assert not {"organizer", "attendee"} & set(own_event(data).keys())
    assert b"example.net" not in data
    assert b"guest" not in data


def test_a_cancellation_holds_all_properties_of_the_request() -> None:
    requested, cancelled = own_event(request()), own_event(cancel(sequence=1))
    assert set(requested) - set(cancelled) == {"X-MICROSOFT-DISALLOW-COUNTER"}
    changed = {name for name in cancelled if cancelled[name] != requested[name]}
    assert changed == {"SEQUENCE", "STATUS"}


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"organizer": None}, Method.REQUEST),
        ({"attendee": None}, Method.CANCEL),
        ({"cancelled": True}, Method.REQUEST),
        ({}, Method.PUBLISH),
    ],
)
def test_an_invitation_that_no_calendar_would_understand_is_refused(changes: dict[str, Any], method: Method) -> None:
    with pytest.raises(ValueError):
        invitation(entry(**changes), method)


def test_the_life_of_an_entry_keeps_its_uid_and_raises_its_sequence() -> None:
    moved = [timed(datetime(2026, month, 25, 17, tzinfo=UTC), None) for month in (3, 6, 10)]
    life = [
        request(),
        *(request(sequence=n, time=time) for n, time in enumerate(moved, 1)),
        request(sequence=4),
        cancel(sequence=5),
    ]
    assert [int(second_event(data).sequence.value) for data in life] == [0, 1, 2, 3, 4, 5]
    assert {second_event(data).uid.value for data in life} == {"registration-7-1@anmeldung.example.org"}


def test_online_the_joining_address_is_a_conference_and_the_location() -> None:
    join = "https://anmeldung.example.org/r/token/join"
    data = request(conference_url=join, location=f"Digital: {join}")
    assert own_event(data)["conference"] == join
    assert own_event(data)["conference"].params == {"VALUE": "URI"}
    assert second_event(data).conference.value == join
    assert second_event(data).location.value == f"Digital: {join}"


def test_all_days_end_outside_and_do_not_block_the_calendar() -> None:
    data = publication(entry(time=FESTIVAL))
    assert b"DTSTART;VALUE=DATE:20210924\r\nDTEND;VALUE=DATE:20211011\r\n" in data
    assert second_event(data).dtend.value == date(2021, 10, 11)
    assert own_event(data)["transp"] == "TRANSPARENT"
    assert b"VTIMEZONE" not in data


def test_an_unknown_end_is_left_out() -> None:
    data = publication(entry(time=timed(datetime(2026, 5, 1, 8, tzinfo=UTC), None)))
    assert "dtend" not in own_event(data)
    assert second_event(data).dtstart.value.astimezone(UTC) == datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        (datetime(2026, 3, 28, 22, tzinfo=UTC), 8),  # over the night when the clock goes forward
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), 1),  # the last second of winter time
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 1),  # the first of summer time
        (datetime(2026, 10, 24, 21, tzinfo=UTC), 8),  # over the night when it goes back
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), 2),  # 02:30, the first time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), 2),  # 02:30, the second time
        (datetime(2026, 10, 24, 20, tzinfo=UTC), 5.5),  # ends at 02:30, the second time
        (datetime(2026, 10, 25, 2, tzinfo=UTC), 1),
        (datetime(1997, 7, 1, 16, tzinfo=UTC), 1),
        (datetime(2045, 7, 1, 16, tzinfo=UTC), 1),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), 1),  # next year by the local clock
    ],
)
@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "Europe/London",
        "Europe/Helsinki",
        "Atlantic/Azores",
        "Europe/Dublin",
        "Atlantic/Reykjavik",
        "Europe/Istanbul",
        "America/New_York",
        "UTC",
    ],
)
def test_every_moment_comes_back_in_both_nights_of_the_clock_change(start: datetime, hours: float, zone: str) -> None:
    end = start + timedelta(hours=hours)
    data = publication(entry(time=timed(start, end, zone)))
    own, second = own_event(data), second_event(data)
    assert (own.start.astimezone(UTC), own.end.astimezone(UTC)) == (start, end)
    assert second.dtstart.value.astimezone(UTC) == start
    assert second.dtend.value.astimezone(UTC) == end


@pytest.mark.parametrize(
    ("zone", "daylight", "standard"),
    [
        ("Europe/Berlin", ("19810329T020000", "CEST", "+0100", "+0200"), ("19961027T030000", "CET", "+0200", "+0100")),
        ("Europe/London", ("19810329T010000", "BST", "+0000", "+0100"), ("19961027T020000", "GMT", "+0100", "+0000")),
        ("Europe/Dublin", ("19810329T010000", "IST", "+0000", "+0100"), ("19961027T020000", "GMT", "+0100", "+0000")),
        ("Europe/Athens", ("19810329T030000", "EEST", "+0200", "+0300"), ("19961027T040000", "EET", "+0300", "+0200")),
    ],
)
def test_a_european_zone_is_written_as_a_yearly_rule(
    zone: str, daylight: tuple[str, ...], standard: tuple[str, ...]
) -> None:
    block = vtimezone(zone, 2026, 2026)
    assert block is not None
    found = {}
    for part in block.subcomponents:
        names = ("dtstart", "tzname", "tzoffsetfrom", "tzoffsetto")
        found[part.name] = tuple(_plain(part[name]) for name in names)
        assert "rdate" not in part
        assert (
            part["rrule"].to_ical() == f"FREQ=YEARLY;BYDAY=-1SU;BYMONTH={3 if part.name == 'DAYLIGHT' else 10}".encode()
        )
    assert found == {"DAYLIGHT": daylight, "STANDARD": standard}


def _plain(value: Any) -> str:
    data = value.to_ical()
    return data.decode() if isinstance(data, bytes) else str(data)


@pytest.mark.parametrize(
    ("zone", "first", "last", "known"),
    [
        ("Europe/Berlin", 1996, 2045, True),
        ("Europe/Berlin", 1995, 1995, False),  # summer time ended in September
        ("Europe/London", 1987, 1987, False),  # by chance the same Sundays, but before the rule
        ("Europe/Istanbul", 2026, 2026, True),  # +03 all year
        ("Europe/Istanbul", 2010, 2022, False),  # both
        ("Europe/Istanbul", 2015, 2015, False),  # a change of its own
        ("America/New_York", 2026, 2026, False),
        ("America/Nuuk", 2026, 2026, False),  # changes with Europe, but by its clock on the Saturday
        ("Africa/Casablanca", 2026, 2026, False),
    ],
)
def test_a_zone_without_a_simple_rule_is_not_given_one(zone: str, first: int, last: int, known: bool) -> None:
    assert (vtimezone(zone, first, last) is not None) == known


def test_times_without_a_rule_are_written_in_utc() -> None:
    start = datetime(2026, 7, 1, 16, tzinfo=UTC)
    data = publication(entry(time=timed(start, None, "America/New_York")))
    assert b"DTSTART:20260701T160000Z\r\n" in data
    assert b"VTIMEZONE" not in data


def test_every_zone_that_is_named_is_defined_once() -> None:
    times = [
        timed(datetime(2026, 7, day, 16, tzinfo=UTC), None, zone)
        for day, zone in enumerate(["Europe/Berlin", "Europe/Paris", "Europe/Berlin", "America/New_York"], 1)
    ]
    entries = tuple(entry(uid=f"{n}@example.org", time=time) for n, time in enumerate([*times, FESTIVAL]))
    data = feed(CalendarFeed(name="Termine", url="https://example.org/", entries=entries))
    assert [str(zone["tzid"]) for zone in icalendar.Calendar.from_ical(data).walk("VTIMEZONE")] == [
        "Europe/Berlin",
        "Europe/Paris",
    ]
    assert [event.uid.value for event in vobject.readOne(data.decode()).vevent_list] == [e.uid for e in entries]


def test_a_feed_names_itself_and_asks_to_be_read_every_hour() -> None:
    data = feed(CalendarFeed(name="Termine; Gütersloh", url="https://example.org/", entries=()))
    calendar = icalendar.Calendar.from_ical(data)
    assert calendar["x-wr-calname"] == calendar["name"] == "Termine; Gütersloh"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in data
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in data
    assert calendar["url"] == "https://example.org/"


def test_one_entry_alone_does_not_name_a_calendar() -> None:
    """Outlook makes a new calendar of every file that does."""
    for data in (request(), cancel(), publish()):
        assert "x-wr-calname" not in icalendar.Calendar.from_ical(data)


def test_stamps_are_whole_seconds_in_utc() -> None:
    local = datetime(2026, 7, 1, 16, 0, 0, 999_999, tzinfo=BERLIN)
    event = own_event(publication(entry(stamped_at=local, changed_at=SENT_AT)))
    assert event["dtstamp"].to_ical() == b"20260701T140000Z"
    assert event["last-modified"].to_ical() == b"20221101T093000Z"


def test_an_international_address_follows_idna_2008() -> None:
    event = own_event(invitation(entry(attendee=Person(name="", address="info@straße.de")), Method.REQUEST))
    assert event["attendee"] == "mailto:info@xn--strae-oqa.de"
    assert "CN" not in event["attendee"].params


def test_a_name_keeps_what_a_parameter_can_hold() -> None:
    data = request(attendee=Person(name='Stadt "Amt", Gruppe: 1; \\ Ä', address="a@example.org"))
    name = "Stadt 'Amt', Gruppe: 1; / Ä"
    assert own_event(data)["attendee"].params["CN"] == name
    assert second_event(data).attendee.params["CN"] == [name]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b\r\nX-EVIL:1",
        "a b@example.org",
        '"a"@example.org',
        "ä@example.org",
        "a@b@c",
        "a@example.org,b@example.org",
    ],
)
def test_an_unusable_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        invitation(entry(attendee=Person(name="A", address=address)), Method.REQUEST)


def test_time_that_runs_backwards_is_refused() -> None:
    start = datetime(2026, 7, 1, 16, tzinfo=UTC)
    for end in (start, start - timedelta(seconds=1)):
        with pytest.raises(ValueError):
            timed(start, end)
    with pytest.raises(ValueError):
        timed(start.replace(tzinfo=None), None)
    with pytest.raises(ValueError):
        AllDay(starts_on=date(2026, 7, 2), ends_on=date(2026, 7, 1))


hostile = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\0\x0b\x0c\x1b\x85\u2028\u2029;:,\\\"^'=\t -nN\ud800🎉ü"),
        st.characters(categories=["L", "N", "P", "Cc", "Cf"]),
    ),
    max_size=200,
) | st.sampled_from(
    ["\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nX-EVIL:1", "\nATTENDEE:mailto:evil@example.org", '";X-EVIL=1:', "x" * 10_000]
)


@settings(max_examples=300, deadline=None)
@given(*[hostile] * 7)
@example("", "", "", "", "\\", "", "")
@example(*["\r\nX-EVIL:1\u2028X-EVIL:1\x85X-EVIL:1\x0cX-EVIL:1\rX-EVIL:1"] * 7)
def test_no_text_can_add_a_property(
    summary: str, description: str, location: str, url: str, name: str, uid: str, language: str
) -> None:
    plain = entry(conference_url="https://example.org/", description="x", location="x", url="x")
    attacked = replace(
        plain,
        summary=summary,
        description="x" + description,
        location="x" + location,
        url="https://example.org/" + url,
        conference_url="https://example.org/" + url,
        uid="x" + uid,
        language=language,
        organizer=replace(TOWN, name=name),
        attendee=replace(GUEST, name=name),
    )
    data = invitation(attacked, Method.REQUEST)
    expected = invitation(plain, Method.REQUEST)
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert set(own_event(data)) == set(own_event(expected))
    assert set(second_event(data).contents) == set(second_event(expected).contents)
    assert [own_event(data)["attendee"], own_event(data)["organizer"]] == [
        "mailto:guest@example.net",
        "mailto:anmeldung@example.org",
    ]
    assert b"X-EVIL" not in [line.split(b":")[0] for line in re.split(rb"[\r\n]+", data)]
