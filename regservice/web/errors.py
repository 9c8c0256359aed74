"""Refusals and failures as pages that say what to do next; details go to the operator's log."""

from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, NotFound, RequestTimeout

from regservice import failures
from regservice.registrations.types import RegistrationGone
from regservice.town.types import TownFacts
from regservice.web.access import SAFE_METHODS
from regservice.web.api.problems import API_PREFIX, RETRY_AFTER_S, problem_of

# How often a view is called at most when the database ends its transaction in favour of another one.
TRIES = 3


def set_up(app: Flask) -> None:
    """Answer every error with a page, and try again what the database ended for no fault of its own."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RegistrationGone, lambda _error: _http_error(NotFound()))
    # Somebody stopped in the middle of sending a form.
    app.register_error_handler(BlockingIOError, lambda _error: _http_error(RequestTimeout()))
    app.register_error_handler(Exception, _failure)
    app.dispatch_request = _repeated(app.dispatch_request)  # type: ignore[method-assign]


def _repeated(dispatch: Any) -> Any:
    """Call the view again after a deadlock; nothing of its transaction is left, so it begins as if for the first time.

    Views open one transaction each, and the few with more repeat without harm what the first one did.
    """

    @wraps(dispatch)
    def repeating(*args: Any) -> Any:
        for _again in range(TRIES - 1):
            try:
                return dispatch(*args)
            except SQLAlchemyError as error:
                if not failures.ended_for_another(error):
                    raise
                current_app.logger.warning("%s is repeated: %s", request.url_rule, failures.name_of(error))
        return dispatch(*args)

    return repeating


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
    try:
        return error_page(error.code or 500, *_texts(error), headers=dict(error.get_headers()))
    except SQLAlchemyError as failure:
        # The frame of the page names the town, which is read from the database.
        return _failure(failure)


def error_page(code: int, title: str, next_step: str, headers: dict[str, str] | None = None) -> Response:
    """A page with this status."""
    response = make_response(render_template("errors/page.html", title=title, next_step=next_step), code)
    for name in ("Retry-After", "Allow"):
        if headers and name in headers:
            response.headers[name] = headers[name]
    return response


def _failure(error: Exception) -> Response:
    """Something broke: the operator sees what in the log, the person gets a page that stands on its own feet."""
    if failures.is_unavailable(error):
        return _unavailable(error)
    current_app.logger.error("%s %s failed: %s", request.method, request.url_rule, type(error).__name__, exc_info=error)
    body = (
        "<!doctype html><html lang='de'><meta charset='utf-8'><title>Störung</title>"
        "<h1>Störung</h1><p>Das hat nicht geklappt. Bitte versuchen Sie es in einigen Minuten noch einmal.</p>"
        "<p lang='en'>Something went wrong. Please try again in a few minutes.</p></html>"
    )
    response = make_response(body, 500)
    response.headers["Retry-After"] = "60"
    return response


def _unavailable(error: Exception) -> Response:
    """The page while the database cannot be used, in the frame that needs nothing of it."""
    name = failures.name_of(error)
    current_app.logger.error("%s %s: no database at the moment: %s", request.method, request.url_rule, name)
    g.setdefault("town", TownFacts())
    g.setdefault("organiser", None)
    title = _("Not available at the moment")
    if request.method in SAFE_METHODS:
        next_step = _("Our database cannot be reached. Please wait a minute and open this page again.")
    else:
        next_step = _(
            "Our database cannot be reached, and what you sent may not have been saved. Please wait a minute, go back "
            "and send it once more. Nobody is registered twice."
        )
    return error_page(503, title, next_step, headers={"Retry-After": str(RETRY_AFTER_S)})
