"""A town hall behind every address, the cookie of its administrator, and the systems that make rooms."""

from collections.abc import Iterator

import pytest
from flask import Flask

from regservice.accounts.types import Role
from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import (
    APP_ID,
    PASSWORD,
    SECRET,
    USER,
    RoomServer,
    big_blue_button,
    jitsi,
    nextcloud,
    room_server,
)
from tests.conftest import Clock, OutsideClient
from tests.web.story import Story, sign_in, write_story


@pytest.fixture
def story(app: Flask, clock: Clock) -> Story:
    app.test_client_class = OutsideClient
    return write_story(clock)


@pytest.fixture
def admin_cookie(app: Flask, story: Story, clock: Clock) -> str:
    return sign_in(app, Role.ADMIN, clock)


@pytest.fixture
def bbb(wiring: Wiring) -> Iterator[RoomServer]:
    """A BigBlueButton that the service may use."""
    with room_server(big_blue_button) as server:
        wiring.rooms = {"bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET)}
        yield server


@pytest.fixture
def talk(wiring: Wiring) -> Iterator[RoomServer]:
    """A Nextcloud Talk that the service may use."""
    with room_server(nextcloud) as server:
        wiring.rooms = {"nextcloud_talk": NextcloudTalk(base_url=server.url, user=USER, password=PASSWORD)}
        yield server


@pytest.fixture
def jitsi_rooms(wiring: Wiring, clock: Clock) -> Iterator[RoomServer]:
    """A Jitsi with tokens that the service may use; it lives at the time of the test."""
    with room_server(jitsi) as server:
        server.now = lambda: clock().timestamp()
        wiring.rooms = {"jitsi": Jitsi(base_url=server.url, app_id=APP_ID, secret=SECRET)}
        yield server
