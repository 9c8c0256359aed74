"""The application factory; nothing else builds the application."""

from flask import Flask
from flask_mail import Mail

from regservice import db
from regservice.config import PROJECT_ROOT, Settings, load_settings
from regservice.web import setup as web
from regservice.wiring import Wiring, default_wiring


def create_app(settings: Settings | None = None, wiring: Wiring | None = None) -> Flask:
    """Build the application from its settings; a test passes its own settings and wiring."""
    settings = settings or load_settings()
    app = Flask("regservice", template_folder=str(PROJECT_ROOT / "templates"), static_folder=None)
    app.extensions["regservice_settings"] = settings
    app.extensions["regservice_wiring"] = wiring or default_wiring(settings)
    db.set_up(app, settings)
    Mail(app)
    web.set_up(app, settings)
    return app
