"""A town hall for the journeys."""

from collections.abc import Iterator

import pytest

from regservice import db as database
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.config import Settings
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.faulty_relay import FaultyRelay
from tests.journeys.town import Town


@pytest.fixture
def town(settings: Settings, clock: Clock) -> Iterator[Town]:
    with FaultyRelay() as relay, RelaySender(RelaySettings(server="127.0.0.1", port=relay.port)) as sender:
        wiring = Wiring(now=clock, sender=sender)
        app = create_app(settings, wiring)
        with app.app_context():
            yield Town(wiring, clock, relay)
            database.db.session.remove()
            database.db.engine.dispose()
