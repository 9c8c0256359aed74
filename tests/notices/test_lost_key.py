"""The secret key is lost: mails wait for new links instead of failing, and everybody gets one."""

from dataclasses import replace

import pytest
from flask import Flask

from regservice.config import current_settings
from regservice.db import db
from regservice.notices.delivery import LetterPost
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Sent
from regservice.registrations import service as registrations
from regservice.registrations import store
from tests.conftest import Clock
from tests.factories import confirm, make_event


def test_mails_wait_for_the_new_links(each_app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    event = make_event(clock(), capacity=None)
    people = [confirm(event, f"Person {number}", clock()) for number in range(5)]
    # More people than are read at once.
    monkeypatch.setattr(store, "CHUNK", 2)
    lost = replace(current_settings(), secret_key="another-secret-key-of-32-characters", secret_key_fallbacks=())
    each_app.extensions["regservice_settings"] = lost
    post = LetterPost(hand_over=lambda _: Sent())
    sending.deliver(post, clock)
    assert {message.state for message in outbox.ledger(event.id) if message.kind == "confirmed"} == {"waiting"}
    db.session.rollback()
    assert registrations.renew_links() == len(people)
    assert registrations.renew_links() == 0
    clock.advance(minutes=1)
    sending.deliver(post, clock)
    assert {message.state for message in outbox.ledger(event.id) if message.kind == "confirmed"} == {"sent"}
