"""Refusals of the API as `application/problem+json` (RFC 9457): a stable type, a title for people, errors by member."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn

from flask import Response, current_app, json, request
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from regservice import failures
from regservice.events.document import Invalid, flat

API_PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
# A database that was restarted is back within seconds.
RETRY_AFTER_S = 10
# Locations that the parser puts around the errors of a request.
LOCATIONS = {"json", "query", "headers", "json_or_form"}
TYPES = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
    429: "too-many-requests",
    503: "unavailable",
}


class Problem(Exception):
    """An answer that refuses; `kind` is the stable end of its type."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        kind: str = "",
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(kind or TYPES.get(status, "error"))
        self.status = status
        self.title = title
        self.kind = kind or TYPES.get(status, "error")
        self.errors = errors
        self.headers = headers or {}
        self.members = members

    def response(self) -> Response:
        """The refusal as an answer."""
        body = {"type": f"urn:regservice:problem:{self.kind}", "title": self.title, "status": self.status}
        if self.errors is not None:
            body["errors"] = {name: [translated(text) for text in texts] for name, texts in self.errors.items()}
        response = Response(json.dumps(body | self.members), self.status, mimetype=MEDIA_TYPE)
        response.headers.update(self.headers)
        return response


def invalid(errors: Mapping[str, list[str]]) -> NoReturn:
    """Refuse members that cannot be used."""
    raise Problem(422, _("Please check the named members."), errors=errors)


def problem_of(error: Exception) -> Response:
    """Any failure under the API's address as a problem; the details of a breakdown go to the operator's log."""
    match error:
        case Problem():
            return error.response()
        case Invalid(errors=errors):
            return Problem(422, _("Please check the named members."), errors=errors).response()
        case HTTPException():
            return _of_http(error)
        case _ if failures.is_unavailable(error):
            name = failures.name_of(error)
            current_app.logger.error("%s %s: no database at the moment: %s", request.method, request.url_rule, name)
            title = _("The database cannot be reached at the moment. Please send the same call again.")
            return Problem(503, title, headers={"Retry-After": str(RETRY_AFTER_S)}).response()
        case _:
            name = type(error).__name__
            current_app.logger.error("%s %s failed: %s", request.method, request.url_rule, name, exc_info=error)
            title = _("Something went wrong. Please try again in a few minutes.")
            return Problem(500, title, headers={"Retry-After": "60"}).response()


def _of_http(error: HTTPException) -> Response:
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    messages = getattr(error, "data", {}).get("messages")
    errors: dict[str, list[str]] | None = None
    if isinstance(messages, Mapping):
        errors = {}
        for place, part in messages.items():
            errors |= flat(part) if place in LOCATIONS else flat({place: part})
    return Problem(status, _title(status), errors=errors, headers=headers).response()


def _title(status: int) -> str:
    return str(_title_text(status))


def _title_text(status: int) -> Any:
    match status:
        case 400:
            return _("This request cannot be read.")
        case 404:
            return _("There is nothing at this address.")
        case 405:
            return _("This address does not know that method.")
        case 413:
            return _("This request is too large.")
        case 415:
            return _("Please send JSON with the content type application/json.")
        case 422:
            return _("Please check the named members.")
        case _:
            return HTTPStatus(status).phrase


def translated(text: str) -> str:
    """A message about a member in the caller's language; those with values of their own in them are taken apart."""
    known = "Must be one of: "
    if text.startswith(known):
        return str(_("This must be one of: %(values)s", values=text.removeprefix(known).rstrip(".")))
    return str(_(text))
