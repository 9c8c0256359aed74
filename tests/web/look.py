"""A small application that shows the page frame and every macro: the look, checked without the service."""

from types import SimpleNamespace

from flask import Flask, Response, render_template, request
from flask_babel import Babel, get_locale
from jinja2 import FileSystemLoader
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
    widgets,
)

from regservice.web import assets
from tests.browser_support import PROJECT_ROOT

ENDPOINTS = {
    "public": ["upcoming", "past", "imprint", "privacy", "accessibility"],
    "organiser": ["events", "new_event", "messages", "settings", "account", "sign_in", "sign_out"],
}
LANGUAGES = {"de": "Deutsch", "en": "English", "ar": "العربية"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
    "%3Cpath d='M0 0h8v5L4 8 0 5z'/%3E%3C/svg%3E"
)
NOT_FOUND = {"title": "Diese Seite gibt es nicht", "next_step": "Bitte prüfen Sie die Adresse."}


class SampleForm(Form):
    """One field of each kind; sent empty, each of them has something to say."""

    name = StringField("Name", [validators.InputRequired("Bitte geben Sie Ihren Namen ein.")])
    email = EmailField(
        "E-Mail-Adresse",
        [validators.InputRequired("Bitte geben Sie Ihre E-Mail-Adresse ein.")],
        description="An diese Adresse schicken wir die Bestätigung und die Erinnerung.",
    )
    phone = StringField("Telefon")
    language = SelectField(
        "Sprache der Nachrichten", choices=[SelectChoice("de", "Deutsch"), SelectChoice("en", "English")]
    )
    attendance = RadioField(
        "Wie nehmen Sie teil?",
        [validators.InputRequired("Bitte wählen Sie, wie Sie teilnehmen.")],
        choices=[SelectChoice("onsite", "Vor Ort im Bürgerhaus"), SelectChoice("digital", "Digital")],
    )
    topics = SelectMultipleField(
        "Welche Themen interessieren Sie?",
        [validators.InputRequired("Bitte wählen Sie mindestens ein Thema.")],
        choices=[SelectChoice("a", "Verkehr und öffentlicher Nahverkehr"), SelectChoice("b", "Grünflächen")],
        description="Mehrere Antworten sind möglich.",
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
    )
    remark = TextAreaField("Bemerkung", description="Bitte nichts über Gesundheit oder Religion.")
    consent = BooleanField(
        "Ich habe die Hinweise zum Datenschutz gelesen.",
        [validators.InputRequired("Bitte bestätigen Sie, dass Sie die Hinweise gelesen haben.")],
    )


def create_look() -> Flask:
    """Addresses: / (all components), /form, /form?sent=1 (with errors), /organise (organiser's frame), /error."""
    app = Flask("tests.web.look", static_folder=None)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(PROJECT_ROOT / "regservice" / "translations")
    app.jinja_loader = FileSystemLoader([PROJECT_ROOT / "templates", PROJECT_ROOT / "tests" / "web" / "templates"])
    Babel(app, locale_selector=_language)
    assets.register(app)
    app.add_template_global(lambda: Markup('<input type="hidden" name="form_token" value="sample">'), "form_token")
    app.context_processor(_context)
    app.after_request(_with_policy)
    for area, names in ENDPOINTS.items():
        for name in names:
            app.add_url_rule(f"/{area}/{name}", f"{area}.{name}", lambda: "", methods=["GET", "POST"])
    app.add_url_rule("/", "components", lambda: render_template("sample.html"))
    app.add_url_rule("/form", "form", lambda: render_template("sample_form.html", form=_sample_form()))
    app.add_url_rule("/organise", "organise", lambda: render_template("sample_organiser.html"))
    app.add_url_rule("/error", "error", lambda: render_template("errors/page.html", **NOT_FOUND))
    return app


def _sample_form() -> SampleForm:
    if "sent" not in request.args:
        return SampleForm()
    form = SampleForm(MultiDict())
    form.validate()
    return form


def _language() -> str:
    return request.args.get("lang", "de")


def _context() -> dict[str, object]:
    return {
        "town": SimpleNamespace(name="Stadt Musterstadt an der Beispielach", logo_url=LOGO),
        "locale_code": _language(),
        "text_direction": get_locale().text_direction,
        "page_languages": [
            (code, own_name, f"{request.path}?lang={code}", code == _language()) for code, own_name in LANGUAGES.items()
        ],
        "rehearsal": request.path == "/",
        "organiser": SimpleNamespace(name="Kim Muster", role="admin") if request.path == "/organise" else None,
    }


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response
