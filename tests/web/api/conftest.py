"""Callers of the API with and without a token."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from tests.conftest import Clock


class Caller:
    """A program that calls the API."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        more = {} if body is None else {"json": body}
        return self.client.open(f"/api/v1{path}", method=method, headers=given, **more)


@pytest.fixture
def anybody(client: FlaskClient) -> Caller:
    return Caller(client)


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> OrganiserFacts:
    made = accounts.add_organiser("olga@example.org", "Olga", by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    return made


@pytest.fixture
def town_hall(client: FlaskClient, organiser: OrganiserFacts, clock: Clock) -> Caller:
    """A caller with a token that belongs to an organiser."""
    return Caller(client, accounts.make_api_token("intranet", organiser_id=organiser.id, by="test", now=clock()))
