"""Who may do what: form tokens, organisers' sessions, and the headers that every answer carries.

Public forms are guarded by a signed token in the form and by `Sec-Fetch-Site`, not by a session, so that public pages
set no cookie and can be cached. The token is bound to the place it is used at: a form of one personal link or of one
signed-in browser is worth nothing elsewhere.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, Request, Response, abort, g, redirect, request, session, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role, SignedIn
from regservice.config import Settings, current_settings
from regservice.wiring import current_wiring

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.datastructures import MultiDict

View = TypeVar("View", bound=Callable[..., Any])

TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field, not a password.
# Nothing that people type can look like it, since their angle brackets are escaped.
TOKEN_PLACE = Markup("<!--form-token-->")
FORM_VALID = timedelta(days=7)
COOKIE_RENEWED_AFTER = timedelta(minutes=1)
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# These carry their own proof: a bearer token, or the unsubscribe token that a mail program posts by itself (RFC 8058).
OWN_PROOF = {"api", "unsubscribe"}
LARGEST_FORM = 256 * 1024
# Behind an even number of backslashes, else the last of them is one of the text.
NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Where a picture may come with the form.
UPLOADS = {"organiser.save_settings"}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Where the form of a page may lead beyond this service; said by the page, kept for the headers.
LEADS_TO = "regservice.leads_to"
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Frame-Options": "DENY",
}


def set_up(app: Flask, settings: Settings) -> None:
    """Guard every form, set the headers, and prepare the cookie of signed-in organisers."""
    app.secret_key = settings.secret_key
    app.config.update(
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        MAX_FORM_PARTS=1000,
    )
    app.before_request(_bound_body)
    app.before_request(_refuse_nul)
    app.before_request(_guard_forms)
    app.after_request(_keep_out_of_caches)
    app.after_request(_stay_inside)
    app.add_template_global(form_token)


def sender_of(incoming: Request) -> str:
    """The network address a request came from, as far as trusted proxies say; it is only ever counted, hashed."""
    return incoming.remote_addr or "unknown"


def form_token() -> Markup:
    """The hidden input that every form carries."""
    if g.get("token_left_out"):
        return TOKEN_PLACE
    payload = [_scope(), secrets.token_urlsafe(12), int(current_wiring().now().timestamp())]
    return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, _serializer().dumps(payload))


@contextmanager
def token_left_out() -> Iterator[None]:
    """Render forms with a mark where each one's own token belongs, for pages that are kept."""
    g.token_left_out = True
    try:
        yield
    finally:
        g.token_left_out = False


def form_facts() -> tuple[str, datetime]:
    """The one-time word of the form that was sent, and when it was made. Only after the guard let the request in."""
    return cast(tuple[str, datetime], g.form_facts)


def _serializer() -> URLSafeSerializer:
    """Signs with the current key and reads with the older ones too; the newest stands last."""
    return URLSafeSerializer(list(reversed(current_settings().secret_keys)), salt="form")


def _scope() -> str:
    """What a form belongs to: the signed-in browser, else the event or the personal link in the address."""
    if in_organisers_area():
        own = session.get("token", "")
        return "organiser:" + hashlib.sha256(own.encode()).hexdigest()[:16]
    return "/".join(request.path.split("/")[:3])


def _bound_body() -> None:
    """Let nobody send much, but where a picture is sent; before anything reads it."""
    if request.endpoint not in UPLOADS:
        request.max_content_length = LARGEST_FORM


def _refuse_nul() -> None:
    """Refuse text with a NUL: PostgreSQL keeps none, SQLite would, and nobody types one."""
    if "\0" in request.path:
        abort(404)
    if _holds_nul(request.args):
        abort(400)
    if request.endpoint is None or request.method in SAFE_METHODS:
        return
    if NUL_IN_JSON.search(request.get_data()) if request.blueprint == "api" else _holds_nul(request.form):
        abort(400)


def _holds_nul(values: "MultiDict[str, str]") -> bool:
    return any("\0" in name or "\0" in value for name, value in values.items(multi=True))


