"""Public pages are the same for everybody: the ETag says what one was made from; an unchanged one is not sent."""

import hashlib
from collections.abc import Callable, Mapping

from flask import Response, make_response, request

from regservice.kept import Kept
from regservice.web.filters import language
from regservice.web.frame import current_town

# Rendered pages by their ETag, in characters.
_kept: Kept[str | bytes] = Kept("pages", most=4_000_000, size=len)


def cached_page(render: Callable[[], str | bytes], *made_from: object, mimetype: str = "text/html") -> Response:
    """The page, or 304 when the browser has it already. `made_from`: versions and states it depends on, all of them."""
    etag = _key(made_from)
    if etag in request.if_none_match:
        response = make_response("", 304)
    else:
        response = make_response(_kept.get(etag, render))
        response.mimetype = mimetype
    response.set_etag(etag)
    response.headers["Cache-Control"] = "public, no-cache"
    return response


def same_but_for(own: Mapping[str, str], render: Callable[[], str], *made_from: object) -> str:
    """A page that is the same for everybody but for a few marks, which are replaced by what is this visitor's own.

    The first of `made_from` names the page, since several are made at one address.
    """
    page = str(_kept.get(_key(made_from), render))
    for mark, words in own.items():
        page = page.replace(mark, words)
    return page


def _key(made_from: tuple[object, ...]) -> str:
    parts = (request.path, request.query_string, language(), current_town().version, *made_from)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
