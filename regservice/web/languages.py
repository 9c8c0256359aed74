"""Which language a page is in: the person's on their own page, else `?lang=`, else what the browser asks for."""

from urllib.parse import quote, urlencode

from flask import Flask, Response, g, has_request_context, request, url_for
from flask_babel import Babel, get_locale, refresh

from regservice.config import LANGUAGES, LOCALES, PLAIN, current_settings
from regservice.notices import plain

OWN_NAMES = {"de": "Deutsch", "en": "English", PLAIN: "Einfache Sprache"}
# Pages whose links keep a language that was chosen by hand.
KEEPING_CHOICE = {
    *(
        "public",
        "calendars",
        "organiser",
        "organiser_feeds",
        "organiser_formats",
        "organiser_returning",
        "organiser_sessions",
    ),
    "organiser_switches",
}
babel = Babel()


def set_up(app: Flask) -> None:
    """Translate pages, and let links keep a language that was chosen by hand."""
    babel.init_app(
        app,
        default_locale=app.extensions["regservice_settings"].locale,
        default_translation_directories=f"{app.root_path}/translations",
        locale_selector=page_language,
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: plain.catalogue().ugettext(text),
        ngettext=lambda one, many, number: plain.catalogue().ungettext(one, many, number),
        pgettext=lambda context, text: plain.catalogue().upgettext(context, text),
        npgettext=lambda context, one, many, number: plain.catalogue().unpgettext(context, one, many, number),
        newstyle=True,
    )
    app.before_request(_use_chosen_words)
    app.url_defaults(_keep_choice)
    app.after_request(_vary)


def page_language() -> str:
    """The language of the page that is being made; outside of a request the fallback of the settings."""
    if not has_request_context():
        return current_settings().locale
    if "language" in g:
        return plain.locale_of(g.language)
    if chosen := _chosen():
        return plain.locale_of(chosen)
    return request.accept_languages.best_match(LOCALES) or current_settings().locale


def _use_chosen_words() -> None:
    if _chosen() == PLAIN:
        plain.use(PLAIN)


def chosen_language() -> str:
    """The language of this page as people choose it, for a form that asks for theirs."""
    return PLAIN if plain.in_use() else page_language()


def _chosen() -> str:
    """The language chosen by `?lang=`, also with a region such as `en-GB`; empty without one that pages come in."""
    language = request.args.get("lang", "").lower()
    if language == PLAIN:
        return PLAIN
    language = language.split("-")[0]
    return language if language in LOCALES else ""


def speak(language: str) -> None:
    """Make the rest of this request speak a person's language."""
    g.language = language if language in LANGUAGES else current_settings().locale
    plain.use(g.language)
    refresh()  # What was said before, such as by a form that was looked at, was in another language.


def page_languages() -> list[tuple[str, str, str, bool]]:
    """Code, own name, address and whether it is the current one, for each language a page can be read in."""
    current = PLAIN if plain.in_use() else str(get_locale()).split("_")[0]
    if "language" in g:
        return [(current, OWN_NAMES[current], request.path, True)]
    return [(code, OWN_NAMES[code], _in_language(code), code == current) for code in LANGUAGES]


def _in_language(code: str) -> str:
    if request.endpoint is None:
        return url_for("public.upcoming", lang=code)
    # Written by hand: `url_for` would take words of the visitor's query for its own, such as `_external` and `_scheme`.
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{quote(request.path)}?{urlencode([*query, ('lang', code)])}"


def _keep_choice(endpoint: str, values: dict[str, object]) -> None:
    """Links keep a chosen language, but for a person's own pages, which know it."""
    if not has_request_context() or "language" in g or "lang" in values:
        return
    chosen = _chosen()
    if chosen and endpoint.split(".")[0] in KEEPING_CHOICE:
        values["lang"] = chosen


def _vary(response: Response) -> Response:
    if "language" not in g and response.mimetype in {"text/html", "text/calendar"}:
        response.vary.add("Accept-Language")
    return response
