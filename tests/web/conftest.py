"""A town hall behind every address, and the cookie of its administrator."""

import pytest
from flask import Flask

from regservice.accounts.types import Role
from tests.conftest import Clock, OutsideClient
from tests.web.story import Story, sign_in, write_story


@pytest.fixture
def story(app: Flask, clock: Clock) -> Story:
    app.test_client_class = OutsideClient
    return write_story(clock)


@pytest.fixture
def admin_cookie(app: Flask, story: Story, clock: Clock) -> str:
    return sign_in(app, Role.ADMIN, clock)
