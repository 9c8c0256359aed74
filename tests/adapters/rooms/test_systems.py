"""Each system is asked by its published rules, and what it does wrong is a trouble with a code."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from regservice.adapters.rooms.bigbluebutton import BigBlueButton, answer_from
from regservice.adapters.rooms.jitsi import Jitsi, signed
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.events.rooms import Room, RoomTrouble, Visitor, room_name
from tests.adapters.rooms.servers import (
    APP_ID,
    PASSWORD,
    SECRET,
    USER,
    Entered,
    RoomServer,
    big_blue_button,
    enter,
    jitsi,
    nextcloud,
    room_server,
)
from tests.factories import ENDS_AT, STARTS_AT

NAME = room_name("a key of the town", 1, 1)
ROOM = Room(title="Bürgerdialog & Gäste", closes_at=ENDS_AT, name=NAME)
MADE = replace(ROOM, reference=NAME)
ADA, IRIS = Visitor(name="Ada Öz & Co"), Visitor(name="Iris", moderates=True)


@pytest.fixture
def bbb_server() -> Iterator[RoomServer]:
    with room_server(big_blue_button) as server:
        yield server


@pytest.fixture
def talk_server() -> Iterator[RoomServer]:
    with room_server(nextcloud) as server:
        yield server


@pytest.fixture
def jitsi_server() -> Iterator[RoomServer]:
    with room_server(jitsi) as server:
        server.now = STARTS_AT.timestamp
        yield server


def bbb(server: RoomServer) -> BigBlueButton:
    return BigBlueButton(base_url=f"{server.url}/bigbluebutton/", secret=SECRET, timeout_s=1)


def talk(server: RoomServer) -> NextcloudTalk:
    return NextcloudTalk(base_url=server.url, user=USER, password=PASSWORD, timeout_s=1)


def test_bigbluebutton_makes_a_room_once_however_often_it_is_asked(bbb_server: RoomServer) -> None:
    system = bbb(bbb_server)
    assert [system.ensure(ROOM), system.ensure(replace(ROOM, title="Another title"))] == [NAME] * 2
    assert [(room["name"], room["record"]) for room in bbb_server.rooms.values()] == [(ROOM.title, "false")]
    system.close(MADE)
    assert bbb_server.rooms == {}


@pytest.mark.parametrize("visitor", [ADA, IRIS])
def test_bigbluebutton_lets_visitors_in_by_a_signed_address(bbb_server: RoomServer, visitor: Visitor) -> None:
    system = bbb(bbb_server)
    address = system.address(MADE, visitor)
    assert enter(address)[0] == 200, "nobody is let into a room before it is made"
    system.ensure(ROOM)
    status, onwards = enter(address)
    assert (status, onwards.startswith(f"{bbb_server.url}/html5client/")) == (302, True)
    assert bbb_server.entered == [Entered(room=NAME, name=visitor.name, host=visitor.moderates)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("role=VIEWER", "role=MODERATOR"), "checksumError"),
        (("checksum=", "checksum=0"), "checksumError"),
        ((NAME, "f" * 40), "checksumError"),
        (("/join?", "/create?"), "checksumError"),
    ],
)
def test_nobody_makes_themselves_host_by_changing_the_address(
    bbb_server: RoomServer, change: tuple[str, str], why: str
) -> None:
    system = bbb(bbb_server)
    system.ensure(ROOM)
    changed = system.address(MADE, ADA).replace(*change)
    status, answer = enter(changed)
    assert (status, f"<messageKey>{why}</messageKey>" in answer, bbb_server.entered) == (200, True, [])


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"meetingID": NAME, "role": "VIEWER"}, "missingParamFullName"),
        ({"fullName": "Ada", "role": "VIEWER"}, "invalidMeetingIdentifier"),
        ({"fullName": "Ada", "meetingID": NAME, "role": "HOST"}, "invalidRole"),
        ({"fullName": "Ada", "meetingID": NAME, "password": "guessed"}, "invalidPassword"),
        ({"fullName": "Ada", "meetingID": NAME}, "invalidPassword"),
    ],
)
def test_the_server_of_these_tests_wants_all_that_a_real_one_wants(
    bbb_server: RoomServer, wanted: dict[str, str], why: str
) -> None:
    system = bbb(bbb_server)
    system.ensure(ROOM)
    status, answer = enter(f"{system._api}/{system._signed('join', wanted)}")
    assert (status, f"<messageKey>{why}</messageKey>" in answer, bbb_server.entered) == (200, True, [])


def test_a_wrong_secret_is_a_trouble(bbb_server: RoomServer) -> None:
    with pytest.raises(RoomTrouble) as trouble:
        replace(bbb(bbb_server), secret="another").ensure(ROOM)
    assert trouble.value.code == "refused"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no xml",
        b"<response><returncode>SUCCESS</returncode>",
        b'<!DOCTYPE r [<!ENTITY s "SUCCESS">]><response><returncode>&s;</returncode></response>',
        b'<!DOCTYPE r SYSTEM "http://127.0.0.1/x"><response><returncode>SUCCESS</returncode></response>',
    ],
)
def test_xml_that_is_broken_or_declares_anything_is_refused(answer: bytes) -> None:
    with pytest.raises(RoomTrouble) as trouble:
        answer_from(answer)
    assert trouble.value.code == "bad_answer"


def test_nextcloud_talk_makes_a_public_conversation(talk_server: RoomServer) -> None:
    system = talk(talk_server)
    token = system.ensure(ROOM)
    assert talk_server.rooms == {token: {"roomType": 3, "roomName": ROOM.title}}
    made = replace(ROOM, reference=token)
    assert (system.needs_click(ROOM), system.needs_click(made)) == (True, False)
    assert system.address(made, ADA) == f"{talk_server.url}/call/{token}"
    assert (system.ensure(made), len(talk_server.calls)) == (token, 1)
    system.close(made)
    assert talk_server.rooms == {}


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        b"[]",
        b'{"ocs": {"data": {}}}',
        b'{"ocs": {"data": {"token": "../x"}}}',
        b'{"ocs": null}',
        b"[" * 9999,
    ],
)
def test_a_conversation_without_a_usable_token_is_a_trouble(talk_server: RoomServer, answer: bytes) -> None:
    talk_server.instead = (201, answer)
    with pytest.raises(RoomTrouble) as trouble:
        talk(talk_server).ensure(ROOM)
    assert trouble.value.code == "bad_answer"


@pytest.mark.parametrize(
    ("answer", "code"),
    [((401, b""), "http_401"), ((302, b""), "http_302"), ((503, b""), "http_503"), ((200, b"x" * 70_000), "too_large")],
)
def test_wrong_answers_have_a_code(talk_server: RoomServer, answer: tuple[int, bytes], code: str) -> None:
    talk_server.instead = answer
    with pytest.raises(RoomTrouble) as trouble:
        talk(talk_server).ensure(ROOM)
    assert trouble.value.code == code


@pytest.mark.parametrize("hangs", [{"silent_s": 2.0}, {"drips_s": 0.2}])
def test_a_server_that_hangs_or_drips_is_left(bbb_server: RoomServer, hangs: dict[str, float]) -> None:
    for name, seconds in hangs.items():
        setattr(bbb_server, name, seconds)
    began = time.monotonic()
    with pytest.raises(RoomTrouble) as trouble:
        replace(bbb(bbb_server), timeout_s=0.5).ensure(ROOM)
    assert (trouble.value.code, time.monotonic() - began < 1.5) == ("timeout", True)


def test_a_server_that_is_away_is_a_trouble(bbb_server: RoomServer) -> None:
    with pytest.raises(RoomTrouble) as trouble:
        BigBlueButton(base_url="http://127.0.0.1:1", secret=SECRET).ensure(ROOM)
    assert trouble.value.code == "no_answer"


def test_jitsi_without_tokens_needs_a_name_that_cannot_be_guessed() -> None:
    system = Jitsi(base_url="https://meet.example.org")
    assert (system.needs_click(ROOM), system.ensure(ROOM)) == (False, NAME)
    address = urlsplit(system.address(ROOM, ADA))
    assert (address.path, address.query) == (f"/{NAME}", "")
    assert unquote(address.fragment) == 'userInfo.displayName="Ada \\u00d6z & Co"'


def with_tokens(server: RoomServer, **changes: str) -> Jitsi:
    return Jitsi(**({"base_url": server.url, "app_id": APP_ID, "secret": SECRET} | changes))


@pytest.mark.parametrize("visitor", [ADA, IRIS])
def test_jitsi_with_tokens_lets_in_who_was_signed_for_this_room(jitsi_server: RoomServer, visitor: Visitor) -> None:
    assert enter(with_tokens(jitsi_server).address(ROOM, visitor))[0] == 200
    assert jitsi_server.entered == [Entered(room=NAME, name=visitor.name, host=visitor.moderates)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"secret": "another"}, "signature"), ({"app_id": "village"}, "iss"), ({"app_id": ""}, "")],
)
def test_a_token_of_somebody_else_is_refused(jitsi_server: RoomServer, changes: dict[str, str], why: str) -> None:
    assert enter(with_tokens(jitsi_server, **changes).address(ROOM, ADA))[0] == 401
    assert jitsi_server.entered == [], why


def test_a_token_is_for_one_room_and_until_an_hour_after_its_end(jitsi_server: RoomServer) -> None:
    address = with_tokens(jitsi_server).address(ROOM, ADA)
    assert enter(address.replace(f"/{NAME}?", f"/{'f' * 40}?"))[1] == "not-allowed: room"
    assert enter(address.replace(f"/{NAME}?", "/buergerdialog?")) == (404, "a name that can be guessed")
    end = ENDS_AT.timestamp() + 3600
    for now, status in ((end - 1, 200), (end, 401)):
        jitsi_server.now = lambda now=now: now
        assert enter(address)[0] == status


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"aud": "zoom"}, "aud"),
        ({"sub": "meet.example.org"}, "sub"),
        ({"room": "*"}, "room"),
        ({"exp": 0}, "exp"),
        ({"nbf": int(STARTS_AT.timestamp()) + 1}, "nbf"),
        ({"nbf": int(STARTS_AT.timestamp())}, None),
        ({}, None),
    ],
)
def test_the_jitsi_of_these_tests_refuses_what_a_real_one_refuses(
    jitsi_server: RoomServer, change: dict[str, Any], why: str | None
) -> None:
    claims: dict[str, Any] = {"iss": APP_ID, "aud": "jitsi", "sub": "127.0.0.1", "room": NAME, "exp": 2**31}
    token = signed(claims | {"context": {"user": {"name": "Ada"}}} | change, SECRET)
    status, answer = enter(f"{jitsi_server.url}/{NAME}?jwt={quote(token)}")
    assert (status, answer) == ((401, f"not-allowed: {why}") if why else (200, "in the room"))
    assert [one.host for one in jitsi_server.entered] == ([] if why else [False])


def test_each_event_key_and_generation_has_a_name_of_its_own() -> None:
    names = {room_name(key, event, generation) for key in ("k1", "k2") for event in (1, 2) for generation in (1, 2)}
    assert (len(names), {len(name) for name in names}) == (8, {40})


def test_secrets_are_in_no_representation(bbb_server: RoomServer) -> None:
    systems = [bbb(bbb_server), talk(bbb_server), Jitsi(base_url="https://x.example.org", app_id="a", secret=SECRET)]
    assert [secret in repr(systems) for secret in (SECRET, PASSWORD)] == [False, False]
