"""The application context that Flask-Mail needs."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_mail import Mail


@pytest.fixture
def mail_app() -> Iterator[Flask]:
    app = Flask("tests.adapters")
    Mail(app)
    with app.app_context():
        yield app
