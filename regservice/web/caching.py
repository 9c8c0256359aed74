"""Public pages are the same for everybody: the ETag says what one was made from; an unchanged one is not sent."""

import hashlib
from collections.abc import Callable

from flask import Response, make_response, request

from regservice.kept import Kept
from regservice.web.filters import language
from regservice.web.frame import current_town

# Rendered pages by their ETag, in characters.
_kept: Kept[str | bytes] = Kept("pages", most=4_000_000, size=len)


def cached_page(render: Callable[[], str | bytes], *made_from: object, mimetype: str = "text/html") -> Response:
    """The page, or 304 when the browser has it already. `made_from`: versions and states it depends on, all of them."""
    parts = (request.path, request.query_string, language(), current_town().version, *made_from)
    etag = hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
    if etag in request.if_none_match:
        response = make_response("", 304)
    else:
        response = make_response(_kept.get(etag, render))
        response.mimetype = mimetype
    response.set_etag(etag)
    response.headers["Cache-Control"] = "public, no-cache"
    return response
