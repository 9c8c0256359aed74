"""Putting the web side together: blueprints, access rules, errors, languages."""

from flask import Flask

from regservice.config import Settings
from regservice.web import health


def set_up(app: Flask, settings: Settings) -> None:
    """Register everything that answers a request."""
    app.register_blueprint(health.blueprint)
