"""The API with its generated description at `/api/v1/openapi.json`."""

from flask import Flask
from flask_smorest import Api

from regservice.web.api import events, formats, messages, registrations, returning, venue
from regservice.web.api.blueprint import blueprint
from regservice.web.api.shapes import ProblemAnswer

CALLS = (events, registrations, formats, returning, venue, messages)


class Description(Api):
    """The generated OpenAPI document; errors of the whole application stay with the application."""

    ERROR_SCHEMA = ProblemAnswer

    def _register_error_handlers(self) -> None:
        """Leave the pages' errors alone: only our blueprint answers with problems."""


def set_up(app: Flask) -> None:
    """Register the calls and their description."""
    app.config.update(
        API_TITLE="regservice",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    description = Description(app)
    description.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    description.register_blueprint(blueprint)
