"""A browser that is signed in."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts, Role
from tests.conftest import Clock, OutsideClient
from tests.forms import fill_in

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def sign_in(app: Flask, clock: Clock) -> SignIn:
    """Gives a signed-in browser: `sign_in()` for an organiser, `sign_in(Role.ADMIN)` for an administrator."""

    def signed_in(role: Role = Role.ORGANISER, name: str = "Kim Muster") -> FlaskClient:
        email = f"{role.value}@example.org"
        # Who signs in once more, since their session has ended, has an account already.
        organiser = accounts.find_organiser(email) or accounts.add_organiser(
            email, name, role=role, password="a quiet evening", by="test", now=clock()
        )
        assert isinstance(organiser, OrganiserFacts)
        token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=organiser.id, now=clock())
        app.test_client_class = OutsideClient
        client = app.test_client()
        answer = fill_in(client, f"/organise/link/{token}", {})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/organise")
        return client

    return signed_in


@pytest.fixture
def organiser(sign_in: SignIn) -> FlaskClient:
    """A browser of an organiser."""
    return sign_in()


@pytest.fixture
def admin(sign_in: SignIn) -> FlaskClient:
    """A browser of an administrator."""
    return sign_in(Role.ADMIN)
