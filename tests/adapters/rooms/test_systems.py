"""Each system is asked by its published rules, and what it does wrong is a trouble with a code."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from regservice.adapters.rooms.bigbluebutton import BigBlueButton, answer_from
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.events.rooms import Room, RoomTrouble, Visitor, room_name
from tests.adapters.rooms.servers import PASSWORD, SECRET, USER, RoomServer, big_blue_button, nextcloud, room_server
from tests.factories import ENDS_AT

ROOM = Room(title="Bürgerdialog & Gäste", closes_at=ENDS_AT, name="a1b2c3")
ADA, IRIS = Visitor(name="Ada Öz & Co"), Visitor(name="Iris", moderates=True)


@pytest.fixture
def bbb_server() -> Iterator[RoomServer]:
    with room_server(big_blue_button) as server:
        yield server


@pytest.fixture
def talk_server() -> Iterator[RoomServer]:
    with room_server(nextcloud) as server:
        yield server


def bbb(server: RoomServer) -> BigBlueButton:
    return BigBlueButton(base_url=f"{server.url}/bigbluebutton/", secret=SECRET, timeout_s=1)


def talk(server: RoomServer) -> NextcloudTalk:
    return NextcloudTalk(base_url=server.url, user=USER, password=PASSWORD, timeout_s=1)


def test_bigbluebutton_makes_a_room_once_however_often_it_is_asked(bbb_server: RoomServer) -> None:
    system = bbb(bbb_server)
    assert [system.ensure(ROOM), system.ensure(replace(ROOM, title="Another title"))] == ["a1b2c3"] * 2
    assert [(room["name"], room["record"]) for room in bbb_server.rooms.values()] == [(ROOM.title, "false")]
    system.close(replace(ROOM, reference="a1b2c3"))
    assert bbb_server.rooms == {}


@pytest.mark.parametrize(("visitor", "role"), [(ADA, "VIEWER"), (IRIS, "MODERATOR")])
def test_bigbluebutton_lets_visitors_in_by_a_signed_address(
    bbb_server: RoomServer, visitor: Visitor, role: str
) -> None:
    address = urlsplit(bbb(bbb_server).address(replace(ROOM, reference="a1b2c3"), visitor))
    query, _, checksum = address.query.rpartition("&checksum=")
    assert checksum == hashlib.sha256(f"join{query}{SECRET}".encode()).hexdigest()
    assert address.path == "/bigbluebutton/api/join"
    assert parse_qs(query) == {"fullName": [visitor.name], "meetingID": ["a1b2c3"], "role": [role]}


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
    assert (system.needs_click(ROOM), system.ensure(ROOM)) == (False, "a1b2c3")
    address = urlsplit(system.address(ROOM, ADA))
    assert (address.path, address.query) == ("/a1b2c3", "")
    assert unquote(address.fragment) == 'userInfo.displayName="Ada \\u00d6z & Co"'


@pytest.mark.parametrize("visitor", [ADA, IRIS])
def test_jitsi_with_tokens_signs_who_enters_which_room(visitor: Visitor) -> None:
    system = Jitsi(base_url="https://meet.example.org", app_id="town", secret=SECRET)
    token = parse_qs(urlsplit(system.address(ROOM, visitor)).query)["jwt"][0]
    head, claims, signature = token.split(".")
    right = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert _decoded(signature) == right
    assert json.loads(_decoded(head)) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(_decoded(claims)) == {
        "aud": "jitsi",
        "iss": "town",
        "sub": "meet.example.org",
        "room": "a1b2c3",
        "exp": int(ENDS_AT.timestamp()) + 3600,
        "context": {"user": {"name": visitor.name, "moderator": visitor.moderates}},
    }


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def test_each_event_key_and_generation_has_a_name_of_its_own() -> None:
    names = {room_name(key, event, generation) for key in ("k1", "k2") for event in (1, 2) for generation in (1, 2)}
    assert (len(names), {len(name) for name in names}) == (8, {40})


def test_secrets_are_in_no_representation(bbb_server: RoomServer) -> None:
    systems = [bbb(bbb_server), talk(bbb_server), Jitsi(base_url="https://x.example.org", app_id="a", secret=SECRET)]
    assert [secret in repr(systems) for secret in (SECRET, PASSWORD)] == [False, False]
