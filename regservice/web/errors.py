"""Refusals and failures as pages that say what to do next; details go to the operator's log."""

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, NotFound

from regservice.registrations.types import RegistrationGone
from regservice.web.api.problems import API_PREFIX, problem_of


def set_up(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RegistrationGone, lambda _error: _http_error(NotFound()))
    app.register_error_handler(Exception, _failure)


def _texts(error: HTTPException) -> tuple[str, str]:
    if error.code == 400 and error.description == "form_token":
        return _("The form has expired"), _("Please go back, load the page again and send the form once more.")
    match error.code:
        case 400:
            return _("That did not work"), _("Please go back and check your entries.")
        case 403:
            return _("Not allowed"), _("You may not open this page. Please ask the contact person of the town.")
        case 404 | 410:
            return _("Page not found"), _("Please check the address, or look for the event in the list.")
        case 405:
            return _("That did not work"), _("Please open the page again and use its buttons.")
        case 413:
            return _("Too large"), _("What you sent is too large. Please send less text or a smaller file.")
        case 429:
            return _("Too many requests"), _("Please wait a minute and try again.")
        case _:
            return _("That did not work"), _("Please try again in a few minutes.")


def _http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is not None and error.code < 400:
        return error
    if request.path.startswith(API_PREFIX):
        return problem_of(error)
    return error_page(error.code or 500, *_texts(error), headers=dict(error.get_headers()))


def error_page(code: int, title: str, next_step: str, headers: dict[str, str] | None = None) -> Response:
    """A page with this status."""
    response = make_response(render_template("errors/page.html", title=title, next_step=next_step), code)
    for name in ("Retry-After", "Allow"):
        if headers and name in headers:
            response.headers[name] = headers[name]
    return response


def _failure(error: Exception) -> Response:
    """Something broke: the operator sees what in the log, the person gets a page that stands on its own feet."""
    current_app.logger.error("%s %s failed: %s", request.method, request.url_rule, type(error).__name__, exc_info=error)
    body = (
        "<!doctype html><html lang='de'><meta charset='utf-8'><title>Störung</title>"
        "<h1>Störung</h1><p>Das hat nicht geklappt. Bitte versuchen Sie es in einigen Minuten noch einmal.</p>"
        "<p lang='en'>Something went wrong. Please try again in a few minutes.</p></html>"
    )
    response = make_response(body, 503 if type(error).__name__ == "OperationalError" else 500)
    response.headers["Retry-After"] = "60"
    return response
