"""Which system makes the digital room: there and back in files and the API, and refused in plain words."""

from dataclasses import replace

import pytest
from flask import Flask

from regservice.events import opening
from regservice.events import service as events
from regservice.events.types import Format
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
from tests.conftest import Clock
from tests.factories import make_event

FILE = """
slug: abend
title: Dialogabend
status: published
starts_at: 2026-11-20T16:00
venue: {name: Rathaus, city: Musterstadt}
contact: {email: amt@example.org}
format: digital
"""


@pytest.fixture
def jitsi(app: Flask) -> None:
    """A server on which Jitsi is set up."""
    settings = app.extensions["regservice_settings"]
    app.extensions["regservice_settings"] = replace(settings, jitsi_url="https://meet.example.org")


@pytest.mark.usefixtures("jitsi")
def test_a_file_names_the_system_there_and_back(app: Flask, clock: Clock) -> None:
    # A system makes the room, so a digital event needs no link to be public.
    done = exchange.import_text(FILE + "room_system: jitsi\n", by="test", now=clock())
    assert done == Imported(created=("abend",), updated=())
    made = events.find("abend")
    assert made is not None
    assert (made.room_system, made.join_url, made.format) == ("jitsi", "", Format.DIGITAL)
    exported = exchange.export_text("abend") or ""
    assert "room_system: jitsi\n" in exported
    assert exchange.import_text(exported, by="test", now=clock()) == Imported(created=(), updated=("abend",))
    assert events.find("abend") == made
    # What a file does not name stays; back to a link it needs one.
    assert exchange.import_text(FILE, by="test", now=clock()) == Imported(created=(), updated=("abend",))
    back = exchange.import_text(
        FILE + "room_system: link\njoin_url: https://room.example.org/x\n", by="test", now=clock()
    )
    assert back == Imported(created=(), updated=("abend",))
    after = events.find("abend")
    assert after is not None
    assert (after.room_system, after.join_url) == ("link", "https://room.example.org/x")


@pytest.mark.parametrize(
    ("system", "words"),
    [
        ("zoom", "There is no such system. Write link, bigbluebutton, jitsi or nextcloud_talk."),
        ("bigbluebutton", "This system is not set up on this server. Ask who runs it, or write link with a join_url."),
    ],
)
def test_a_system_that_is_not_there_is_refused_and_nothing_is_kept(
    app: Flask, clock: Clock, system: str, words: str
) -> None:
    refused = exchange.import_text(FILE + f"room_system: {system}\n", by="test", now=clock())
    assert refused == ImportRefused(errors={"room_system": [words]})
    assert events.find("abend") is None


def test_what_is_chosen_already_may_stay_though_it_is_set_up_no_more(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    opening.choose_system(event.id, "nextcloud_talk", by="test", now=clock())
    exported = exchange.export_text(event.slug) or ""
    assert exchange.import_text(exported, by="test", now=clock()) == Imported(created=(), updated=(event.slug,))
