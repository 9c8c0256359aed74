"""Putting the web side together: assets, languages, access, errors, pages."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from regservice.config import Settings
from regservice.web import (
    access,
    assets,
    calendars,
    decision,
    errors,
    filters,
    frame,
    health,
    languages,
    personal,
    public,
    speaking,
    town_look,
    unsubscribe,
)
from regservice.web.api import setup as api
from regservice.web.organiser import blueprint as organiser
from regservice.web.organiser import feeds as organiser_feeds
from regservice.web.organiser import formats as organiser_formats
from regservice.web.organiser import questions as organiser_questions
from regservice.web.organiser import returning as organiser_returning
from regservice.web.organiser import rooms as organiser_rooms
from regservice.web.organiser import sessions as organiser_sessions
from regservice.web.organiser import speakers as organiser_speakers
from regservice.web.organiser import switches as organiser_switches


def set_up(app: Flask, settings: Settings) -> None:
    """Register everything that answers a request."""
    app.jinja_options = app.jinja_options | {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    languages.set_up(app)
    access.set_up(app, settings)
    errors.set_up(app)
    filters.set_up(app)
    app.context_processor(frame.around_page)
    for module in (health, public, calendars, personal, speaking, decision, unsubscribe, town_look):
        app.register_blueprint(module.blueprint)
    app.register_blueprint(organiser)
    app.register_blueprint(organiser_formats.blueprint)
    app.register_blueprint(organiser_returning.blueprint)
    app.register_blueprint(organiser_feeds.blueprint)
    app.register_blueprint(organiser_rooms.blueprint)
    app.register_blueprint(organiser_sessions.blueprint)
    app.register_blueprint(organiser_speakers.blueprint)
    app.register_blueprint(organiser_questions.blueprint)
    app.register_blueprint(organiser_switches.blueprint)
    api.set_up(app)
    assets.register(app)
    app.wsgi_app = access.with_headers(app.wsgi_app, settings)  # type: ignore[method-assign,assignment]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
