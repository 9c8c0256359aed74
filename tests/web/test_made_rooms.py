"""A room that a meeting system made is as secret as one that somebody entered: everything is searched for it as well.

The canaries are what leads into the room: the name or token that the system knows it by. The secrets of the system
itself are seen by nobody at all.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.config import current_settings
from regservice.events import opening
from regservice.events import service as events
from regservice.events.rooms import RoomTrouble, Visitor
from regservice.web.access import form_token
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import PASSWORD, SECRET, USER, big_blue_button, nextcloud, room_server
from tests.conftest import Clock
from tests.forms import forms_in
from tests.web.story import dump
from tests.web.test_join_link import BEFORE, OPEN, Town, everything, go_digital, hits, mails, people_pages, staff_pages
from tests.web.test_join_link import town as town

SYSTEMS = ("bigbluebutton", "jitsi", "nextcloud_talk")


@pytest.fixture(params=SYSTEMS)
def made(request: pytest.FixtureRequest, town: Town, wiring: Wiring, clock: Clock) -> Iterator[tuple[str, ...]]:
    """The events have rooms that this system made after one try that failed; what leads into them, and its secrets."""
    system, key = request.param, current_settings().secret_key
    with ExitStack() as servers:
        bbb, talk = (servers.enter_context(room_server(answers)) for answers in (big_blue_button, nextcloud))
        wiring.rooms = {
            "bigbluebutton": BigBlueButton(base_url=f"{bbb.url}/bigbluebutton", secret=SECRET),
            "jitsi": Jitsi(base_url="https://jitsi.example.org", app_id="town", secret=SECRET),
            "nextcloud_talk": NextcloudTalk(base_url=talk.url, user=USER, password=PASSWORD),
        }
        go_digital(town, clock, BEFORE)
        for event in (town.story.event, town.hybrid):
            opening.choose_system(event.id, system, by="test", now=clock())
            bbb.instead = talk.instead = (500, b"")
            if system != "jitsi":
                with pytest.raises(RoomTrouble):
                    opening.enter(event.id, Visitor(name="Kim", moderates=True), wiring.rooms, key, clock())
            bbb.instead = talk.instead = None
            opening.enter(event.id, Visitor(name="Kim", moderates=True), wiring.rooms, key, clock())
        names = [events.get(event.id).room_reference for event in (town.story.event, town.hybrid)]
        passwords = [room[name] for room in bbb.rooms.values() for name in ("attendeePW", "moderatorPW")]
        assert ("" in names, len(passwords)) == (False, 4 if system == "bigbluebutton" else 0)
        yield (*names, *passwords, SECRET, PASSWORD)


def found_in(pages: list[tuple[str, str]], canaries: tuple[str, ...]) -> set[str]:
    return set().union(*(hits(pages, canary) for canary in canaries))


def let_in_by_pressing(town: Town, canaries: tuple[str, ...]) -> set[str]:
    """Whose link leads into the room, at once or by the button; who has none sends what it would send."""
    client = town.app.test_client(use_cookies=False)
    entered = {}
    for who, token in town.story.links.items():
        path = f"/r/{token}/join"
        with town.app.test_request_context(path):
            [(_, button)] = forms_in(f'<form method="post">{form_token()}</form>')
        pressed = client.post(path, data=button)
        assert pressed.status_code != 400, "the form was not ours"
        entered[who] = [(path, everything(client.get(path))), (path, everything(pressed))]
    return {who for who, answers in entered.items() if found_in(answers, canaries)}


def test_nobody_finds_a_made_room_before_it_opens(
    request: pytest.FixtureRequest, town: Town, made: tuple[str, ...], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tries = " ".join(record.getMessage() for record in caplog.get_records("setup"))
    failed = 0 if "jitsi" in request.node.name else 2
    assert (tries.count("failed for event"), [canary for canary in made if canary in tries]) == (failed, [])
    assert found_in(list(mails(town, clock())), made) == set()
    assert let_in_by_pressing(town, made) == set()
    assert found_in(list(people_pages(town)), made) == set()
    assert found_in(list(staff_pages(town)), made) == set()
    assert [canary for canary in made if canary in caplog.text.lower()] == []
    rows = {table for table, found in dump().items() for canary in made if canary in str(found).lower()}
    assert rows == {"event"}


def test_an_open_made_room_lets_in_those_with_a_digital_place_and_nobody_else(
    town: Town, made: tuple[str, ...], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clock.set(OPEN)
    assert let_in_by_pressing(town, made) == {"confirmed", "digital"}
    assert found_in(list(mails(town, clock())), made) == set()
    # What people send may give them a digital place; what they read does not.
    read = [page for page in people_pages(town) if not page[0].startswith("POST ")]
    own = {f"/r/{town.story.links[who]}/join" for who in ("confirmed", "digital")}
    assert found_in(read, made) <= own, "where nothing must be made any more, the link itself leads in"
    assert found_in(read, made[2:]) == set()
    assert [canary for canary in made if canary in caplog.text.lower()] == []