def _guard_forms() -> None:
    """Refuse a form that was not ours, belongs elsewhere, or was sent from another site."""
    if request.method in SAFE_METHODS or request.blueprint in OWN_PROOF or request.endpoint is None:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        abort(403)
    try:
        scope, nonce, made_at = _serializer().loads(request.form.get(TOKEN_FIELD, ""))
    except (BadSignature, ValueError):
        abort(400, "form_token")
    if not hmac.compare_digest(str(scope), _scope()):
        abort(400, "form_token")
    made = datetime.fromtimestamp(int(made_at), UTC)
    if current_wiring().now() - made > FORM_VALID:
        abort(400, "form_token")
    g.form_facts = (str(nonce), made)


def with_headers(answer: "WSGIApplication", settings: Settings) -> "WSGIApplication":
    """Put the headers on everything that leaves, also on static files and refusals that no view has seen."""
    headers = HEADERS | ({"Strict-Transport-Security": "max-age=63072000"} if settings.https else {})

    def guarded(environ: Any, start_response: Any) -> Any:
        def start(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
            kept = [(name, value) for name, value in given if name.title() not in own]
            return start_response(status, [*kept, *for_page(environ.get(LEADS_TO)).items()], exc_info)

        return answer(environ, start)

    def for_page(leads_to: str | None) -> dict[str, str]:
        if leads_to is None:
            return headers
        policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {leads_to}")
        return headers | {"Content-Security-Policy": policy}

    own = {name.title() for name in headers}
    return guarded


def _keep_out_of_caches(response: Response) -> Response:
    """What does not say otherwise is for one person."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def _stay_inside(response: Response) -> Response:
    """Redirects of the routing, as for doubled slashes, name the Host header, which anybody can forge: leave it out."""
    location = response.headers.get("Location", "")
    if location.startswith(request.host_url):
        response.headers["Location"] = "/" + location.removeprefix(request.host_url).lstrip("/\\")
        response.set_data(b"")
    return response


def lead_out(base_url: str) -> None:
    """Let the form of this answer's page lead to a room elsewhere; a browser counts where its answer redirects as well.

    Large systems lead on to another of their hosts, so any host is fine.
    """
    request.environ[LEADS_TO] = "http:" if base_url.startswith("http://") else "https:"


def start_session(signed_in: SignedIn) -> None:
    """Give this browser its session; whatever it had before is gone."""
    session.clear()
    session["token"] = signed_in.token
    session["seen"] = int(current_wiring().now().timestamp())


def end_session() -> None:
    """End the session of this browser, here and in the database."""
    if token := session.get("token"):
        accounts.sign_out(token, current_wiring().now())
    session.clear()


def in_organisers_area() -> bool:
    """Whether the page that was asked for belongs to those who organise."""
    return (request.blueprint or "").split("_")[0] == "organiser"


def find_organiser() -> OrganiserFacts | None:
    """Who is signed in. The idle time lives in the signed cookie, so that reading a page writes nothing."""
    if "organiser" in g:
        return cast(OrganiserFacts | None, g.organiser)
    g.organiser = None
    token = session.get("token")
    now = current_wiring().now()
    if token:
        seen_at = datetime.fromtimestamp(int(session.get("seen", 0)), UTC)
        g.organiser = accounts.find_signed_in(token, seen_at, now)
        if g.organiser and now - seen_at > COOKIE_RENEWED_AFTER:
            session["seen"] = int(now.timestamp())
    return cast(OrganiserFacts | None, g.organiser)


def current_organiser() -> OrganiserFacts:
    """Who is signed in, on a page that requires it."""
    organiser = find_organiser()
    assert organiser is not None, "the view is not guarded by organiser_required"
    return organiser


def organiser_required(view: View) -> View:
    """Let only signed-in organisers in; others are asked to sign in and come back."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if find_organiser() is None:
            back = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("organiser.sign_in", next=back))
        return view(*args, **kwargs)

    guarded.access = "organiser"  # type: ignore[attr-defined]
    return cast(View, guarded)


def admin_required(view: View) -> View:
    """Let only administrators in."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_organiser().role is not Role.ADMIN:
            abort(403)
        return view(*args, **kwargs)

    inner = organiser_required(guarded)
    inner.access = "admin"  # type: ignore[attr-defined]
    return cast(View, inner)


def local_target(target: str | None) -> str | None:
    """A place inside this service to go on to, or None: never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return None
    return None if "\\" in target else target
